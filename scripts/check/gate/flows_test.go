//go:build realtools

package gate

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"

	"kinde-functions/scripts/check/chromium"
	"kinde-functions/shared/local/kindetest"
)

const (
	members    = "/demo/members/"
	signIn     = `document.querySelector("button.person")`
	notAllowed = `location.pathname + location.search === "/access/?error=not-allowed"`
)

// browser is a new browser at the site.
type browser struct {
	*chromium.Tab
	*place
}

// TestFlows visits protected pages in Chromium, with a new browser for each flow.
func TestFlows(t *testing.T) {
	p := serve(t)
	for _, flow := range []struct {
		name string
		run  func(*testing.T, browser)
	}{
		{"link in an e-mail, signed out", mailSignedOut},
		{"link in an e-mail, signed in", mailSignedIn},
		{"no script", noScript},
		{"page open longer than the pass", openLongerThanPass},
		{"keys differ between function and edge", keysDiffer},
		{"permission granted, then a fresh session", freshSession},
		{"permission granted, then a refresh", refreshedSession},
		{"sign-out", signOut},
		{"back button after sign-out", backAfterSignOut},
		{"two users, with a sign-out between", twoUsers},
		{"two users, without a sign-out", twoUsersWithoutSignOut},
		{"service worker", serviceWorker},
	} {
		t.Run(flow.name, func(t *testing.T) {
			flow.run(t, browser{chromium.Launch(t, filepath.Join(root, ".artifacts", "gate")), p})
		})
	}
	t.Run("spellings", func(t *testing.T) { testSpellings(t, p) })
	t.Run("images of the Image CDN", func(t *testing.T) { testImages(t, p) })
	t.Run("methods and headers", func(t *testing.T) { testRequests(t, p) })
	t.Run("passes", func(t *testing.T) { testPasses(t, p) })
}

func (b browser) untilHeading(t *testing.T, heading string) {
	t.Helper()
	b.WaitUntil(t, fmt.Sprintf(`document.querySelector("h1")?.textContent === %q`, heading))
}

// chooseUser signs in at Kinde.
func (b browser) chooseUser(t *testing.T, id string) {
	t.Helper()
	button := fmt.Sprintf(`button.person[value=%q]`, id)
	b.WaitUntil(t, fmt.Sprintf(`document.querySelector('%s')`, button))
	b.Click(t, button)
}

func (b browser) openMembers(t *testing.T, id string) {
	t.Helper()
	b.Navigate(t, b.site+members)
	b.chooseUser(t, id)
	b.untilHeading(t, "Members")
}

// eval runs a script that may be a promise.
func eval[T any](t *testing.T, b browser, script string) T {
	t.Helper()
	return chromium.Eval[T](t, b.Tab, script)
}

func call[P, R any](t *testing.T, b browser, command cdp.Command[P, R], params P) R {
	t.Helper()
	return chromium.Call(t, b.Tab, command, params)
}

