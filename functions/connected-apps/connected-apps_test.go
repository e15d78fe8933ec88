package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/functiontest"
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/session"
)

const (
	app     = kindetest.SampleDrive
	other   = "other_drive"
	connect = "/api/connected-apps/" + app + "/connect"
	token   = "/api/connected-apps/" + app + "/token"
	revoke  = "/api/connected-apps/" + app + "/revoke"
)

// browser is a browser at the site: it keeps cookies, and sends what a page of the
// site sends.
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
	b.signIn(kindetest.DemoPerson)
	return b
}

func (b *browser) signIn(person string) {
	b.cookies["__Host-session"] = strings.TrimPrefix(b.Session(session.Tokens{Access: b.Mint(kindetest.For(person)), Refresh: "r"}), "__Host-session=")
}

// fetch sends a request of a page, and keeps the answer's cookies.
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

// begin connects as far as the third party's page, whose address it gives.
func (b *browser) begin() string {
	b.t.Helper()
	w := b.fetch("GET", connect+"?return_url=/apps")
	return member(b.t, w, 200, "url")
}

// answer takes the third party's question, and gives where it sends the browser.
func (b *browser) answer(consent, action string) string {
	b.t.Helper()
	u, err := url.Parse(consent)
	if err != nil {
		b.t.Fatal(err)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(b.URL+"/third-party/consent", url.Values{"request": {u.Query().Get("request")}, "action": {action}})
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

// member checks the status and gives a member of the answer.
func member(t *testing.T, w *httptest.ResponseRecorder, status int, name string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != status {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	text, _ := body[name].(string)
	return text
}

func TestAPersonConnectsAndDisconnects(t *testing.T) {
	b := start(t)
	consent := b.begin()
	if calls := b.Calls("/api/v1/connected_apps/auth_url"); len(calls) != 1 || calls[0].Query.Encode() != (url.Values{
		"key_code_ref": {app}, "user_id": {kindetest.DemoPerson}, "org_code": {kindetest.DemoOrg}, "override_callback_url": {functiontest.Site + "/apps"}}).Encode() {
		t.Errorf("Kinde was asked otherwise: %v", calls)
	}
	if back := b.answer(consent, "approve"); back != functiontest.Site+"/apps" {
		t.Errorf("returns to %s", back)
	}
	w := b.fetch("GET", token)
	if got := member(t, w, 200, "access_token"); !strings.HasPrefix(got, "third_party_") || member(t, w, 200, "access_token_expiry") == "" {
		t.Errorf("%s", w.Body)
	}
	if w := b.fetch("POST", revoke); w.Code != 200 || b.cookies["__Host-connection-"+app] != "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := member(t, b.fetch("GET", token), 404, "code"); got != "not-connected" {
		t.Errorf("afterwards: %s", got)
	}
	if got := member(t, b.fetch("POST", revoke), 404, "code"); got != "not-connected" {
		t.Errorf("again: %s", got)
	}
	for _, secret := range []string{"third_party_", "session_", kindetest.M2MClientSecret} {
		if strings.Contains(b.Log(), secret) {
			t.Errorf("%s… is in the log", secret)
		}
	}
}

// Some third parties' tokens do not end.
func TestATokenWithoutAnEnd(t *testing.T) {
	for _, sent := range []string{
		`{"access_token":"t"}`, `{"access_token":"t","access_token_expiry":null}`, `{"access_token":"t","access_token_expiry":{"at":1}}`,
	} {
		b := start(t)
		b.answer(b.begin(), "approve")
		b.Fault("/api/v1/connected_apps/token", kindetest.Fault{Body: sent})
		if w := b.fetch("GET", token); w.Code != 200 || w.Body.String() != `{"access_token":"t","access_token_expiry":null}` {
			t.Errorf("%s: %d %s", sent, w.Code, w.Body)
		}
	}
}

func TestTheCookie(t *testing.T) {
	b := start(t)
	cookie := b.fetch("GET", connect).Result().Cookies()[0]
	if cookie.Name != "__Host-connection-"+app || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.MaxAge != 30*24*3600 {
		t.Errorf("%+v", cookie)
	}
	if strings.Contains(cookie.Value, "session_") {
		t.Error("the handle lies open")
	}
}

// What happens on the ways that are not the straight one.
func TestAPersonDeclinesOrConnectsTwice(t *testing.T) {
	t.Run("declines", func(t *testing.T) {
		b := start(t)
		if back := b.answer(b.begin(), "decline"); back != functiontest.Site+"/apps?error=access_denied" {
			t.Errorf("returns to %s", back)
		}
		if got := member(t, b.fetch("GET", token), 404, "code"); got != "not-connected" {
			t.Errorf("%s", got)
		}
	})
	t.Run("closes the tab, comes back to it", func(t *testing.T) {
		b := start(t)
		consent := b.begin()
		for range 2 {
			if got := member(t, b.fetch("GET", token), 404, "code"); got != "not-connected" {
				t.Errorf("%s", got)
			}
		}
		b.answer(consent, "approve")
		member(t, b.fetch("GET", token), 200, "access_token")
	})
	t.Run("connects twice, agrees twice", func(t *testing.T) {
		b := start(t)
		b.answer(b.begin(), "approve")
		first := member(t, b.fetch("GET", token), 200, "access_token")
		b.answer(b.begin(), "approve")
		if second := member(t, b.fetch("GET", token), 200, "access_token"); second == first {
			t.Error("the first connection is still the one in use")
		}
		b.ForgetCalls()
		b.fetch("GET", token)
		if n := len(b.Calls("/api/v1/connected_apps/token")); n != 1 {
			t.Errorf("%d connections are asked for", n)
		}
	})
	t.Run("connects twice, declines the second", func(t *testing.T) {
		b := start(t)
		b.answer(b.begin(), "approve")
		b.answer(b.begin(), "decline")
		member(t, b.fetch("GET", token), 200, "access_token")
		b.fetch("POST", revoke)
		if got := member(t, b.fetch("GET", token), 404, "code"); got != "not-connected" {
			t.Errorf("%s", got)
		}
	})
	t.Run("connects, then clicks twice and agrees to neither, or to the first", func(t *testing.T) {
		b := start(t)
		b.answer(b.begin(), "approve")
		first := member(t, b.fetch("GET", token), 200, "access_token")
		second := b.begin()
		b.begin()
		if got := member(t, b.fetch("GET", token), 200, "access_token"); got != first {
			t.Errorf("what was connected is lost")
		}
		b.answer(second, "approve")
		b.begin()
		member(t, b.fetch("GET", token), 200, "access_token")
	})
}

func TestAPersonIsAnotherOrGone(t *testing.T) {
	t.Run("is signed out in between", func(t *testing.T) {
		b := start(t)
		consent := b.begin()
		delete(b.cookies, "__Host-session")
		b.answer(consent, "approve")
		if got := member(t, b.fetch("GET", token), 401, "code"); got != "no-token" {
			t.Errorf("%s", got)
		}
		b.signIn(kindetest.DemoPerson)
		member(t, b.fetch("GET", token), 200, "access_token")
	})
	t.Run("another person signs in on the same browser", func(t *testing.T) {
		b := start(t)
		b.answer(b.begin(), "approve")
		b.signIn(kindetest.AdminPerson)
		for method, target := range map[string]string{"GET": token, "POST": revoke} {
			if got := member(t, b.fetch(method, target), 404, "code"); got != "not-connected" {
				t.Errorf("%s: %s", target, got)
			}
		}
		b.answer(b.begin(), "approve")
		member(t, b.fetch("GET", token), 200, "access_token")
		b.signIn(kindetest.DemoPerson)
		if got := member(t, b.fetch("GET", token), 404, "code"); got != "not-connected" {
			t.Errorf("the first person again: %s", got)
		}
	})
	t.Run("takes it back at the third party", func(t *testing.T) {
		b := start(t)
		b.answer(b.begin(), "approve")
		b.Fault("/api/v1/connected_apps/token", kindetest.Fault{Status: 400, Body: kindetest.ErrorBody(kindetest.ShapeA, "SESSION_ID_INVALID", "m")})
		if got := member(t, b.fetch("GET", token), 404, "code"); got != "not-connected" {
			t.Errorf("%s", got)
		}
	})
	t.Run("is unknown at Kinde when it is ended", func(t *testing.T) {
		b := start(t)
		b.answer(b.begin(), "approve")
		unknown := kindetest.Fault{Status: 400, Body: kindetest.ErrorBody(kindetest.ShapeA, "SESSION_ID_INVALID", "m")}
		b.Fault("/api/v1/connected_apps/revoke", unknown)
		b.Fault("/api/v1/connected_apps/token", unknown)
		if w := b.fetch("POST", revoke); w.Code != 200 || b.cookies["__Host-connection-"+app] != "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestCallersWithAccessTokens(t *testing.T) {
	b := start(t, "SESSION_KEYS", "", "KINDE_CLIENT_SECRET", "") // without sessions
	delete(b.cookies, "__Host-session")
	w := b.Get(connect, b.Bearer()...)
	if w.Code != 302 || !strings.HasPrefix(w.Header().Get("Location"), b.URL+"/third-party/consent?") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	w = b.Get(connect, append(b.Bearer(), "Accept", "application/json")...)
	connection := url.QueryEscape(member(t, w, 200, "connection"))
	b.answer(member(t, w, 200, "url"), "approve")
	got := b.Get(token+"?connection="+connection, b.Bearer()...)
	if member(t, got, 200, "access_token") == "" || len(got.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("%v %s", got.Header(), got.Body)
	}
	for what, w := range map[string]*httptest.ResponseRecorder{
		"another person": b.Get(token+"?connection="+connection, b.Bearer(kindetest.For(kindetest.AdminPerson))...),
		"another app":    b.Get(strings.Replace(token, app, other, 1)+"?connection="+connection, b.Bearer()...),
		"cut short":      b.Get(token+"?connection="+connection[:len(connection)-2], b.Bearer()...),
		"altered":        b.Get(token+"?connection=B"+connection[1:], b.Bearer()...),
		"empty":          b.Get(token+"?connection=", b.Bearer()...),
		"another key's":  b.Get(token+"?connection="+start(t).foreign(), b.Bearer()...),
		"none":           b.Get(token, b.Bearer()...),
		"too long":       b.Get(token+"?connection="+strings.Repeat("A", 20_000), b.Bearer()...),
	} {
		if got := member(t, w, 404, "code"); got != "not-connected" {
			t.Errorf("%s: %s", what, got)
		}
	}
	if w := b.Post(revoke+"?connection="+connection, "", b.Bearer()...); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := member(t, b.Get(token+"?connection="+connection, b.Bearer()...), 404, "code"); got != "not-connected" {
		t.Errorf("afterwards: %s", got)
	}
	if strings.Contains(b.Log(), connection[:20]) {
		t.Error("the connection is in the log")
	}
}

// foreign is a connection sealed by another deployment.
func (b *browser) foreign() string {
	b.begin()
	return b.cookies["__Host-connection-"+app]
}

func TestWhatCallersMayNotChoose(t *testing.T) {
	b := start(t)
	for _, path := range []string{connect, token, revoke} {
		for _, name := range []string{"user_id", "session_id", "org_code", "override_callback_url", "key_code_ref"} {
			method := map[bool]string{true: "POST", false: "GET"}[path == revoke]
			w := b.fetch(method, path+"?"+name+"=x")
			if got := member(t, w, 400, "detail"); !strings.Contains(got, "`"+name+"`") {
				t.Errorf("%s?%s: %s", path, name, w.Body)
			}
		}
	}
	for _, unknown := range []string{"nothing", "Sample_drive", "sample_drive%00", "..", "sample_drive%2Fx", "%2e%2e", "sample%20drive", "sample_drive,other_drive"} {
		if got := member(t, b.fetch("GET", "/api/connected-apps/"+unknown+"/token"), 404, "code"); got != "unknown-app" {
			t.Errorf("%s: %s", unknown, got)
		}
	}
	for _, returnURL := range []string{"https://evil.example/", "//evil.example", "", "/auth/logout", "/a/../b"} {
		if got := member(t, b.fetch("GET", connect+"?return_url="+url.QueryEscape(returnURL)), 400, "code"); got != "invalid-return-url" {
			t.Errorf("%s: %s", returnURL, got)
		}
	}
	if n := len(b.Calls("/api/v1/")); n != 0 {
		t.Errorf("Kinde was asked %d times", n)
	}
	b = start(t, "CONNECTED_APPS", "")
	if got := member(t, b.fetch("GET", connect), 404, "code"); got != "unknown-app" {
		t.Errorf("none allowed: %s", got)
	}
}

func TestTroubleUpstream(t *testing.T) {
	for what, row := range map[string]struct {
		path, target string
		fault        kindetest.Fault
		status       int
		code, remedy string
	}{
		"connecting without the scope": {"auth_url", connect, kindetest.Fault{Status: 403, Body: kindetest.ErrorBody(kindetest.ShapeA, "INVALID_CREDENTIALS", "m")}, 502, "upstream-misconfigured", "read:connected_apps"},
		"a token without the scope":    {"token", token, kindetest.Fault{Status: 403}, 502, "upstream-misconfigured", "read:connected_apps"},
		"ending without the scope":     {"revoke", revoke, kindetest.Fault{Status: 403}, 502, "upstream-misconfigured", "create:connected_apps"},
		"another audience":             {"token", token, kindetest.Fault{Status: 403, Body: kindetest.ErrorBody(kindetest.ShapeA, "MISSING_AUDIENCE", "m")}, 502, "upstream-misconfigured", "KINDE_MANAGEMENT_URL"},
		"an app that Kinde lacks":      {"auth_url", connect, kindetest.Fault{Status: 404, Body: kindetest.ErrorBody(kindetest.ShapeA, "CONNECTED_APP_NOT_FOUND", "m")}, 502, "upstream-misconfigured", "CONNECTED_APPS"},
		"an address that is refused":   {"auth_url", connect, kindetest.Fault{Status: 400, Body: kindetest.ErrorBody(kindetest.ShapeA, "OVERRIDE_CALLBACK_URL_INVALID", "m")}, 502, "upstream-misconfigured", "return_url"},
		"a wrong path":                 {"token", token, kindetest.Fault{Status: 404, Body: kindetest.ErrorBody(kindetest.ShapeB, "ROUTE_NOT_FOUND", "m")}, 502, "upstream-misconfigured", "wrong path"},
		"a url without a scheme":       {"auth_url", connect, kindetest.Fault{Body: `{"url":"//third.example/x","session_id":"s"}`}, 502, "upstream-failed", ""},
		"a script for a url":           {"auth_url", connect, kindetest.Fault{Body: `{"url":"javascript:alert(1)","session_id":"s"}`}, 502, "upstream-failed", ""},
		"no session":                   {"auth_url", connect, kindetest.Fault{Body: `{"url":"https://third.example/x"}`}, 502, "upstream-failed", ""},
		"no token":                     {"token", token, kindetest.Fault{Body: `{"access_token":""}`}, 502, "upstream-failed", ""},
		"a refusal that ends nothing":  {"revoke", revoke, kindetest.Fault{Status: 400, Body: kindetest.ErrorBody(kindetest.ShapeA, "THIRD_PARTY_REVOKE_FAILED", "m")}, 502, "upstream-failed", ""},
		"somebody else's page":         {"token", token, kindetest.Fault{Status: 404, Body: "<html>not found</html>"}, 502, "upstream-failed", ""},
		"down":                         {"revoke", revoke, kindetest.Fault{Status: 500}, 502, "upstream-failed", ""},
		"throttled":                    {"revoke", revoke, kindetest.Fault{Status: 429}, 429, "upstream-throttled", ""},
		"hangs":                        {"token", token, kindetest.Fault{Hang: true}, 504, "upstream-timeout", ""},
	} {
		t.Run(what, func(t *testing.T) {
			b := start(t)
			b.answer(b.begin(), "approve")
			b.Fault("/api/v1/connected_apps/"+row.path, row.fault)
			method := map[bool]string{true: "POST", false: "GET"}[row.target == revoke]
			if got := member(t, b.fetch(method, row.target), row.status, "code"); got != row.code || !strings.Contains(b.Log(), row.remedy) {
				t.Errorf("%s; log %s", got, b.Log())
			}
			if b.cookies["__Host-connection-"+app] == "" {
				t.Error("the connection is lost")
			}
		})
	}
}
