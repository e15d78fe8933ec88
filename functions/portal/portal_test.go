package main

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

const (
	site    = functiontest.Site
	asJSON  = "application/json"
	asPage  = "text/html"
	badLink = `{"url":"https://evil.example/portal"}`
)

type fixture struct{ *functiontest.Fixture }

func start(t *testing.T) fixture {
	t.Helper()
	return fixture{functiontest.Start(t, function, kindetest.Options{}, "KINDE_SITE_URL", "", "URL", site,
		"ALLOWED_ORIGINS", "https://ally.example", "AFTER_PORTAL_PATH", "/account/?from=portal")}
}

// serve sends a request as a browser or a program does. An empty token sends none.
func (f fixture) serve(target, accept, token string) *httptest.ResponseRecorder {
	header := []string{"Accept", accept}
	if token != "" {
		header = append(header, "Authorization", "Bearer "+token)
	}
	return f.Get(target, header...)
}

func TestPortalRedirectsToLink(t *testing.T) {
	f := start(t)
	w := f.serve("/portal?utm_source=mail", asPage, f.Mint())
	link := w.Header().Get("Location")
	if w.Code != 302 || !strings.HasPrefix(link, f.URL+"/") || w.Body.Len() != 0 {
		t.Fatalf("got %d %s %s, want 302", w.Code, link, w.Body)
	}
	calls := f.Calls("/account_api/")
	if len(calls) != 1 || calls[0].Method != "GET" ||
		calls[0].Query.Encode() != (url.Values{"return_url": {site + "/account/?from=portal"}}).Encode() {
		t.Errorf("got calls %+v, want one with return_url alone", calls)
	}
}

func TestPortalForwardsParameters(t *testing.T) {
	f := start(t)
	for query, want := range map[string]url.Values{
		"?subnav=plan_selection": {"subnav": {"plan_selection"},
			"return_url": {site + "/account/?from=portal"}},
		"?return_url=/pricing%3Fa=b%26c":                {"return_url": {site + "/pricing?a=b&c"}},
		"?return_url=https://ally.example/x&user_id=me": {"return_url": {"https://ally.example/x"}},
	} {
		f.ForgetCalls()
		w := f.serve("/portal"+query, asJSON, f.Mint())
		var body struct{ URL string }
		if err := json.Unmarshal(w.Body.Bytes(), &body); w.Code != 200 || err != nil ||
			!strings.HasPrefix(body.URL, f.URL+"/") {
			t.Fatalf("%s: got %d %s, want 200", query, w.Code, w.Body)
		}
		if calls := f.Calls("/account_api/"); len(calls) != 1 || calls[0].Query.Encode() != want.Encode() {
			t.Errorf("%s: got calls %+v, want one with %v", query, calls, want)
		}
	}
}

func TestPortalRefusesBadParameters(t *testing.T) {
	f := start(t)
	f.serve("/portal", asJSON, f.Mint()) // fetches the keys
	f.ForgetCalls()
	for query, code := range map[string]string{
		"?subnav=": "invalid-parameter", "?subnav=Profile": "invalid-parameter", "?subnav=../x": "invalid-parameter",
		"?subnav=_x":                         "invalid-parameter",
		"?subnav=" + strings.Repeat("a", 65): "invalid-parameter", "?subnav=profile&subnav=profile": "invalid-parameter",
		"?subnav=profile%0A": "invalid-parameter",
		"?return_url=":       "invalid-return-url", "?return_url=//evil.example": "invalid-return-url",
		"?return_url=https://evil.example/": "invalid-return-url",
		"?return_url=/auth/login":           "invalid-return-url", "?return_url=/x/../%5Cevil.test": "invalid-return-url",
		"?return_url=/a&return_url=/b": "invalid-parameter",
	} {
		page := f.serve("/portal"+query, asPage, f.Mint())
		if page.Code != 302 || page.Header().Get("Location") != site+"/access/?error="+code {
			t.Errorf("%s: got %d %s, want 302", query, page.Code, page.Header().Get("Location"))
		}
		if api := f.serve("/portal"+query, asJSON, f.Mint()); api.Code != 400 ||
			!strings.Contains(api.Body.String(), `"code":"`+code+`"`) {
			t.Errorf("%s: got %d %s, want 400", query, api.Code, api.Body)
		}
	}
	if calls := f.Calls("/"); len(calls) != 0 {
		t.Errorf("got %d calls", len(calls))
	}
}

