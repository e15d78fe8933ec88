//go:build realtools

package recipes

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinde-functions/scripts/check/chromium"
	"kinde-functions/scripts/check/deno"
)

// TestMembersArea follows the recipe of docs/protected-pages.md in an Astro site: it
// installs, builds with Netlify's tool and Deno, and visits the members' page at netlify
// dev.
func TestMembersArea(t *testing.T) {
	const id = "a-members-area-in-astro"
	recipe := readBlocks(t, "protected-pages.html")
	d := newWorkspace(t, readPage(t))
	d.make(t, "astro", "astro")
	for _, line := range recipe.commands(id) {
		d.sh(t, line)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"kinde-functions/gate.json":     recipe.one(t, id, "json"),
		"src/pages/members/index.astro": recipe.one(t, id, "astro"),
		"public/members/picture.png":    picture.String(),
		"public/favicon.ico":            picture.String(),                  // browsers request it for a page that names none
		".env":                          "GATE_KEYS=" + sessionKeys + "\n", // where netlify dev has edge functions' variables
	} {
		write(t, filepath.Join(d.site, name), content)
	}
	d.edge = deno.New(t, root)

	t.Run("a rewrite into the area fails the build", func(t *testing.T) {
		redirects := filepath.Join(d.site, "public", "_redirects")
		before, err := os.ReadFile(redirects)
		if err != nil {
			t.Fatal(err)
		}
		defer write(t, redirects, string(before))
		write(t, redirects, string(before)+"/open /members/ 200\n")
		out, err := d.netlify(t.Context(), t, nil, "build", "--offline").CombinedOutput()
		if err == nil || !strings.Contains(string(out), `the rewrite from "/open" to "/members/" opens "/members/"`) {
			t.Errorf("got %v, want a build that fails because of the rewrite:\n%s", err, out)
		}
	})
	output(t, d.netlify(t.Context(), t, nil, "build", "--offline"))
	d.netlifyDev(t, func(t *testing.T, s served) { d.visitMembers(t, s) }, "--framework=#static", "--dir=dist")
}

// visitMembers visits the members' page, signed out and then signed in.
func (d workspace) visitMembers(t *testing.T, s served) {
	styles, err := filepath.Glob(filepath.Join(d.site, "dist", "_astro", "*.css"))
	if err != nil || len(styles) == 0 {
		t.Fatalf("got no style sheet in dist/_astro (%v), want the home page's", err)
	}
	for path, want := range map[string]string{
		"/members/":                           "302 /auth/gate?return_url=%2Fmembers%2F",
		"/members/picture.png":                "302 /auth/gate?return_url=%2Fmembers%2Fpicture.png",
		"/Members/index.html":                 "302 /auth/gate?return_url=%2FMembers%2Findex.html",
		"/_astro/" + filepath.Base(styles[0]): "200 ",
		"/":                                   "200 ",
	} {
		res, err := client.Get(s.site + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location")); got != want {
			t.Errorf("%s without a pass: got %s, want %s", path, got, want)
		}
	}
	b := chromium.Launch(t, filepath.Join(root, ".artifacts", "recipes"))
	b.Navigate(t, s.site+"/members/")
	b.WaitUntil(t, `document.querySelector('`+choice+`')`)
	b.Click(t, choice)
	b.WaitUntil(t, `location.pathname === "/members/" && document.querySelector("h1")?.textContent === "Members"`)
	b.WaitUntil(t, `document.querySelector("img").naturalWidth === 3`)
	checkConsole(t, b)
}
