//go:build realtools

package browser

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Two tabs find the session's access token expired at the same moment: one
// renews it while the other waits, then finds the new one.
func TestTabsRenewOneAtATime(t *testing.T) {
	t.Parallel()
	const ttl = 6 * time.Second
	v := visitor{open(t, nil, "-access-ttl", ttl.String()), launch(t)}
	v.GoTo(t, v.site+"/auth/login?return_url=/")
	v.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	v.Click(t, choose(demo.ID))
	v.Until(t, shows(inText))
	second := visitor{v.place, v.another(t)}
	second.GoTo(t, v.fiveLines())
	second.Until(t, shows(inText))
	tabs := []visitor{v, second}
	for _, tab := range tabs {
		tab.forgetAnswers()
		tab.get(t, `import("/kinde-functions.js").then(async (site) => {
			const { expires_at } = await site.session();
			window.outcome = "";
			setTimeout(async () => {
				const all = await Promise.allSettled([site.profile(), site.account({ include: ["roles"] }), site.can({ permission: "view_reports" })]);
				window.outcome = all.map(({ status, value, reason }) => status === "fulfilled" ? "ok" : String(reason.code)).join();
			}, Date.parse(expires_at) + 1500 - Date.now()); // Kinde itself looks at fractions of the second
			return "";
		})`)
	}
	renewed := 0
	for _, tab := range tabs {
		tab.Until(t, `window.outcome`)
		if got := tab.get(t, `window.outcome`); got != "ok,ok,ok" {
			t.Errorf("a tab's calls came to %s", got)
		}
		n, statuses := tab.answers()
		renewed += n
		if slices.ContainsFunc(statuses, func(status int64) bool { return status >= 400 }) {
			t.Errorf("answers in a tab: %v", statuses)
		}
		tab.quiet(t)
	}
	if renewed != 1 {
		t.Errorf("the session was renewed %d times, want once", renewed)
	}
}

// forgetAnswers begins to count anew.
func (b *tab) forgetAnswers() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renewed, b.statuses = 0, nil
}

// answers counts those that set the session's cookie, and lists all statuses.
func (b *tab) answers() (renewed int, statuses []int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.renewed, slices.Clone(b.statuses)
}

// asksFromAnotherOrigin is on a page there, with its own copy of the scripts, and asks
// by token.
func (v visitor) asksFromAnotherOrigin(t *testing.T) {
	v.GoTo(t, v.kinde+"/")
	v.Click(t, choose(demo.ID))
	v.Until(t, `document.querySelector("textarea")?.value`)
	token := v.get(t, `document.querySelector("textarea").value`)

	v.GoTo(t, v.other+"/")
	v.Until(t, "window.ready")
	use := fmt.Sprintf(`window.begin(%q, %q), ""`, v.site, token)
	do(t, v.tab, "hand over the token", chromedp.Evaluate[string](use))
	v.Until(t, shows("Private Reports Dashboard"))
	for expression, want := range map[string]string{
		`client.profile().then((p) => p.email)`:                                                           demo.Email,
		`client.session().then((s) => s.user.id)`:                                                         demo.ID,
		`client.account({ include: ["roles"] }).then((a) => a.roles.data.roles[0].key)`:                   demo.Memberships[0].Roles[0].Key,
		`client.can({ permission: "view_reports", entitlement: "seats" }).then(String)`:                   "true",
		`client.can({ permission: "delete_organization" }).then(String)`:                                  "false",
		`client.can({ role: "editor", flag: "upload_limit", value: 50 }).then(String)`:                    "true",
		`client.entitlements().all().then((a) => String(a.data.entitlements.length))`:                     "23",
		`(async () => { let n = 0; for await (const p of client.entitlements()) { n++ } return ""+n })()`: "3",
		`client.health().then((h) => h.missing.join())`:                                                   "",
		`other("not.a.token").profile().catch((e) => e.code + e.status)`:                                  "invalid-token401",
		`other(null).profile().catch((e) => e.code)`:                                                      "no-token",
		`other(null).signedIn().then(String)`:                                                             "false",
		`JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])`:                   `[{},{},""]`,
	} {
		if got := v.get(t, expression); got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
	v.picture(t, "24-another-origin")
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "401") || !strings.HasSuffix(complaint, "/api/user-profile") {
			t.Errorf("console: %s", complaint)
		}
	}
	v.connectsFromElsewhere(t)
	// Links to the portal are not part of what other origins may fetch.
	if got := v.get(t, `client.openPortal().catch((e) => e.code)`); got != "unreachable" {
		t.Errorf("the portal from another origin: %q", got)
	}
	v.drain()
}