func TestFailures(t *testing.T) {
	f := start(t)
	for name, row := range map[string]struct {
		fault  kindetest.Fault
		page   string
		api    string
		status int
	}{
		"401": {kindetest.Fault{Status: 401}, "no-token", "invalid-token", 401},
		"403, wrong path": {kindetest.Fault{Status: 403,
			Body: kindetest.ErrorBody(kindetest.ShapeA, "MISSING_AUDIENCE", "m")}, "no-token", "invalid-token", 401},
		"400": {kindetest.Fault{Status: 400}, "portal-failed", "portal-failed", 502},
		"404": {kindetest.Fault{Status: 404}, "portal-failed", "portal-failed", 502},
		"429": {kindetest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"60"}}},
			"portal-error", "portal-error", 504},
		"500":          {kindetest.Fault{Status: 500}, "portal-error", "portal-error", 504},
		"hangs":        {kindetest.Fault{Hang: true}, "portal-error", "portal-error", 504},
		"resets":       {kindetest.Fault{Reset: true}, "portal-error", "portal-error", 504},
		"truncated":    {kindetest.Fault{Truncated: true}, "portal-error", "portal-error", 504},
		"redirects":    {kindetest.Fault{Status: 302}, "portal-error", "portal-error", 504},
		"not JSON":     {kindetest.Fault{Malformed: true}, "invalid-response", "invalid-response", 502},
		"no url":       {kindetest.Fault{Body: `{}`}, "invalid-response", "invalid-response", 502},
		"another host": {kindetest.Fault{Body: badLink}, "invalid-response", "invalid-response", 502},
		"empty":        {kindetest.Fault{Status: 204}, "invalid-response", "invalid-response", 502},
		"url is a script": {kindetest.Fault{Body: `{"url":"javascript:alert(1)"}`}, "invalid-response", "invalid-response",
			502},
		"larger than 4 MiB": {kindetest.Fault{Huge: 5 << 20}, "portal-error", "portal-error", 504},
	} {
		t.Run(name, func(t *testing.T) {
			f.ClearFaults()
			f.Fault("/account_api/", row.fault)
			if w := f.serve("/portal", asPage, f.Mint()); w.Code != 302 ||
				w.Header().Get("Location") != site+"/access/?error="+row.page {
				t.Errorf("page: got %d %s, want 302", w.Code, w.Header().Get("Location"))
			}
			if w := f.serve("/portal", asJSON, f.Mint()); w.Code != row.status ||
				!strings.Contains(w.Body.String(), `"code":"`+row.api+`"`) {
				t.Errorf("JSON: got %d %s, want %d", w.Code, w.Body, row.status)
			}
		})
	}
}

func TestPortalRefusesBadCredentials(t *testing.T) {
	f := start(t)
	for name, token := range map[string]string{
		"none": "", "expired": f.Mint(kindetest.ExpiresIn(-time.Hour)),
		"forged": f.Mint(kindetest.SignedBy(kindetest.ForeignKey)),
	} {
		if w := f.serve("/portal", asPage, token); w.Header().Get("Location") != site+"/access/?error=no-token" {
			t.Errorf("%s: got %d %s", name, w.Code, w.Header().Get("Location"))
		}
		if w := f.serve("/portal", asJSON, token); w.Code != 401 {
			t.Errorf("%s: got %d %s, want 401", name, w.Code, w.Body)
		}
	}
	sessions := functiontest.Start(t, function, kindetest.Options{}, functiontest.Sessions...)
	over := sessions.Session(session.Tokens{Access: sessions.Mint(kindetest.ExpiresIn(-time.Hour))})
	if w := sessions.Get("/portal", "Cookie", over); w.Header().Get("Location") != site+"/access/?error=no-token" {
		t.Errorf("session over: got %d %s", w.Code, w.Header().Get("Location"))
	}
	other := start(t)
	other.Fault("/.well-known/", kindetest.Fault{Status: 500})
	if w := other.serve("/portal", asPage,
		other.Mint()); w.Header().Get("Location") != site+"/access/?error=portal-error" {
		t.Errorf("keys unavailable: got %s", w.Header().Get("Location"))
	}
	if w := other.serve("/portal", asJSON, other.Mint()); w.Code != 503 ||
		!strings.Contains(w.Body.String(), "keys-unavailable") {
		t.Errorf("keys unavailable: got %d %s, want 503", w.Code, w.Body)
	}
}

func TestUnsafeAfterPortalPathIsMisconfigured(t *testing.T) {
	f := functiontest.Start(t, function, kindetest.Options{}, "AFTER_PORTAL_PATH", "/auth/logout")
	if w := f.SignedIn("/portal"); w.Code != 500 || !strings.Contains(w.Body.String(), "misconfigured") ||
		!strings.Contains(f.Log(), "AFTER_PORTAL_PATH") {
		t.Errorf("got %d %s %s, want 500", w.Code, w.Body, f.Log())
	}
}
