package main

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

const path = "/api/introspect"

func start(t *testing.T, settings ...string) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{}, append([]string{
		"KINDE_M2M_CLIENT_ID", kindetest.M2MClientID, "KINDE_M2M_CLIENT_SECRET", kindetest.M2MClientSecret}, settings...)...)
}

// check checks status and code ("" for success) and returns the body.
func check(t *testing.T, what string, w *httptest.ResponseRecorder, status int, code string) map[string]any {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != status || code != "" && body["code"] != code {
		t.Errorf("%s: got %d %s, want %d", what, w.Code, w.Body, status)
	}
	return body
}

func TestIntrospectsOwnTokenByDefault(t *testing.T) {
	f := start(t)
	for _, body := range []string{"", "{}", "token_type_hint=anything"} {
		f.ForgetCalls()
		got := check(t, body, f.Post(path, body, f.Bearer()...), 200, "")
		if got["active"] != true || got["client_id"] != kindetest.ClientID || got["exp"] == nil {
			t.Errorf("%q: got %v", body, got)
		}
		call := f.Calls("/oauth2/introspect")[0]
		if bearer := call.Header.Get("Authorization"); call.Form.Get("token") == "" ||
			strings.Contains(bearer, call.Form.Get("token")) || call.Form.Get("token_type_hint") != "access_token" {
			t.Error("got another request than the machine's about the caller's access token")
		}
	}
	if n := len(f.Calls("POST /oauth2/token")); n != 0 {
		t.Errorf("got %d machine tokens after the first", n)
	}
}

func TestAuthorization(t *testing.T) {
	f := start(t, "INTROSPECTION_PERMISSION", "introspect_tokens")
	own, others := f.Mint(), f.Mint(kindetest.For(kindetest.AdminUser))
	refresh := f.MintRefresh()
	admin := []kindetest.Claim{kindetest.For(kindetest.AdminUser)}
	for what, row := range map[string]struct {
		token  string
		claims []kindetest.Claim
		status int
	}{
		"another of their own tokens":         {own, nil, 200},
		"another user's":                      {others, nil, 403},
		"another user's, with the permission": {own, admin, 200},
		"an opaque one":                       {refresh, nil, 403},
		"an opaque one, with the permission":  {refresh, admin, 200},
		"one that claims to be theirs":        {f.Mint(kindetest.SignedBy(kindetest.ForeignKey)), nil, 403},
		"own, expired":                        {f.Mint(kindetest.ExpiresIn(-3600e9)), nil, 403},
		"theirs at another application":       {f.Mint(kindetest.With("azp", "other")), nil, 403},
		"one character":                       {"x", nil, 403},
		"one character, with the permission":  {"x", admin, 200},
		"of another organization":             {f.Mint(kindetest.With("org_code", kindetest.SecondOrg)), admin, 403},
		"of another organization, by Hasura": {f.Mint(kindetest.Without("org_code"),
			kindetest.With("x-hasura-org-code", kindetest.SecondOrg)), admin, 403},
		"of this organization, by Hasura": {f.Mint(kindetest.Without("org_code"),
			kindetest.With("x-hasura-org-code", kindetest.DemoOrg)), admin, 200},
		"of no organization": {f.Mint(kindetest.Without("org_code")), admin, 403},
		"an M2M token":       {f.Mint(kindetest.Machine()), admin, 403},
		"expired, of another organization": {f.Mint(kindetest.ExpiresIn(-3600e9),
			kindetest.With("org_code", kindetest.SecondOrg)), admin, 403},
		"a JWT that only a lenient parser reads": {f.Mint(kindetest.With("org_code", kindetest.SecondOrg)) + "=", admin,
			403},
		"a JWT with a space before it": {" " + f.Mint(kindetest.With("org_code", kindetest.SecondOrg)), admin,
			403},
		"their own, of another organization": {f.Mint(kindetest.For(kindetest.AdminUser),
			kindetest.InOrg(kindetest.SecondOrg)), admin, 200},
		"a permission that only looks like it": {others,
			[]kindetest.Claim{kindetest.With("permissions", []string{"introspect_token", "Introspect_tokens"})}, 403},
		"permissions in a string": {others,
			[]kindetest.Claim{kindetest.With("permissions", "introspect_tokens")}, 403},
		"the permission among scopes":             {others, []kindetest.Claim{kindetest.Scopes("introspect_tokens")}, 403},
		"an ID token of another user":             {f.MintID(kindetest.For(kindetest.AdminUser)), nil, 403},
		"none, which is their own, by permission": {f.Mint(kindetest.For(kindetest.AdminUser)), admin, 200},
	} {
		f.ForgetCalls()
		w := f.Post(path, url.Values{"token": {row.token}}.Encode(), f.Bearer(row.claims...)...)
		code := ""
		if row.status == 403 {
			code = "not-your-token"
		}
		check(t, what, w, row.status, code)
		if n := len(f.Calls("/oauth2/introspect")); n != 0 && row.status == 403 {
			t.Errorf("%s: got a request to Kinde, want none", what)
		}
	}
	decisions := f.Decisions()
	if !slices.Contains(decisions, "allowed ok") || !slices.Contains(decisions, "denied not-your-token") ||
		len(decisions) != 24 {
		t.Errorf("got decisions %v", decisions)
	}
}

