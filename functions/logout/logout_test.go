package main

import (
	"net/http"
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
	site = functiontest.Site
	form = "application/x-www-form-urlencoded"
)

func start(t *testing.T, settings ...string) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{}, append(settings, functiontest.Sessions...)...)
}

func postLogout(f *functiontest.Fixture, contentType, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", site+"/auth/logout", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return f.Send(r, header...)
}

func TestFormSignsOut(t *testing.T) {
	f := start(t)
	refresh := f.MintRefresh()
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: refresh})
	w := postLogout(f, form, "return_url=/bye", "Origin", site, "Sec-Fetch-Site", "same-origin", "Cookie",
		cookie+"; __Host-connection-drive=x")
	want := f.URL + "/logout?redirect=" + url.QueryEscape(site+"/bye")
	if w.Code != 303 || w.Header().Get("Location") != want {
		t.Fatalf("got %d %s %s, want 303", w.Code, w.Header().Get("Location"), w.Body)
	}
	expired := strings.Join(w.Header().Values("Set-Cookie"), "\n")
	for _, name := range []string{"__Host-session=", "__Host-session-1=", "__Host-session-2=",
		"__Host-connection-drive="} {
		if !strings.Contains(expired, name) {
			t.Errorf("got Set-Cookie %s, want %s expired", expired, name)
		}
	}
	checkSignedOut(t, f, w)
	calls := f.Calls("/oauth2/revoke")
	if len(calls) != 1 || calls[0].Form.Get("token") != refresh ||
		calls[0].Form.Get("token_type_hint") != "refresh_token" || calls[0].Header.Get("Authorization") != "" {
		t.Errorf("got %+v, want one revocation of the refresh token", calls)
	}
	if strings.Contains(f.Log(), refresh) || !strings.Contains(f.Log(), kindetest.DemoUser) {
		t.Errorf("got log %s, want the user's id without the token", f.Log())
	}
}

// checkSignedOut checks that the only cookie left is __Host-current of no session.
func checkSignedOut(t *testing.T, f *functiontest.Fixture, w *httptest.ResponseRecorder) {
	t.Helper()
	kept := functiontest.Kept(w.Header())
	r := httptest.NewRequest("GET", site, nil)
	r.Header.Set("Cookie", kept)
	if !strings.HasPrefix(kept, "__Host-current=") || strings.Contains(kept, ";") || f.Cookies().Counts(r, "any") {
		t.Errorf("keeps %q, want __Host-current of no session", kept)
	}
}

// A link to /auth/logout signs no user out; it leads to a page with the button that does.
func TestLogoutGetShowsForm(t *testing.T) {
	f := start(t)
	w := f.Get(site+"/auth/logout", "Accept", "text/html", "Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate")
	if w.Code != 405 || w.Header().Get("Allow") != "POST" ||
		!strings.Contains(w.Body.String(), `<form method="post" action="/auth/logout">`) {
		t.Fatalf("got %d %s, want 405 with the form", w.Code, w.Body)
	}
	if pressed := postLogout(f, form, "", "Origin", "null", "Sec-Fetch-Site", "same-origin"); pressed.Code != 303 {
		t.Errorf("pressed: got %d %s, want 303", pressed.Code, pressed.Body)
	}
	if w := f.Get(site + "/auth/logout"); w.Code != 405 || !strings.Contains(w.Body.String(), `"method-not-allowed"`) {
		t.Errorf("a program: got %d %s, want the problem", w.Code, w.Body)
	}
}

func TestLogoutExpiresSignInAttempts(t *testing.T) {
	f := start(t)
	h := http.Header{}
	if err := f.Cookies().Begin(h, httptest.NewRequest("GET", site, nil),
		session.Attempt{State: "s", Nonce: "n", Verifier: "v", ReturnURL: site}); err != nil {
		t.Fatal(err)
	}
	begun := functiontest.Kept(h)
	name, _, _ := strings.Cut(begun, "=")
	w := postLogout(f, form, "", "Origin", site, "Cookie", begun)
	if expired := strings.Join(w.Header().Values("Set-Cookie"), "\n"); w.Code != 303 ||
		!strings.Contains(expired, name+"=;") {
		t.Errorf("got %d %s, want 303", w.Code, expired)
	}
}

func TestJSONLogoutReturnsURL(t *testing.T) {
	f := start(t, "AFTER_LOGOUT_PATH", "/goodbye")
	w := postLogout(f, "application/json", `{}`, "X-CSRF", "1", "Accept", "application/json", "Cookie",
		f.Session(session.Tokens{Access: f.Mint()}))
	if w.Code != 200 ||
		!strings.Contains(w.Body.String(), `"url":"`+f.URL+"/logout?redirect="+url.QueryEscape(site+"/goodbye")) {
		t.Errorf("got %d %s, want 200", w.Code, w.Body)
	}
	if w := postLogout(f, "application/json", `{"return_url":"/x"}`, "X-CSRF", "1", "Accept",
		"application/json"); w.Code != 200 || !strings.Contains(w.Body.String(), url.QueryEscape(site+"/x")) {
		t.Errorf("signed out already: got %d %s, want 200", w.Code, w.Body)
	}
}

