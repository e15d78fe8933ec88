//go:build realtools

package recipes

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinde-functions/scripts/check/chromium"
	"kinde-functions/shared/local/kindetest"
)

// TestRecipes makes each of the page's sites, and signs in to it.
func TestRecipes(t *testing.T) {
	d := newWorkspace(t, readPage(t))
	for _, c := range []struct {
		name, id, path string
		signedIn       string // what a signed-in user sees
		more           func(workspace, *testing.T, *chromium.Tab, string)
	}{
		{"plain", "plain-html", "/", "Your plan", workspace.checkPlainPages},
		{"spa", "single-page-app", "/reports/2026", "Signed in as " + kindetest.DemoUser, nil},
		{"vite", "react--vite", "/", "Your plan", workspace.checkReact},
		{"astro", "astro", "/", "Your plan", workspace.checkAstro},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.make(t, c.name, c.id)
			commands := d.page.commands(c.id)
			last := len(commands) - 1
			for _, line := range commands[:last] {
				d.sh(t, line)
			}
			site := d.dev(t, commands[last])
			b := chromium.Launch(t, filepath.Join(root, ".artifacts", "recipes"))
			signIn(t, b, site+c.path, c.signedIn)
			if c.more != nil {
				c.more(d, t, b, site)
			}
		})
	}
}

// shown is a condition: the page shows a text, in an element that can be seen.
func shown(text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("a, button, main")].some(
		(e) => e.textContent.trim() === %q && e.checkVisibility())`, text)
}

// choice is the button at Kinde that signs the demo user in.
var choice = fmt.Sprintf(`button.person[value=%q]`, kindetest.DemoUser)

// signIn signs in on a page and comes back. A page that breaks the site's policy, or has
// a script that fails, leaves an error in the console.
func signIn(t *testing.T, b *chromium.Tab, url, signedIn string) {
	t.Helper()
	b.Navigate(t, url)
	b.WaitUntil(t, shown("Sign in"))
	b.Click(t, `a[href^="/auth/login"], #sign-in, #root > button`)
	b.WaitUntil(t, `document.querySelector('`+choice+`')`)
	b.Click(t, choice)
	b.WaitUntil(t, shown(signedIn))
	checkConsole(t, b)
}

func checkConsole(t *testing.T, b *chromium.Tab) {
	t.Helper()
	for _, message := range b.ConsoleErrors() {
		// A plan without a feature is a 404 by the API's description.
		if !strings.Contains(message, "404") || !strings.Contains(message, "/api/entitlements/") {
			t.Errorf("got %q on the console", message)
		}
	}
}

// checkPlainPages visits the pages of the other recipes.
func (d workspace) checkPlainPages(t *testing.T, b *chromium.Tab, site string) {
	b.Navigate(t, site+"/reports/") // the user's plan lacks it
	b.WaitUntil(t, `location.pathname === "/pricing/" && `+shown("Change your plan"))
	b.WaitUntil(t, `document.querySelector("main").innerText.includes("…")`) // for the flag
	b.Click(t, "kinde-portal-button button")
	b.WaitUntil(t, fmt.Sprintf(`document.querySelector("a.back")?.href === %q`, site+"/pricing")) // in the portal
	b.Navigate(t, site+"/sample/")
	b.WaitUntil(t, `document.querySelector("main").textContent.includes('"query":"limit=10"')`)
	checkConsole(t, b)
	res, err := http.Get(site + "/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("got Content-Security-Policy %q, want the installed one", policy)
	}
}

// checkReact checks the hooks in development, where React mounts everything twice. Then it
// changes a component, which the page shows without being loaded again.
func (d workspace) checkReact(t *testing.T, b *chromium.Tab, site string) {
	checkHooks(t, b, site)
	signIn(t, b, site, "Your plan")
	b.WaitUntil(t, `window.loadedOnce = true`)
	file := filepath.Join(d.site, "src", "Account.jsx")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.ReplaceAll(string(content), "Your plan", "Our plan"))
	b.WaitUntil(t, `window.loadedOnce === true && document.body.textContent.includes("Our plan")`)
}

// checkAstro checks that the policy lets the page's own style and script pass.
func (d workspace) checkAstro(t *testing.T, b *chromium.Tab, _ string) {
	b.WaitUntil(t, `document.querySelector("#own").textContent === "The page's own script"`)
	b.WaitUntil(t, `getComputedStyle(document.querySelector("main")).color === "rgb(1, 2, 3)"`)
}