// connectsFromElsewhere connects an app by token, with the handle that the client then
// keeps in place of a cookie, and asks about and ends tokens.
func (v visitor) connectsFromElsewhere(t *testing.T) {
	t.Helper()
	answers := func(expression, want string) {
		t.Helper()
		if got := v.get(t, expression); got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
	consent := v.get(t, `client.connect("sample_drive", { returnUrl: location.href }).then((to) => { window.to = to; return to.url })`)
	const token = `client.appToken("sample_drive", { connection: to.connection }).then((a) => a.access_token.slice(0, 12) + (Date.parse(a.access_token_expiry) > Date.now()), (e) => e.code + e.status)`
	answers(token, "not-connected404")
	there := visitor{v.place, v.another(t)}
	there.GoTo(t, consent)
	there.Until(t, consentPage)
	there.Click(t, `button[value="approve"]`)
	there.Until(t, fmt.Sprintf(`location.href === %q`, v.Where()))
	answers(token, "third_party_true")
	answers(`client.revokeApp("sample_drive", { connection: to.connection }).then(() => "ended")`, "ended")
	answers(token, "not-connected404")
	answers(`client.appToken("other_drive").catch((e) => e.code + e.status)`, "unknown-app404")

	answers(`client.introspect().then((a) => String(a.active))`, "true")
	answers(`client.introspect({ token: "strange.to.ken" }).catch((e) => e.code + e.status)`, "not-your-token403")
	answers(`client.revoke({ token: "strange.to.ken" }).then(() => client.profile()).then((p) => p.email)`, demo.Email)
	answers(`client.revoke().then(() => client.profile()).catch((e) => e.code + e.status)`, "invalid-token401")
	answers(`client.introspect().then((a) => String(a.active))`, "false")
	answers(`JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])`, `[{},{},""]`)
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "Failed to load resource: the server responded with a status of 40") {
			t.Errorf("console: %s", complaint)
		}
	}
}

// otherSite is a site of its own, with the two scripts copied to it.
func otherSite() http.Handler {
	mux := http.NewServeMux()
	for _, name := range []string{"kinde-functions.js", "kinde-elements.js"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, filepath.Join(root, "public", name))
		})
	}
	text := func(path, kind, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
			_, _ = w.Write([]byte(body))
		})
	}
	text("/app.js", "text/javascript", `
		import { createClient } from "./kinde-functions.js";
		import { useClient } from "./kinde-elements.js";
		window.begin = (baseUrl, token) => {
			window.other = (token) => createClient({ baseUrl, getToken: async () => token });
			window.client = window.other(token);
			useClient(window.client);
		};
		useClient(createClient({ getToken: () => null }));
		window.ready = true;
	`)
	text("/{$}", "text/html", `<!doctype html><html lang="en"><meta charset="utf-8"><title>Another origin</title><link rel="icon" href="data:,">
		<script type="module" src="/app.js"></script>
		<kinde-signed-in hidden>Private</kinde-signed-in><kinde-signed-out hidden>Sign in</kinde-signed-out>
		<kinde-if permission="view_reports" hidden>Reports</kinde-if> <kinde-if flag="new_dashboard" hidden>Dashboard</kinde-if></html>`)
	return mux
}
