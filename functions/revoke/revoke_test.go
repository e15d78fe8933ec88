package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

const path = "/api/revoke"

func start(t *testing.T, settings ...string) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{},
		append([]string{"KINDE_CLIENT_SECRET", kindetest.ClientSecret}, settings...)...)
}

func TestRevokeForwardsToken(t *testing.T) {
	f := start(t)
	refresh := f.MintRefresh()
	for what, row := range map[string]struct{ body, token, hint string }{
		"form":              {"token=" + refresh + "&token_type_hint=refresh_token", refresh, "refresh_token"},
		"JSON":              {`{"token":"` + refresh + `"}`, refresh, ""},
		"unknown hint":      {"token=abc&token_type_hint=saml2", "abc", ""},
		"one character":     {"token=x", "x", ""},
		"unknown":           {"token=no.such.token", "no.such.token", ""},
		"reserved letters":  {"token=" + url.QueryEscape("a+b/c=&d"), "a+b/c=&d", ""},
		"longest there are": {"token=" + strings.Repeat("a", 16<<10), strings.Repeat("a", 16<<10), ""},
	} {
		f.ForgetCalls()
		w := f.Post(path, row.body, f.Bearer()...)
		if w.Code != 200 || w.Body.Len() != 0 {
			t.Errorf("%s: got %d %s, want 200", what, w.Code, w.Body)
			continue
		}
		want := url.Values{"token": {row.token}, "client_id": {kindetest.ClientID}, "client_secret": {kindetest.ClientSecret}}
		if row.hint != "" {
			want.Set("token_type_hint", row.hint)
		}
		if calls := f.Calls("/oauth2/revoke"); len(calls) != 1 || calls[0].Form.Encode() != want.Encode() ||
			calls[0].Header.Get("Authorization") != "" {
			t.Errorf("%s: got %d calls, want one with %d fields", what, len(calls), len(want))
		}
	}
	if log := f.Log(); strings.Contains(log, refresh) || strings.Contains(log, kindetest.ClientSecret) {
		t.Error("a secret is in the log")
	}
}

// The caller's own token is revoked when none is named.
func TestRevokesOwnTokenByDefault(t *testing.T) {
	f := start(t)
	bearer := f.Bearer()
	if w := f.Post(path, "", bearer...); w.Code != 200 {
		t.Fatalf("got %d %s, want 200", w.Code, w.Body)
	}
	call := f.Calls("/oauth2/revoke")[0]
	if "Bearer "+call.Form.Get("token") != bearer[1] || call.Form.Get("token_type_hint") != "access_token" {
		t.Error("another token was revoked")
	}
}

func TestSessionRevokesOwnToken(t *testing.T) {
	f := start(t, functiontest.Sessions...)
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: f.MintRefresh()})
	if w := f.Post(path, "", "Cookie", cookie, "X-CSRF", "1"); w.Code != 200 {
		t.Errorf("got %d %s, want 200", w.Code, w.Body)
	}
	if w := f.Post(path, "", "Cookie", cookie); w.Code != 403 || len(f.Calls("/oauth2/revoke")) != 1 {
		t.Errorf("without the header: got %d, want 403", w.Code)
	}
}

// A token that still works is never called revoked.
func TestUpstreamFaults(t *testing.T) {
	f := start(t)
	for code, row := range map[string]struct {
		fault      kindetest.Fault
		status     int
		retryAfter string
	}{
		"not-revoked": {kindetest.Fault{Status: 503, Header: map[string][]string{"Retry-After": {"120"}}}, 503,
			"120"},
		"upstream-failed":        {kindetest.Fault{Status: 500}, 502, ""},
		"upstream-timeout":       {kindetest.Fault{Hang: true}, 504, ""},
		"upstream-throttled":     {kindetest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"7"}}}, 429, "7"},
		"upstream-misconfigured": {kindetest.Fault{Status: 401, Body: `{"error":"invalid_client"}`}, 502, ""},
	} {
		f.ClearFaults()
		f.ForgetCalls()
		f.Fault("/oauth2/revoke", row.fault)
		w := f.Post(path, "", f.Bearer()...)
		if w.Code != row.status || !strings.Contains(w.Body.String(), `"code":"`+code+`"`) ||
			w.Header().Get("Retry-After") != row.retryAfter {
			t.Errorf("%s: got %d %v %s, want %d", code, w.Code, w.Header(), w.Body, row.status)
		}
		if n := len(f.Calls("/oauth2/revoke")); n != 1 {
			t.Errorf("%s: got %d calls, want 1", code, n)
		}
	}
	f.ClearFaults()
	f.Fault("/oauth2/revoke", kindetest.Fault{Status: 503})
	if w := f.Post(path, "", f.Bearer()...); w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("503 without a time: got %d %v, want 503", w.Code, w.Header())
	}
	if !strings.Contains(f.Log(), "KINDE_CLIENT_SECRET") {
		t.Error("the log holds no remedy for invalid_client")
	}
}