// cookie returns a cookie's value, "" if the browser has none.
func (b browser) cookie(t *testing.T, name string) string {
	t.Helper()
	result := call(t, b, network.GetCookies, network.GetCookiesParams{URLs: []string{b.site}})
	for _, cookie := range result.Cookies {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// dropPass makes the browser lose its pass, as it does after ten minutes.
func (b browser) dropPass(t *testing.T) {
	t.Helper()
	if b.cookie(t, "gate") == "" {
		t.Fatal("the browser has no pass")
	}
	call(t, b, network.DeleteCookies, network.DeleteCookiesParams{Name: "gate", URL: b.site})
}

// openMail opens a page of another site, such as web mail, with a link to a page.
func (b browser) openMail(t *testing.T, page string) {
	t.Helper()
	mail := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>Mail</title><link rel="icon" href="data:,"><a href="%s">Read</a>`,
			b.site+page)
	}))
	t.Cleanup(mail.Close)
	b.Navigate(t, mail.URL)
}

func mailSignedOut(t *testing.T, b browser) {
	b.openMail(t, members+"?from=mail")
	b.Click(t, "a")
	b.chooseUser(t, kindetest.DemoUser)
	b.untilHeading(t, "Members")
	if got, want := b.URL(), b.site+members+"?from=mail"; got != want {
		t.Errorf("at %s, want %s", got, want)
	}
	if pass := b.cookie(t, "gate"); pass == "" {
		t.Error("the browser has no pass")
	}
}

// mailSignedIn follows the link, of whose first request the browser leaves the session
// cookie out.
func mailSignedIn(t *testing.T, b browser) {
	b.openMembers(t, kindetest.DemoUser)
	for _, dropped := range []bool{false, true} {
		if dropped {
			b.dropPass(t)
		}
		b.openMail(t, members)
		b.Click(t, "a")
		b.untilHeading(t, "Members")
	}
}

// noScript signs in on the way and follows links with scripts switched off.
func noScript(t *testing.T, b browser) {
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.Navigate(t, "data:text/html,<script>document.title='runs'</script><p>static")
	b.WaitUntil(t, `document.querySelector("p") && document.title !== "runs"`)
	b.openMail(t, members)
	b.Click(t, "a")
	b.chooseUser(t, kindetest.DemoUser)
	b.untilHeading(t, "Members")
	b.Click(t, `a[href="/demo/members/reports/"]`)
	b.untilHeading(t, "Reports")
	b.dropPass(t)
	b.openMail(t, members)
	b.Click(t, "a")
	b.untilHeading(t, "Members")
	b.Navigate(t, b.site+members+"closed/")
	b.WaitUntil(t, notAllowed)
}

const (
	getData = `fetch("/demo/members/data.json").then((r) => r.text())`
	// loadImage gives the width of an image, 0 where it cannot be shown.
	loadImage = `(() => { const i = new Image(); i.src = "/demo/members/picture.png?" + Math.random();
		return i.decode().then(() => i.naturalWidth, () => 0); })()`
)

func openLongerThanPass(t *testing.T, b browser) {
	b.openMembers(t, kindetest.DemoUser)
	if got := eval[int](t, b, loadImage); got != 1 {
		t.Errorf("an image with a pass: got width %d, want 1", got)
	}
	b.dropPass(t)
	if got := eval[int](t, b, loadImage); got != 1 {
		t.Errorf("an image without a pass: got width %d, want 1", got)
	}
	b.dropPass(t) // which the image has renewed
	if got := eval[string](t, b, getData); !strings.Contains(got, "Members only") {
		t.Errorf("a fetch without a pass: got %q", got)
	}
	b.dropPass(t)
	if got := eval[int](t, b, `fetch("/demo/members/data.json", { method: "POST" }).then((r) => r.status)`); got != 403 {
		t.Errorf("a POST without a pass: got %d, want 403", got)
	}
	got := eval[string](t, b, `fetch("/demo/members/").then((r) => r.status + " " + r.headers.get("cache-control"))`)
	if want := "200 private, no-store"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func keysDiffer(t *testing.T, b browser) {
	b.openMembers(t, kindetest.DemoUser)
	restore := b.edge.Override(t, "GATE_KEYS", "b3RoZXIga2V5cyBhdCB0aGUgZWRnZSB0aGFuIGhlcmU=")
	b.Navigate(t, b.site+members)
	b.WaitUntil(t, `document.body.innerText.includes("setting") && location.pathname === "/auth/gate"`)
	b.dropPass(t)
	b.Navigate(t, b.site+members)
	b.WaitUntil(t, `document.body.innerText.includes("setting") && location.pathname === "/auth/gate"`)
	restore()
	b.Navigate(t, b.site+members)
	b.untilHeading(t, "Members")
}

// grant gives the user the permission for the closed page until the test's end.
func (b browser) grant(t *testing.T, id string) {
	t.Helper()
	set := func(change func(*kindetest.Membership)) {
		if err := b.kinde.Kinde.UpdateUser(id, func(u *kindetest.User) { change(&u.Memberships[0]) }); err != nil {
			t.Fatal(err)
		}
	}
	var before []kindetest.Permission
	set(func(m *kindetest.Membership) {
		before = m.Permissions
		m.Permissions = append(m.Permissions[:len(before):len(before)],
			kindetest.Permission{ID: "perm_closed", Name: "Publish", Key: "publish_reports"})
	})
	t.Cleanup(func() { set(func(m *kindetest.Membership) { m.Permissions = before }) })
}

// openClosedInVain opens the page that requires a permission, before and after the user is
// given it: the session does not know of it.
func (b browser) openClosedInVain(t *testing.T) {
	t.Helper()
	b.openMembers(t, kindetest.DemoUser)
	b.Navigate(t, b.site+members+"reports/")
	b.untilHeading(t, "Reports")
	b.Navigate(t, b.site+members+"closed/")
	b.WaitUntil(t, notAllowed)
	b.grant(t, kindetest.DemoUser)
	b.Navigate(t, b.site+members+"closed/")
	b.WaitUntil(t, notAllowed)
}

func freshSession(t *testing.T, b browser) {
	b.openClosedInVain(t)
	b.Navigate(t, b.site+"/auth/login?prompt=none&return_url="+members+"closed/")
	b.untilHeading(t, "Closed")
}

func refreshedSession(t *testing.T, b browser) {
	b.openClosedInVain(t)
	const refresh = `fetch("/auth/refresh", { method: "POST", headers: { "X-CSRF": "1", Accept: "application/json" } })
		.then((r) => r.status)`
	if got := eval[int](t, b, refresh); got != 200 {
		t.Fatalf("/auth/refresh: got %d, want 200", got)
	}
	b.Navigate(t, b.site+members+"closed/")
	b.untilHeading(t, "Closed")
}

// signOutHere signs out of the site, as a page's button does, and returns where it leads.
func (b browser) signOutHere(t *testing.T) string {
	t.Helper()
	const script = `fetch("/auth/logout", { method: "POST", headers: { "X-CSRF": "1", Accept: "application/json" } })
		.then((r) => r.json()).then((body) => body.url)`
	atKinde := eval[string](t, b, script)
	if !strings.HasPrefix(atKinde, b.kinde.URL+"/logout?") {
		t.Fatalf("sign-out leads to %q, want Kinde", atKinde)
	}
	return atKinde
}

func (b browser) signOut(t *testing.T) {
	t.Helper()
	b.Navigate(t, b.signOutHere(t))
	b.WaitUntil(t, `location.href === "`+b.site+`/"`)
}

func signOut(t *testing.T, b browser) {
	b.openMembers(t, kindetest.DemoUser)
	atKinde := b.signOutHere(t)
	for _, name := range []string{"gate", "session"} {
		if b.cookie(t, name) != "" {
			t.Errorf("after the sign-out the browser has the cookie %s", name)
		}
	}
	// The page is still open, and gets nothing more.
	if got := eval[int](t, b, loadImage); got != 0 {
		t.Errorf("an image after the sign-out: got width %d, want none", got)
	}
	if got := eval[string](t, b, getData); strings.Contains(got, "Members only") || !strings.Contains(got, "no-token") {
		t.Errorf("a fetch after the sign-out: got %q, want no-token", got)
	}
	b.Navigate(t, atKinde)
	b.WaitUntil(t, `location.href === "`+b.site+`/"`)
	b.Navigate(t, b.site+members)
	b.WaitUntil(t, signIn)
}

// backAfterSignOut leaves the site's page in the browser's history, whose page must not
// come from a cache.
func backAfterSignOut(t *testing.T, b browser) {
	b.openMembers(t, kindetest.DemoUser)
	b.Click(t, `a[href="/demo/members/reports/"]`)
	b.untilHeading(t, "Reports")
	b.signOut(t)
	for range 2 {
		eval[any](t, b, `history.back(), null`)
		b.WaitUntil(t, signIn)
	}
}

func twoUsers(t *testing.T, b browser) {
	b.openMembers(t, kindetest.DemoUser)
	b.Navigate(t, b.site+members+"reports/")
	b.untilHeading(t, "Reports")
	b.signOut(t)
	b.Navigate(t, b.site+members+"reports/")
	b.chooseUser(t, kindetest.EmptyUser)
	b.WaitUntil(t, notAllowed)
	b.Navigate(t, b.site+members)
	b.untilHeading(t, "Members")
}

// twoUsersWithoutSignOut signs the second user in over the first one, whose pass must not
// serve the second.
func twoUsersWithoutSignOut(t *testing.T, b browser) {
	b.openMembers(t, kindetest.DemoUser)
	b.Navigate(t, b.site+members+"reports/")
	b.untilHeading(t, "Reports")
	first := b.cookie(t, "gate")
	b.Navigate(t, b.site+"/auth/login?prompt=login&return_url=/access/")
	b.chooseUser(t, kindetest.EmptyUser)
	b.WaitUntil(t, `location.pathname === "/access/"`)
	b.Navigate(t, b.site+members+"reports/")
	b.WaitUntil(t, notAllowed)
	b.Navigate(t, b.site+members)
	b.untilHeading(t, "Members")
	if second := b.cookie(t, "gate"); second == "" || second == first {
		t.Errorf("got the second user's pass %.20q, want one that is not the first user's", second)
	}
}
