//go:build realtools

package browser

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
)

// Two tabs find the session's access token expired at the same time. One refreshes it while
// the other waits and then uses the new one.
func TestTabsRefreshOnce(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, kindetest.Options{AccessTTL: 6 * time.Second}, nil,
		append([]string{"entitlements"}, demoFunctions...))
	b := newTab(t, s)
	b.signInHome(t)
	second := b.newTab(t)
	second.open(t, homePath)
	second.WaitUntil(t, homeSignedIn)
	tabs := []*tab{b, second}
	for _, tab := range tabs {
		tab.forgetResponses()
		tab.run(t, script("call-on-expiry"))
	}
	refreshes := 0
	for _, tab := range tabs {
		tab.WaitUntil(t, "window.outcome")
		if got := eval[string](t, tab, "window.outcome"); got != "ok,ok,ok" {
			t.Errorf("got outcome %s, want ok,ok,ok", got)
		}
		n, failures := tab.countResponses()
		if len(failures) > 0 {
			t.Errorf("got statuses %v, want successes only", failures)
		}
		refreshes += n
	}
	if refreshes != 1 {
		t.Errorf("got %d refreshes of the session, want 1", refreshes)
	}
}

// forgetResponses makes countResponses start anew.
func (b *tab) forgetResponses() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.statuses, b.sessionCookies = nil, 0
}

// countResponses returns the number of responses that set the session cookie, and the
// statuses of those that failed.
func (b *tab) countResponses() (sessionCookies int, failures []int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sessionCookies, slices.DeleteFunc(slices.Clone(b.statuses), func(status int64) bool { return status < 400 })
}

// otherOrigin serves a page that has copies of the scripts and calls the functions with a
// token.
func otherOrigin() http.Handler {
	mux := http.NewServeMux()
	for path, file := range map[string]string{
		"/{$}":                "scripts/check/browser/testdata/other-origin.html",
		"/app.js":             "scripts/check/browser/testdata/other-origin.js",
		"/kinde-functions.js": "public/kinde-functions.js",
		"/kinde-elements.js":  "public/kinde-elements.js",
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, filepath.Join(root, file))
		})
	}
	return mux
}

// expression is JavaScript with its expected result.
type expression struct{ source, want string }

func checkExpressions(t *testing.T, b *tab, all []expression) {
	t.Helper()
	for _, e := range all {
		if got := eval[string](t, b, e.source); got != e.want {
			t.Errorf("%s: got %q, want %q", e.source, got, e.want)
		}
	}
}

// onOtherOrigin opens the page on the other origin, with a token of the user.
func onOtherOrigin(t *testing.T) *tab {
	t.Helper()
	b := newTab(t, shared)
	token := tokenOfKinde(t, b)
	b.Navigate(t, sharedOrigin+"/")
	b.WaitUntil(t, "window.ready")
	b.run(t, fmt.Sprintf("window.start(%q, %q)", shared.url, token))
	return b
}

// noStorage is what the page on the other origin has stored.
var noStorage = expression{`JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])`,
	`[{},{},""]`}

func TestModuleOnAnotherOrigin(t *testing.T) {
	t.Parallel()
	b := onOtherOrigin(t)

	t.Run("elements", func(t *testing.T) {
		b.WaitUntil(t, `document.readyState === "complete"
			&& document.body.innerText.trim().replace(/\s+/g, " ") === "Private Reports Dashboard"`)
	})

	t.Run("account", func(t *testing.T) {
		checkExpressions(t, b, []expression{
			{`client.profile().then((p) => p.email)`, user.Email},
			{`client.session().then((s) => s.user.id)`, user.ID},
			{`client.account({ include: ["roles"] }).then((a) => a.roles.data.roles[0].key)`,
				user.Memberships[0].Roles[0].Key},
			{`client.can({ permission: "view_reports", entitlement: "seats" }).then(String)`, "true"},
			{`client.can({ permission: "delete_organization" }).then(String)`, "false"},
			{`client.can({ role: "editor", flag: "upload_limit", value: 50 }).then(String)`, "true"},
			{`client.entitlements().all().then((a) => String(a.data.entitlements.length))`, "23"},
			{`(async () => { let n = 0; for await (const p of client.entitlements()) { n++ } return String(n) })()`, "3"},
			{`client.health().then((h) => h.missing.join())`, ""},
			noStorage,
		})
	})

	t.Run("other tokens", func(t *testing.T) {
		checkExpressions(t, b, []expression{
			{`withToken("not.a.token").profile().catch((e) => e.code + e.status)`, "invalid-token401"},
			{`withToken(null).profile().catch((e) => e.code)`, "no-token"},
			{`withToken(null).signedIn().then(String)`, "false"},
		})
		b.checkConsole(t, " 401 .*/api/user-profile$")
	})

	// Other origins may not fetch links to the portal.
	t.Run("portal", func(t *testing.T) {
		checkExpressions(t, b, []expression{{`client.openPortal().catch((e) => e.code)`, "unreachable"}})
		b.checkConsole(t, "/portal", "ERR_FAILED")
	})
}

// The client keeps a handle of the connection in place of a cookie.
func TestConnectedAppOnAnotherOrigin(t *testing.T) {
	t.Parallel()
	b := onOtherOrigin(t)
	consent := eval[string](t, b, `client.connect("sample_drive", { returnUrl: location.href })
		.then((to) => { window.to = to; return to.url })`)
	const appToken = `client.appToken("sample_drive", { connection: to.connection }).then(
		(a) => a.access_token.slice(0, 12) + (Date.parse(a.access_token_expiry) > Date.now()),
		(e) => e.code + e.status)`
	checkExpressions(t, b, []expression{{appToken, "not-connected404"}})
	second := b.newTab(t)
	second.Navigate(t, consent)
	second.WaitUntil(t, consentPage)
	second.Click(t, approve)
	second.WaitUntil(t, fmt.Sprintf(`location.href === %q`, b.URL()))
	checkExpressions(t, b, []expression{
		{appToken, "third_party_true"},
		{`client.revokeApp("sample_drive", { connection: to.connection }).then(() => "ended")`, "ended"},
		{appToken, "not-connected404"},
		{`client.appToken("other_drive").catch((e) => e.code + e.status)`, "unknown-app404"},
		noStorage,
	})
	b.checkConsole(t, " 404 .*/api/connected-apps/")
}

func TestTokenToolsOnAnotherOrigin(t *testing.T) {
	t.Parallel()
	b := onOtherOrigin(t)
	checkExpressions(t, b, []expression{
		{`client.introspect().then((a) => String(a.active))`, "true"},
		{`client.introspect({ token: "strange.to.ken" }).catch((e) => e.code + e.status)`, "not-your-token403"},
		{`client.revoke({ token: "strange.to.ken" }).then(() => client.profile()).then((p) => p.email)`, user.Email},
		{`client.revoke().then(() => client.profile()).catch((e) => e.code + e.status)`, "invalid-token401"},
		{`client.introspect().then((a) => String(a.active))`, "false"},
		noStorage,
	})
	b.checkConsole(t, " 40[13] ")
}
