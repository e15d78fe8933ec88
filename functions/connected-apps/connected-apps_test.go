package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

const (
	app     = kindetest.SampleDrive
	other   = "other_drive"
	connect = "/api/connected-apps/" + app + "/connect"
	token   = "/api/connected-apps/" + app + "/token"
	revoke  = "/api/connected-apps/" + app + "/revoke"
)

// browser keeps cookies and sends the headers of a page of the site.
type browser struct {
	*functiontest.Fixture
	t       *testing.T
	cookies map[string]string
}

func start(t *testing.T, settings ...string) *browser {
	t.Helper()
	f := functiontest.Start(t, function, kindetest.Options{ConnectedApps: []string{app, other}}, slices.Concat([]string{
		"KINDE_M2M_CLIENT_ID", kindetest.M2MClientID, "KINDE_M2M_CLIENT_SECRET", kindetest.M2MClientSecret,
		"CONNECTED_APPS", app + "," + other}, functiontest.Sessions, settings)...)
	b := &browser{Fixture: f, t: t, cookies: map[string]string{}}
	b.signIn(kindetest.DemoUser)
	return b
}

func (b *browser) signIn(user string) {
	cookie := b.Session(session.Tokens{Access: b.Mint(kindetest.For(user)), Refresh: "r"})
	b.cookies["__Host-session"] = strings.TrimPrefix(cookie, "__Host-session=")
}