func TestCrossSiteLogoutIsRefused(t *testing.T) {
	f := start(t)
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: "r"})
	for name, header := range map[string][]string{
		"nothing to show":      nil,
		"another Origin":       {"Origin", "https://evil.example"},
		"Origin null":          {"Origin", "null"},
		"cross-site":           {"X-CSRF", "1", "Sec-Fetch-Site", "cross-site"},
		"a sibling":            {"X-CSRF", "1", "Origin", "https://other.site.example", "Sec-Fetch-Site", "same-site"},
		"header, other Origin": {"X-CSRF", "1", "Origin", "https://evil.example"},
	} {
		for _, with := range [][]string{nil, {"Cookie", cookie}} { // the Strict cookie is not even sent
			w := postLogout(f, form, "", append(header, with...)...)
			if w.Code != 403 || len(w.Header().Values("Set-Cookie")) != 0 {
				t.Errorf("%s: got %d %v, want 403", name, w.Code, w.Header())
			}
		}
	}
	if n := len(f.Calls("/oauth2/revoke")); n != 0 {
		t.Errorf("got %d tokens revoked", n)
	}
}

func TestRefusedReturnURLKeepsSession(t *testing.T) {
	f := start(t)
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: "r"})
	for body, code := range map[string]string{"return_url=https://evil.example/": "invalid-return-url",
		"return_url=": "invalid-return-url", "return_url=/a&return_url=/b": "invalid-parameter"} {
		w := postLogout(f, form, body, "Origin", site, "Cookie", cookie)
		if w.Code != 400 || !strings.Contains(w.Body.String(), code) || len(w.Header().Values("Set-Cookie")) != 0 ||
			len(f.Calls("/oauth2/revoke")) != 0 {
			t.Errorf("%s: got %d %s, want 400", body, w.Code, w.Body)
		}
	}
	if w := postLogout(f, "text/plain", "x", "Origin", site, "Cookie", cookie); w.Code != 415 {
		t.Errorf("got %d, want 415", w.Code)
	}
	for _, body := range []string{`[1]`, `{`, `{"return_url":7}`, `{"return_url":"/a","return_url":"/b"}`,
		`{"return_url":"/a"}x`} {
		if w := postLogout(f, "application/json", body, "Origin", site, "Cookie", cookie); w.Code != 400 ||
			len(w.Header().Values("Set-Cookie")) != 0 {
			t.Errorf("%s: got %d, want 400", body, w.Code)
		}
	}
}

func TestLogoutSucceedsDespiteFailures(t *testing.T) {
	f := start(t)
	for _, fault := range []kindetest.Fault{{Status: 503}, {Hang: true}, {Reset: true}} {
		f.ClearFaults()
		f.Fault("/oauth2/revoke", fault)
		w := postLogout(f, form, "", "Origin", site, "Cookie", f.Session(session.Tokens{Access: f.Mint(), Refresh: "r"}))
		if w.Code != 303 {
			t.Errorf("%+v: got %d %s, want 303", fault, w.Code, w.Body)
		}
		checkSignedOut(t, f, w)
	}
	for name, cookie := range map[string]string{
		"damaged": "__Host-session=AAAA",
		"expired": f.Session(session.Tokens{Access: f.Mint(kindetest.ExpiresIn(-time.Hour)), Refresh: "r"}), "none": "",
	} {
		if w := postLogout(f, form, "", "Origin", site, "Cookie", cookie); w.Code != 303 ||
			len(w.Header().Values("Set-Cookie")) < 3 {
			t.Errorf("%s: got %d, want 303", name, w.Code)
		}
	}
	r := httptest.NewRequest("GET", site+"/auth/logout", nil)
	if w := f.Send(r, "Sec-Purpose", "prefetch"); w.Code != 405 || len(w.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("a GET: got %d, want 405", w.Code)
	}
}

func TestLogoutOfAllKindeSessions(t *testing.T) {
	f := start(t)
	for body, want := range map[string]string{
		"all_sessions=true": "all_sessions=true&redirect=", "all_sessions=false": "redirect=", "all_sessions=": "redirect=",
		"": "redirect=",
	} {
		w := postLogout(f, form, body, "Origin", site, "Cookie", f.Session(session.Tokens{Access: f.Mint()}))
		if got := w.Header().Get("Location"); w.Code != 303 || !strings.HasPrefix(got, f.URL+"/logout?"+want) {
			t.Errorf("%q: got %d %s, want %s", body, w.Code, got, want)
		}
	}
	w := postLogout(f, form, "all_sessions=1", "Origin", site)
	if w.Code != 400 || len(w.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("all_sessions=1: got %d, want 400 and no user signed out", w.Code)
	}
}

func TestLogoutOnPreviewStaysThere(t *testing.T) {
	const preview = "https://preview-7--site.example"
	f := start(t, "PREVIEW_ORIGINS", "https://preview-*--site.example")
	for _, row := range []struct{ origin, back, want string }{
		{preview, "/bye", f.URL + "/logout?redirect=" + url.QueryEscape(preview+"/bye")},
		{preview, preview + "/bye", f.URL + "/logout?redirect=" + url.QueryEscape(preview+"/bye")},
		{preview, site + "/bye", ""},
		{site, "/bye", ""},
	} {
		body := "return_url=" + url.QueryEscape(row.back)
		w := f.Post(preview+"/auth/logout", body, "Origin", row.origin, "Accept", "text/html")
		if got := w.Header().Get("Location"); got != row.want {
			t.Errorf("from %s to %s: got %d %s, want %q", row.origin, row.back, w.Code, got, row.want)
		}
	}
}