func TestUnsetPermissionCoversNoToken(t *testing.T) {
	f := start(t)
	others := "token=" + f.Mint()
	for _, permissions := range []any{[]string{""}, "", nil, []string{"introspect_tokens"}} {
		w := f.Post(path, others, f.Bearer(kindetest.For(kindetest.AdminUser), kindetest.With("permissions", permissions))...)
		check(t, "without the setting", w, 403, "not-your-token")
	}
}

func TestSessionTokensAreTheCallersOwn(t *testing.T) {
	f := start(t, functiontest.Sessions...)
	refresh := f.MintRefresh()
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: refresh})
	header := []string{"Cookie", cookie, "X-CSRF", "1"}
	if got := check(t, "the refresh token", f.Post(path, "token="+refresh+"&token_type_hint=refresh_token", header...),
		200, ""); got["active"] != true {
		t.Errorf("got %v", got)
	}
	if call := f.Calls("/oauth2/introspect")[0]; call.Form.Get("token_type_hint") != "refresh_token" {
		t.Errorf("got hint %q, want refresh_token", call.Form.Get("token_type_hint"))
	}
	check(t, "no token", f.Post(path, "", header...), 200, "")
	check(t, "another refresh token", f.Post(path, "token="+f.MintRefresh(), header...), 403, "not-your-token")
	check(t, "without the header", f.Post(path, "", "Cookie", cookie), 403, "csrf-header-missing")
}

func TestInactiveTokenResponseIsExact(t *testing.T) {
	f := start(t)
	ended := f.Mint()
	f.Fault("/oauth2/introspect", kindetest.Fault{Body: `{"active":false,"client_id":"c","exp":1}`, Times: 1})
	if w := f.Post(path, "token="+ended, "Authorization", "Bearer "+ended); w.Code != 200 ||
		w.Body.String() != `{"active":false}` {
		t.Errorf("got %d %s, want 200", w.Code, w.Body)
	}
	// A response without "active" does not mean inactive.
	for _, body := range []string{`{}`, `{"exp":1}`, `{"active":null}`, `{"error":"x"}`, `[]`} {
		f.Fault("/oauth2/introspect", kindetest.Fault{Body: body, Times: 1})
		check(t, body, f.Post(path, "", f.Bearer()...), 502, "upstream-failed")
	}
}

