//go:build realtools

package browser

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// response is what the page's scripts receive in place of a function's response.
type response struct {
	Status int            `json:"status"`
	Body   map[string]any `json:"body"`
}

func problemResponse(status int, code string) response {
	return response{status, map[string]any{"status": status, "code": code, "title": "Title of " + code, "detail": "d",
		"request_id": "r"}}
}

// The page shows problems that the functions cannot easily be brought to have.
func TestProblemsOfSession(t *testing.T) {
	t.Parallel()
	session := response{200, map[string]any{"authenticated": true}}
	profile := response{200, map[string]any{"id": "kp_1", "name": "Robin"}}
	superseded := problemResponse(409, "session-superseded")
	// The calls of the page when it has a session.
	calls := []string{"/api/session 1", "/api/user-profile 1", "/api/account 1",
		"/api/connected-apps/sample_drive/token 1"}
	b := newTab(t, shared)
	for _, test := range []struct {
		name              string
		sessions, profile []response
		state             string // of the user
		text              string
		calls             []string
	}{
		{"sign-in is not set up", []response{problemResponse(500, "misconfigured")}, nil,
			"failed", "Signing in is not set up on this site", calls[:1]},
		{"session renewed by another tab", []response{superseded, session}, []response{superseded, profile},
			"in", "Robin", slices.Concat(calls[:1], calls, calls[1:2])},
		{"session renewed by another tab again", []response{session}, []response{superseded},
			"in", "Another tab has just renewed", slices.Concat(calls, calls[1:2])},
		{"session expired", []response{session}, []response{problemResponse(401, "session-expired")},
			"ended", "Your sign-in has ended", slices.Concat(calls, calls[1:2], calls[:1])},
	} {
		t.Run(test.name, func(t *testing.T) {
			remove := b.beforeLoad(t, function("respond", map[string][]response{
				"/api/session": test.sessions, "/api/user-profile": test.profile, "/api/account": {{200, map[string]any{}}},
				"/api/connected-apps/sample_drive/token": {problemResponse(404, "unknown-app")},
			}))
			defer remove()
			b.open(t, demoPath)
			b.WaitUntil(t, fmt.Sprintf("%s === %q && %s", demo, test.state, shows("body", test.text)))
			b.WaitUntil(t, fmt.Sprintf("window.calls.length >= %d", len(test.calls)))
			if got := eval[[]string](t, b, "window.calls"); !slices.Equal(got, test.calls) {
				t.Errorf("got calls %q, want %q", got, test.calls)
			}
			if test.state != "in" && strings.Contains(b.text(t, "html"), "Entitlements\n") {
				t.Error("got an account on the page, want none without a session")
			}
		})
	}
}

// The functions' own responses while Kinde fails, settings are missing or the rate limit is
// reached. The subtests share a Kinde whose faults they set.
func TestProblemsUpstream(t *testing.T) {
	t.Parallel()
	s, kinde := newSite(t, kindetest.Options{}, []string{"KINDE_M2M_CLIENT_ID=", "KINDE_M2M_CLIENT_SECRET=",
		"RATE_LIMIT=1/8s", "UPSTREAM_TIMEOUT=4s"}, append([]string{"introspect", "revoke"}, demoFunctions...))
	b := newTab(t, s)
	b.signIn(t, user.ID)
	b.ConsoleErrors() // the app's card lacks settings
	for _, test := range []struct {
		name string
		test func(*testing.T, *tab, *kindetest.Kinde)
	}{
		{"no response", testNoResponse},
		{"errors", testErrors},
		{"one part fails", testOnePartFails},
		{"missing settings", testMissingSettings},
		{"rate limit", testRateLimit},
		{"not revoked", testNotRevoked},
		{"empty account", testEmptyAccount},
		{"markup in names", testMarkupInNames},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer kinde.ClearFaults()
			test.test(t, b, kinde)
			b.checkConsole(t, "Failed to load resource: the server responded with a status of")
		})
	}
}

const (
	profilePath = "/oauth2/v2/user_profile"
	accountPath = "/account_api/"
)

func testNoResponse(t *testing.T, b *tab, kinde *kindetest.Kinde) {
	kinde.Fault(profilePath, kindetest.Fault{Hang: true})
	kinde.Fault(accountPath, kindetest.Fault{Hang: true})
	b.open(t, demoPath)
	b.WaitUntil(t, demo+` === "in" && ["profile", "account"].map((id) => document.getElementById(id))
		.every((card) => card.ariaBusy === "true" && card.dataset.state === "loading")`)
	b.checkAccessibility(t, "loading")
	b.WaitUntil(t, cardShows("profile", "failed", "Kinde did not answer in time")+" && "+
		cardShows("account", "failed", "upstream-timeout"))
	b.checkAccessibility(t, "failed")
}

func testErrors(t *testing.T, b *tab, kinde *kindetest.Kinde) {
	kinde.Fault(profilePath, kindetest.Fault{Reset: true})
	kinde.Fault(accountPath, kindetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"60"}}})
	b.open(t, demoPath)
	b.WaitUntil(t, demo+` === "in" && `+cardShows("profile", "failed", "Kinde is out of reach just now")+" && "+
		cardShows("profile", "failed", "upstream-failed"))
	b.WaitUntil(t, cardShows("account", "failed", "Kinde is busy")+" && "+
		cardShows("account", "failed", "You can try again in")+
		` && document.querySelector("#account-again").ariaDisabled === "true"`)
	b.checkAccessibility(t, "errors")
	kinde.ClearFaults()
	b.Click(t, "#profile-again")
	b.WaitUntil(t, cardShows("profile", "shown", user.Email))
}