// fetch sends a request of a page and keeps the cookies of the response.
func (b *browser) fetch(method, target string, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, functiontest.Site+target, nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := b.Send(r, append(header, "X-CSRF", "1", "Sec-Fetch-Site", "same-origin")...)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

// begin requests a link and returns it.
func (b *browser) begin() string {
	b.t.Helper()
	w := b.fetch("GET", connect+"?return_url=/apps")
	return member(b.t, w, 200, "url")
}

// decide takes action on the third party's page and returns where it sends the browser.
func (b *browser) decide(consent, action string) string {
	b.t.Helper()
	u, err := url.Parse(consent)
	if err != nil {
		b.t.Fatal(err)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"request": {u.Query().Get("request")}, "action": {action}}
	resp, err := client.PostForm(b.URL+"/third-party/consent", form)
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

// member checks the status and returns a member of the response.
func member(t *testing.T, w *httptest.ResponseRecorder, status int, name string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != status {
		t.Fatalf("got %d %s, want %d", w.Code, w.Body, status)
	}
	text, _ := body[name].(string)
	return text
}

// wantCode checks the problem that a request gets.
func (b *browser) wantCode(method, target string, status int, code string) {
	b.t.Helper()
	if got := member(b.t, b.fetch(method, target), status, "code"); got != code {
		b.t.Errorf("%s %s: got %s, want %s", method, target, got, code)
	}
}

func TestConnectTokenAndRevoke(t *testing.T) {
	b := start(t)
	consent := b.begin()
	want := url.Values{"key_code_ref": {app}, "user_id": {kindetest.DemoUser}, "org_code": {kindetest.DemoOrg},
		"override_callback_url": {functiontest.Site + "/apps"}}
	calls := b.Calls("/api/v1/connected_apps/auth_url")
	if len(calls) != 1 || calls[0].Query.Encode() != want.Encode() {
		t.Errorf("got calls %v, want one with %v", calls, want)
	}
	if back := b.decide(consent, "approve"); back != functiontest.Site+"/apps" {
		t.Errorf("the third party returns to %s, want %s", back, functiontest.Site+"/apps")
	}
	w := b.fetch("GET", token)
	got, expiry := member(t, w, 200, "access_token"), member(t, w, 200, "access_token_expiry")
	if !strings.HasPrefix(got, "third_party_") || expiry == "" {
		t.Errorf("got %s, want a token and its expiry", w.Body)
	}
	if w := b.fetch("POST", revoke); w.Code != 200 || b.cookies["__Host-connection-"+app] != "" {
		t.Errorf("revoke: got %d %s, want 200 and no cookie", w.Code, w.Body)
	}
	b.wantCode("GET", token, 404, "not-connected")
	b.wantCode("POST", revoke, 404, "not-connected")
	for _, secret := range []string{"third_party_", "session_", kindetest.M2MClientSecret} {
		if strings.Contains(b.Log(), secret) {
			t.Errorf("%s… is in the log", secret)
		}
	}
}

// The tokens of some third parties do not expire.
func TestTokenWithoutExpiry(t *testing.T) {
	for _, sent := range []string{
		`{"access_token":"t"}`, `{"access_token":"t","access_token_expiry":null}`,
		`{"access_token":"t","access_token_expiry":{"at":1}}`,
	} {
		b := start(t)
		b.decide(b.begin(), "approve")
		b.Fault("/api/v1/connected_apps/token", kindetest.Fault{Body: sent})
		const want = `{"access_token":"t","access_token_expiry":null}`
		if w := b.fetch("GET", token); w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: got %d %s, want %s", sent, w.Code, w.Body, want)
		}
	}
}

func TestConnectionCookie(t *testing.T) {
	b := start(t)
	cookie := b.fetch("GET", connect).Result().Cookies()[0]
	if cookie.Name != "__Host-connection-"+app || !cookie.HttpOnly || !cookie.Secure || cookie.Path != "/" ||
		cookie.SameSite != http.SameSiteStrictMode || cookie.MaxAge != 30*24*3600 {
		t.Errorf("got %+v, want a strict cookie for 30 days", cookie)
	}
	if strings.Contains(cookie.Value, "session_") {
		t.Error("the cookie holds the handle unsealed")
	}
}

func TestDeclineAndConnectTwice(t *testing.T) {
	t.Run("declines", func(t *testing.T) {
		b := start(t)
		if back := b.decide(b.begin(), "decline"); back != functiontest.Site+"/apps?error=access_denied" {
			t.Errorf("the third party returns to %s, want an error there", back)
		}
		b.wantCode("GET", token, 404, "not-connected")
	})
	t.Run("consents late", func(t *testing.T) {
		b := start(t)
		consent := b.begin()
		for range 2 {
			b.wantCode("GET", token, 404, "not-connected")
		}
		b.decide(consent, "approve")
		member(t, b.fetch("GET", token), 200, "access_token")
	})
	t.Run("consents twice", func(t *testing.T) {
		b := start(t)
		b.decide(b.begin(), "approve")
		first := member(t, b.fetch("GET", token), 200, "access_token")
		b.decide(b.begin(), "approve")
		if second := member(t, b.fetch("GET", token), 200, "access_token"); second == first {
			t.Error("the first connection is still in use")
		}
		b.ForgetCalls()
		b.fetch("GET", token)
		if n := len(b.Calls("/api/v1/connected_apps/token")); n != 1 {
			t.Errorf("got %d calls, want 1", n)
		}
	})
	t.Run("declines the second", func(t *testing.T) {
		b := start(t)
		b.decide(b.begin(), "approve")
		b.decide(b.begin(), "decline")
		member(t, b.fetch("GET", token), 200, "access_token")
		b.fetch("POST", revoke)
		b.wantCode("GET", token, 404, "not-connected")
	})
	t.Run("requests two more links, consents to the first or neither", func(t *testing.T) {
		b := start(t)
		b.decide(b.begin(), "approve")
		first := member(t, b.fetch("GET", token), 200, "access_token")
		second := b.begin()
		b.begin()
		if got := member(t, b.fetch("GET", token), 200, "access_token"); got != first {
			t.Errorf("got token %q, want the first connection's", got)
		}
		b.decide(second, "approve")
		b.begin()
		member(t, b.fetch("GET", token), 200, "access_token")
	})
}

func TestConnectionFollowsItsOwner(t *testing.T) {
	t.Run("signed out in between", func(t *testing.T) {
		b := start(t)
		consent := b.begin()
		delete(b.cookies, "__Host-session")
		b.decide(consent, "approve")
		b.wantCode("GET", token, 401, "no-token")
		b.signIn(kindetest.DemoUser)
		member(t, b.fetch("GET", token), 200, "access_token")
	})
	t.Run("another user in the same browser", func(t *testing.T) {
		b := start(t)
		b.decide(b.begin(), "approve")
		b.signIn(kindetest.AdminUser)
		for method, target := range map[string]string{"GET": token, "POST": revoke} {
			b.wantCode(method, target, 404, "not-connected")
		}
		b.decide(b.begin(), "approve")
		member(t, b.fetch("GET", token), 200, "access_token")
		b.signIn(kindetest.DemoUser)
		b.wantCode("GET", token, 404, "not-connected")
	})
	t.Run("withdrawn at the third party", func(t *testing.T) {
		b := start(t)
		b.decide(b.begin(), "approve")
		b.Fault("/api/v1/connected_apps/token", refuse(400, "SESSION_ID_INVALID"))
		b.wantCode("GET", token, 404, "not-connected")
	})
	t.Run("unknown at Kinde when revoked", func(t *testing.T) {
		b := start(t)
		b.decide(b.begin(), "approve")
		unknown := refuse(400, "SESSION_ID_INVALID")
		b.Fault("/api/v1/connected_apps/revoke", unknown)
		b.Fault("/api/v1/connected_apps/token", unknown)
		if w := b.fetch("POST", revoke); w.Code != 200 || b.cookies["__Host-connection-"+app] != "" {
			t.Errorf("got %d %s, want 200 and no cookie", w.Code, w.Body)
		}
	})
}

func TestCallersWithAccessTokens(t *testing.T) {
	b := start(t, "SESSION_KEYS", "", "KINDE_CLIENT_SECRET", "") // without sessions
	delete(b.cookies, "__Host-session")
	w := b.Get(connect, b.Bearer()...)
	if w.Code != 302 || !strings.HasPrefix(w.Header().Get("Location"), b.URL+"/third-party/consent?") {
		t.Fatalf("got %d %v, want 302 to the third party", w.Code, w.Header())
	}
	w = b.Get(connect, append(b.Bearer(), "Accept", "application/json")...)
	connection := url.QueryEscape(member(t, w, 200, "connection"))
	b.decide(member(t, w, 200, "url"), "approve")
	got := b.Get(token+"?connection="+connection, b.Bearer()...)
	if member(t, got, 200, "access_token") == "" || len(got.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("got %v %s, want a token and no cookie", got.Header(), got.Body)
	}
	for what, w := range map[string]*httptest.ResponseRecorder{
		"another user":  b.Get(token+"?connection="+connection, b.Bearer(kindetest.For(kindetest.AdminUser))...),
		"another app":   b.Get(strings.Replace(token, app, other, 1)+"?connection="+connection, b.Bearer()...),
		"cut short":     b.Get(token+"?connection="+connection[:len(connection)-2], b.Bearer()...),
		"altered":       b.Get(token+"?connection=B"+connection[1:], b.Bearer()...),
		"empty":         b.Get(token+"?connection=", b.Bearer()...),
		"another key's": b.Get(token+"?connection="+start(t).foreign(), b.Bearer()...),
		"none":          b.Get(token, b.Bearer()...),
		"too long":      b.Get(token+"?connection="+strings.Repeat("A", 20_000), b.Bearer()...),
	} {
		if got := member(t, w, 404, "code"); got != "not-connected" {
			t.Errorf("%s: got %s, want not-connected", what, got)
		}
	}
	if w := b.Post(revoke+"?connection="+connection, "", b.Bearer()...); w.Code != 200 {
		t.Errorf("revoke: got %d %s, want 200", w.Code, w.Body)
	}
	if got := member(t, b.Get(token+"?connection="+connection, b.Bearer()...), 404, "code"); got != "not-connected" {
		t.Errorf("after revoke: got %s, want not-connected", got)
	}
	if strings.Contains(b.Log(), connection[:20]) {
		t.Error("the connection is in the log")
	}
}

// foreign returns a connection that another deployment sealed.
func (b *browser) foreign() string {
	b.begin()
	return b.cookies["__Host-connection-"+app]
}

func TestUnknownParametersAndAppsAreRefused(t *testing.T) {
	b := start(t)
	for _, path := range []string{connect, token, revoke} {
		for _, name := range []string{"user_id", "session_id", "org_code", "override_callback_url", "key_code_ref"} {
			method := map[bool]string{true: "POST", false: "GET"}[path == revoke]
			w := b.fetch(method, path+"?"+name+"=x")
			if got := member(t, w, 400, "detail"); !strings.Contains(got, "`"+name+"`") {
				t.Errorf("%s?%s: got %s, want the parameter refused", path, name, w.Body)
			}
		}
	}
	for _, unknown := range []string{"nothing", "Sample_drive", "sample_drive%00", "..", "sample_drive%2Fx", "%2e%2e",
		"sample%20drive", "sample_drive,other_drive"} {
		if got := member(t, b.fetch("GET", "/api/connected-apps/"+unknown+"/token"), 404, "code"); got != "unknown-app" {
			t.Errorf("%s: got %s, want unknown-app", unknown, got)
		}
	}
	for _, returnURL := range []string{"https://evil.example/", "//evil.example", "", "/auth/logout", "/a/../b"} {
		b.wantCode("GET", connect+"?return_url="+url.QueryEscape(returnURL), 400, "invalid-return-url")
	}
	if n := len(b.Calls("/api/v1/")); n != 0 {
		t.Errorf("got %d calls of Kinde, want none", n)
	}
	b = start(t, "CONNECTED_APPS", "")
	if got := member(t, b.fetch("GET", connect), 404, "code"); got != "unknown-app" {
		t.Errorf("without CONNECTED_APPS: got %s, want unknown-app", got)
	}
}

// A link spends the M2M application's credentials.
func TestLinksAreRateLimited(t *testing.T) {
	b := start(t, "RATE_LIMIT", "3/1m")
	for i := range 6 {
		w := b.fetch("GET", connect)
		if got, want := w.Code, map[bool]int{true: 200, false: 429}[i < 3]; got != want {
			t.Errorf("link %d: got %d %s, want %d", i, got, w.Body, want)
		}
		if w.Header().Get("RateLimit") == "" || (w.Code == 429) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("link %d: got headers %v, want the rate limit", i, w.Header())
		}
	}
	if n := len(b.Calls("/api/v1/connected_apps/auth_url")); n != 3 {
		t.Errorf("got %d calls of Kinde, want 3", n)
	}
	for range 5 { // tokens are not limited
		b.wantCode("GET", token, 404, "not-connected")
	}
	b.signIn(kindetest.AdminUser)
	if w := b.fetch("GET", connect); w.Code != 200 {
		t.Errorf("another user: got %d %s, want 200", w.Code, w.Body)
	}
}