func TestBadInput(t *testing.T) {
	f := start(t, "INTROSPECTION_PERMISSION", "introspect_tokens")
	for body, code := range map[string]string{
		"token=":                               "invalid-parameter",
		`{"token":""}`:                         "invalid-parameter",
		"token=" + strings.Repeat("a", 17_000): "invalid-parameter",
		"token=a&token=b":                      "invalid-parameter",
		`{"token":"a","token":"b"}`:            "invalid-parameter",
		`{"token":7}`:                          "invalid-parameter",
		"token=a%00b":                          "invalid-parameter",
		"token=%E2%98%95":                      "invalid-parameter",
		"token=a%0d%0ab":                       "invalid-parameter",
		"token=a&user_id=kp_1":                 "invalid-parameter",
		"token_type_hint=a&token_type_hint=b":  "invalid-parameter",
		`{"token":"a"`:                         "invalid-request",
		"token=" + strings.Repeat("a", 70<<10): "body-too-large",
	} {
		f.ForgetCalls()
		w := f.Post(path, body, f.Bearer(kindetest.For(kindetest.AdminUser))...)
		status := 400
		if code == "body-too-large" {
			status = 413
		}
		check(t, body[:min(len(body), 40)], w, status, code)
		if len(f.Calls("/oauth2/introspect")) != 0 {
			t.Errorf("got %.40s: reached Kinde", body)
		}
	}
	r := httptest.NewRequest("POST", path, strings.NewReader("token=a"))
	r.Header.Set("Content-Type", "text/plain")
	check(t, "text", f.Send(r, f.Bearer()...), 415, "unsupported-media-type")
	check(t, "no credential", f.Post(path, "token=a"), 401, "no-token")
	check(t, "a token in the body is no credential", f.Post(path, "token="+f.Mint()), 401, "no-token")
	if w := f.Get(path, f.Bearer()...); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: got %d, want 405", w.Code)
	}
}

func TestUpstreamFaults(t *testing.T) {
	f := start(t)
	for code, row := range map[string]struct {
		status int
		fault  kindetest.Fault
	}{
		"upstream-timeout":       {504, kindetest.Fault{Hang: true}},
		"upstream-failed":        {502, kindetest.Fault{Status: 500}},
		"upstream-throttled":     {429, kindetest.Fault{Status: 429}},
		"upstream-misconfigured": {502, kindetest.Fault{Status: 401, Body: `{"error":"request_unauthorized"}`}},
	} {
		f.ClearFaults()
		f.Fault("/oauth2/introspect", row.fault)
		check(t, code, f.Post(path, "", f.Bearer()...), row.status, code)
	}
	if log := f.Log(); strings.Contains(log, kindetest.M2MClientSecret) {
		t.Error("the secret is in the log")
	}
}

func TestIncompleteCredentialsAreMisconfigured(t *testing.T) {
	for _, name := range []string{"KINDE_M2M_CLIENT_ID", "KINDE_M2M_CLIENT_SECRET"} {
		f := start(t, name, "")
		check(t, name, f.Post(path, "", f.Bearer()...), 500, "misconfigured")
		if !strings.Contains(f.Log(), name+" is not set") {
			t.Errorf("the log does not name %s: got %s", name, f.Log())
		}
	}
}

// OAuth client libraries send client_id, and read error in a response.
func TestOAuthClients(t *testing.T) {
	f := start(t, "KINDE_DEVICE_CLIENT_ID", kindetest.DeviceClientID)
	for _, id := range []string{kindetest.ClientID, kindetest.DeviceClientID, ""} {
		check(t, "client "+id, f.Post(path, "client_id="+id, f.Bearer()...), 200, "")
	}
	for body, want := range map[string][2]string{
		"client_id=other":          {"invalid-parameter", "invalid_client"},
		"client_id=a&client_id=b":  {"invalid-parameter", "invalid_request"},
		"token=":                   {"invalid-parameter", "invalid_request"},
		`{"token":`:                {"invalid-request", "invalid_request"},
		"token=" + f.MintRefresh(): {"not-your-token", "access_denied"},
	} {
		w := f.Post(path, body, f.Bearer()...)
		got := check(t, body, w, w.Code, want[0])
		if got["error"] != want[1] || got["error_description"] == "" || w.Code < 400 {
			t.Errorf("%.20s: got %v, want %v", body, got, want)
		}
	}
	if got := check(t, "no token", f.Post(path, "token=a"), 401, "no-token"); got["error"] != "invalid_token" {
		t.Errorf("no token: got %v", got)
	}
}

func TestDeviceTokensAreRefused(t *testing.T) {
	f := start(t, "KINDE_DEVICE_CLIENT_ID", kindetest.DeviceClientID)
	check(t, "device token", f.Post(path, "", f.Bearer(kindetest.FromDevice())...), 401, "invalid-token")
	// A user may introspect the token of a device of theirs.
	check(t, "about a device", f.Post(path, "token="+f.Mint(kindetest.FromDevice()), f.Bearer()...), 200, "")
}