func testOnePartFails(t *testing.T, b *tab, kinde *kindetest.Kinde) {
	kinde.Fault("GET /account_api/v1/roles", kindetest.Fault{Status: 500})
	b.open(t, demoPath)
	b.WaitUntil(t, cardShows("account", "partly", "Could not be loaded: Kinde is out of reach just now. upstream-failed")+
		" && "+cardShows("account", "partly", "view_reports"))
	got := eval[[]string](t, b, `[...document.querySelectorAll("#account .notice")]
		.map((notice) => notice.closest("div").dataset.part)`)
	if !slices.Equal(got, []string{"roles"}) {
		t.Errorf("got notices about %q, want roles", got)
	}
	b.checkAccessibility(t, "one part fails")
	kinde.ClearFaults()
	b.Click(t, "#account-again")
	b.WaitUntil(t, cardShows("account", "shown", "editor"))
}

func testMissingSettings(t *testing.T, b *tab, _ *kindetest.Kinde) {
	b.WaitUntil(t, cardShows("app", "failed", "set CONNECTED_APPS, KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET")+
		" && "+cardShows("app", "failed", "misconfigured"))
	b.Click(t, "#introspect")
	b.WaitUntil(t, shows("#tokens", "set KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET"))
	b.checkAccessibility(t, "missing settings")
}

func testRateLimit(t *testing.T, b *tab, _ *kindetest.Kinde) {
	b.revoke(t)
	b.WaitUntil(t, shows("#tokens", "Revoked"))
	b.revoke(t)
	b.WaitUntil(t, shows("#tokens", "Too many requests")+" && "+shows("#tokens", "rate-limited")+" && "+
		shows("#tokens", "You can try again in")+` && document.querySelector("#revoke").ariaDisabled === "true"`)
	b.checkAccessibility(t, "rate limit")
	b.WaitUntil(t, shows("#tokens", "You can try again now")+
		` && document.querySelector("#revoke").ariaDisabled !== "true"`)
}

func testNotRevoked(t *testing.T, b *tab, kinde *kindetest.Kinde) {
	kinde.Fault("/oauth2/revoke", kindetest.Fault{Status: 503, Header: http.Header{"Retry-After": {"120"}}})
	b.revoke(t)
	for _, text := range []string{"Not revoked: the token still works", "not-revoked", "You can try again in"} {
		b.WaitUntil(t, shows("#tokens", text))
	}
	b.checkAccessibility(t, "not revoked")
}

func testEmptyAccount(t *testing.T, b *tab, _ *kindetest.Kinde) {
	b.signIn(t, kindetest.EmptyUser)
	for _, want := range []string{"You have no plan yet. Choose one in your account pages.", "You have no role.",
		"You have no permission.", "You have none. They come with a plan.", "No flag is set for you.",
		"Nothing more is kept about you."} {
		b.WaitUntil(t, cardShows("account", "shown", want))
	}
	b.checkAccessibility(t, "empty account")
}

// revoke revokes a token that is not the user's.
func (b *tab) revoke(t *testing.T) {
	t.Helper()
	b.fill(t, "#tokens-field", "strange.to.ken")
	b.Click(t, "#revoke")
	b.WaitUntil(t, dialog("Revoke the token in the field?"))
	b.Click(t, "#revoke-yes")
}

// The page shows markup in data as text, and says what it cannot read.
func testMarkupInNames(t *testing.T, b *tab, kinde *kindetest.Kinde) {
	const markup = `<img src=x onerror="document.title='broken'">`
	err := kinde.UpdateUser(kindetest.MarkupUser, func(u *kindetest.User) {
		u.GivenName = markup
		m := &u.Memberships[0]
		m.Plans = []kindetest.Plan{{Key: markup, Name: markup}}
		m.Roles = []kindetest.Role{{Name: markup, Key: markup}}
		m.FeatureFlags = []kindetest.FeatureFlag{{Name: markup, Key: markup, Type: "string", Value: markup},
			{Name: markup, Key: markup, Type: markup, Value: map[string]any{markup: markup}}}
		m.Entitlements = []kindetest.Entitlement{{FeatureName: markup, FeatureKey: markup, PriceName: markup,
			LimitMax: new(-5)}}
	})
	if err != nil {
		t.Fatal(err)
	}
	b.signIn(t, kindetest.MarkupUser)
	b.WaitUntil(t, cardShows("profile", "shown", markup)+" && "+cardShows("account", "shown", "Cannot be read"))
	if got := eval[string](t, b, "document.title"); got == "broken" {
		t.Error("a name ran a script")
	}
	if got := eval[int](t, b, `document.querySelectorAll("img[src=x], main script, main b, main i").length`); got != 0 {
		t.Errorf("got %d elements from names, want none", got)
	}
	for _, part := range []string{"plans", "roles", "entitlements", "flags"} {
		if got := b.text(t, "[data-part="+part+"]"); !strings.Contains(got, markup) {
			t.Errorf("%s: got %q, want %q in it", part, got, markup)
		}
	}
	b.checkAccessibility(t, "markup in names")
}