// RFC 7009 section 2.2: the client wanted it invalid, and it is.
func TestUnknownTokensCountAsRevoked(t *testing.T) {
	f := start(t)
	for body, status := range map[string]int{
		kindetest.ErrorBody(kindetest.ShapeA, "TOKEN_NOT_FOUND", "m"): 200,
		kindetest.ErrorBody(kindetest.ShapeC, "invalid_token", "m"):   200,
		kindetest.ErrorBody(kindetest.ShapeC, "invalid_request", "m"): 502,
		kindetest.ErrorBody(kindetest.ShapeC, "invalid_client", "m"):  502, "?": 502,
	} {
		f.ClearFaults()
		f.Fault("/oauth2/revoke", kindetest.Fault{Status: 400, Body: body})
		if w := f.Post(path, "token=x", f.Bearer()...); w.Code != status {
			t.Errorf("%s: got %d %s, want %d", body, w.Code, w.Body, status)
		}
	}
}

func TestBadInput(t *testing.T) {
	f := start(t)
	for _, body := range []string{"token=", "token=a&token=b", "token=" + strings.Repeat("a", 17_000),
		"token=a&client_id=b", "token=a%0ab"} {
		if w := f.Post(path, body, f.Bearer()...); w.Code != 400 || !strings.Contains(w.Body.String(), "invalid-parameter") {
			t.Errorf("%.30s: got %d %s, want 400", body, w.Code, w.Body)
		}
	}
	if w := f.Post(path, "token=a"); w.Code != 401 {
		t.Errorf("no credential: got %d, want 401", w.Code)
	}
	if n := len(f.Calls("/oauth2/revoke")); n != 0 {
		t.Errorf("got %d calls to Kinde, want none", n)
	}
	if got := f.Decisions(); !slices.Equal(got[len(got)-1:], []string{"denied no-token"}) {
		t.Errorf("got %v", got)
	}
}

// A device's tokens are revoked with the device application's credentials, and a device
// revokes nothing with the site's.
func TestDeviceTokensAreRevokedAsTheDeviceApplication(t *testing.T) {
	f := start(t, "KINDE_DEVICE_CLIENT_ID", kindetest.DeviceClientID)
	fromDevice := f.Bearer(kindetest.FromDevice())
	deviceToken := f.Mint(kindetest.FromDevice())
	refresh := f.MintRefresh(kindetest.ForClient(kindetest.DeviceClientID))
	for what, row := range map[string]struct {
		body   string
		bearer []string
		client string
	}{
		"its own":                         {"", fromDevice, kindetest.DeviceClientID},
		"its refresh token":               {"token=" + refresh, fromDevice, kindetest.DeviceClientID},
		"with its client ID":              {"client_id=" + kindetest.DeviceClientID, fromDevice, kindetest.DeviceClientID},
		"a site's token, from a device":   {"token=" + f.Mint(), fromDevice, kindetest.DeviceClientID},
		"a device's token, from the site": {"token=" + deviceToken, f.Bearer(), kindetest.DeviceClientID},
		"a site's token, from the site":   {"token=" + f.Mint(), f.Bearer(), kindetest.ClientID},
		"a forged token of a device": {"token=" + f.Mint(kindetest.FromDevice(),
			kindetest.SignedBy(kindetest.ForeignKey)), f.Bearer(), kindetest.ClientID},
	} {
		f.ForgetCalls()
		if w := f.Post(path, row.body, row.bearer...); w.Code != 200 {
			t.Errorf("%s: got %d %s, want 200", what, w.Code, w.Body)
			continue
		}
		form := f.Calls("/oauth2/revoke")[0].Form
		secret := ""
		if row.client == kindetest.ClientID {
			secret = kindetest.ClientSecret
		}
		if form.Get("client_id") != row.client || form.Get("client_secret") != secret ||
			form.Has("client_secret") != (secret != "") {
			t.Errorf("got %s: sent as %q", what, form.Get("client_id"))
		}
	}
	if w := f.Post(path, "token=x", f.Bearer(kindetest.ForClient("other"))...); w.Code != 401 {
		t.Errorf("another application's token: got %d, want 401", w.Code)
	}
}

// Authlib reads a response without `error` as a success.
func TestErrorsFollowOAuth(t *testing.T) {
	f := start(t)
	f.Fault("/oauth2/revoke", kindetest.Fault{Status: 503})
	for body, want := range map[string]string{
		"client_id=other": "invalid_client", "token=": "invalid_request", "token=x": "temporarily_unavailable",
	} {
		w := f.Post(path, body, f.Bearer()...)
		if w.Code < 400 || !strings.Contains(w.Body.String(), `"error":"`+want+`","error_description":"`) {
			t.Errorf("%s: got %d %s", body, w.Code, w.Body)
		}
	}
	if w := f.Post(path, "client_id="+kindetest.ClientID, f.Bearer()...); w.Code == 400 {
		t.Errorf("our own client_id: got %s", w.Body)
	}
}
