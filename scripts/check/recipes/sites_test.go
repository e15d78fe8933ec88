//go:build realtools

package recipes

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"kinde-functions/scripts/check/chromium"
	"kinde-functions/shared/kindetest"
)

// TestTheGeneratorsSites builds a site by each generator and visits it where the page
// says that it can be looked at; at the last one somebody signs in.
func TestTheGeneratorsSites(t *testing.T) {
	p := copied(t, read(t))
	d, b := p.start(t), chromium.Launch(t, filepath.Join(root, ".artifacts", "recipes"))
	publish := filepath.Join(p.folder, p.netlify(t).Build.Publish)
	published := false
	for _, g := range generators {
		passed := t.Run(g.name, func(t *testing.T) {
			written := p.make(t, g)
			judge(t, written, filepath.Join(p.folder, "web", "public"))
			if written == publish {
				published = true
			} else if err := os.Rename(written, publish); err != nil {
				t.Fatal(err)
			}
			site, _ := d.Addresses(t)
			checkHealth(t, site)
			signedOut(t, b, site, g)
		})
		if !passed {
			return
		}
	}
	if !published {
		t.Errorf("no generator writes %s", publish)
	}
	t.Run("signed in", func(t *testing.T) {
		site, _ := d.Addresses(t)
		signedIn(t, b, site)
	})
}

// judge looks at all that a generator has written: what the site has from public/ is
// there once and as it was, the scripts among it, and no page has what the site's
// Content-Security-Policy refuses.
func judge(t *testing.T, written, handedOn string) {
	t.Helper()
	result, as := files(t, written), files(t, handedOn)
	for name := range result {
		_, same := as[name]
		switch {
		case !same && (strings.HasPrefix(name, "public/") || strings.HasPrefix(path.Base(name), "kinde-")):
			t.Errorf("%s is there a second time", name)
		case path.Ext(name) == ".html":
			for _, refused := range refusals(t, result[name]) {
				t.Errorf("%s: the site's policy refuses %s", name, refused)
			}
		}
	}
	for name := range as {
		if !bytes.Equal(result[name], as[name]) {
			t.Errorf("%s is missing or another", name)
		}
	}
	for _, name := range []string{"kinde-elements.js", "kinde-functions.js"} {
		if string(result[name]) != content(t, "public/"+name) {
			t.Errorf("%s is not the one of public/", name)
		}
	}
}

// files are those in a folder, by their paths there.
func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	tree, found := os.DirFS(folder), map[string][]byte{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found[name], err = fs.ReadFile(tree, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// refusals are the parts of a page that need 'unsafe-inline' in a policy.
func refusals(t *testing.T, page []byte) (refused []string) {
	t.Helper()
	document, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range document.Descendants() {
		if n.DataAtom == atom.Style || n.DataAtom == atom.Script && attribute(n, "src") == "" {
			refused = append(refused, fmt.Sprintf("<%s>%.60s", n.Data, text(n)))
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				refused = append(refused, fmt.Sprintf("<%s %s=%q>", n.Data, a.Key, a.Val))
			}
		}
	}
	return refused
}

// shown is a condition: this is all that a page's <main> shows.
func shown(texts ...string) string {
	return fmt.Sprintf(`document.querySelector("main")?.innerText.trim().split(/\s*\n\s*/).join("|") === %q`, strings.Join(texts, "|"))
}

// signedOut looks at the pricing page, and at the pages that the site has from public/.
func signedOut(t *testing.T, b *chromium.Tab, site string, g generator) {
	t.Helper()
	b.GoTo(t, site+g.visits)
	b.Until(t, shown("Start with Pro"))
	if g.name == "Vite" {
		b.Until(t, `document.querySelector("#own").innerText === "Signed out"`)
	}
	b.GoTo(t, site+"/access/?error=access-denied")
	b.Until(t, `document.querySelector("#access-denied.shown")`)
	for _, complaint := range b.Drain() {
		t.Errorf("console: %s", complaint.Text)
	}
	b.GoTo(t, site+"/nowhere")
	b.Until(t, `document.styleSheets.length > 0 && document.querySelector("h1")`)
	if complaints := b.Drain(); len(complaints) != 1 || !strings.Contains(complaints[0].Text, "404") {
		t.Errorf("a page that is not there: %q", complaints)
	}
	if status, body := ask(t, site+"/nowhere"); status != http.StatusNotFound || string(body) != content(t, "public/404.html") {
		t.Errorf("a page that is not there: %d %.80s", status, body)
	}
}

// signedIn goes the way from a page for some to the pricing page, and past it.
func signedIn(t *testing.T, b *chromium.Tab, site string) {
	t.Helper()
	chosen := fmt.Sprintf(`button.person[value=%q]`, kindetest.DemoUser)
	b.GoTo(t, site+"/reports/")
	b.Until(t, `document.querySelector('`+chosen+`')`) // at Kinde
	b.GoTo(t, site+"/pricing/")
	b.Until(t, shown("Start with Pro"))
	b.Click(t, `main a[href^="/auth/register"]`)
	b.Until(t, `document.querySelector('`+chosen+`')`)
	b.Click(t, chosen)
	// Of what the page hides they have the flag alone.
	atPricing := fmt.Sprintf(`location.href === %q && `, site+"/pricing/") + shown("Change your plan", "…")
	b.Until(t, atPricing)
	b.GoTo(t, site+"/seats/")
	b.Until(t, shown("All the seats"))
	b.GoTo(t, site+"/reports/")
	b.Until(t, atPricing)
	b.Click(t, "kinde-portal-button button")
	b.Until(t, fmt.Sprintf(`document.querySelector("a.back")?.href === %q`, site+"/pricing")) // in the portal
	for _, complaint := range b.Drain() {
		// That a plan does not include a feature is a 404 by the API's description.
		if !strings.Contains(complaint.Text, "404") || !strings.HasSuffix(complaint.Text, "/api/entitlements/reports") {
			t.Errorf("console: %s", complaint.Text)
		}
	}
}
