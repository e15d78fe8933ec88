package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

const site = functiontest.Site

func start(t *testing.T, settings ...string) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{}, append(settings, functiontest.Sessions...)...)
}

// sent returns the URL at Kinde that a response redirects to.
func sent(t *testing.T, f *functiontest.Fixture, w *httptest.ResponseRecorder) url.Values {
	t.Helper()
	location, err := url.Parse(w.Header().Get("Location"))
	if w.Code != 302 || err != nil || !strings.HasPrefix(location.String(), f.URL+"/oauth2/auth?") {
		t.Fatalf("got %d %s %s, want 302", w.Code, w.Header().Get("Location"), w.Body)
	}
	return location.Query()
}

func TestLoginKeepsSecretsInCookie(t *testing.T) {
	f := start(t, "KINDE_AUDIENCE", "https://api.example.com")
	seen := map[string]bool{}
	for range 3 {
		w := f.Get(site + "/auth/login?return_url=/pricing&utm_source=mail")
		query := sent(t, f, w)
		for name, want := range map[string]string{
			"response_type": "code", "client_id": kindetest.ClientID, "redirect_uri": site + "/auth/callback",
			"scope": "openid profile email offline", "code_challenge_method": "S256", "audience": "https://api.example.com",
			"supports_reauth": "true",
		} {
			if query.Get(name) != want {
				t.Errorf("%s = %q, want %q", name, query.Get(name), want)
			}
		}
		if query.Has("utm_source") || query.Has("return_url") {
			t.Errorf("got query %v, want only the parameters that are known", query)
		}
		r := httptest.NewRequest("GET", site+"/auth/callback", nil)
		r.Header.Set("Cookie", functiontest.Kept(w.Header()))
		attempt, err := f.Cookies().Attempt(r, query.Get("state"))
		if err != nil || attempt.Nonce != query.Get("nonce") || attempt.ReturnURL != site+"/pricing" {
			t.Fatalf("got %+v %v", attempt, err)
		}
		sum := sha256.Sum256([]byte(attempt.Verifier))
		if query.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || len(attempt.Verifier) < 43 {
			t.Error("the challenge is not the verifier's")
		}
		for _, secret := range []string{attempt.State, attempt.Nonce, attempt.Verifier} {
			if len(secret) < 22 || seen[secret] {
				t.Errorf("got a secret of %d characters, want a new one of at least 22", len(secret))
			}
			seen[secret] = true
		}
		cookie := w.Header().Get("Set-Cookie")
		for _, attribute := range []string{"__Host-", "HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=600"} {
			if !strings.Contains(cookie, attribute) {
				t.Errorf("got %s, want the attribute %s", cookie, attribute)
			}
		}
		if strings.Contains(cookie, attempt.Verifier) || strings.Contains(f.Log(), attempt.State) {
			t.Error("a secret is readable")
		}
	}
}

func TestLoginForwardsKnownParameters(t *testing.T) {
	f := start(t)
	for query, want := range map[string]url.Values{
		"org_code=org_1&lang=pt-BR&login_hint=a%2Bb@example.com": {"org_code": {"org_1"}, "lang": {"pt-BR"},
			"login_hint": {"a+b@example.com"}},
		"is_create_org=true&org_name=Caf%C3%A9+%26+Co": {"is_create_org": {"true"}, "org_name": {"Café & Co"}},
		"prompt=select_account":                        {"prompt": {"select_account"}},
		"prompt=consent":                               {"prompt": {"consent"}},
		"prompt=create":                                {"prompt": {"create"}},
		"prompt=none":                                  {"prompt": {"none"}},
		"prompt=&org_code=&login_hint=&lang=&connection_id=&is_create_org=&org_name=&invitation_code=" +
			"&plan_interest=&pricing_table_key=": {},
		"supports_reauth=false": {"supports_reauth": {"true"}},
		"invitation_code=inv_1": {"invitation_code": {"inv_1"}, "is_invitation": {"true"}},
		"plan_interest=pro&pricing_table_key=main&connection_id=conn_1&prompt=login": {"plan_interest": {"pro"},
			"pricing_table_key": {"main"}, "connection_id": {"conn_1"}, "prompt": {"login"}},
		"redirect_uri=https://evil.example/&scope=all&client_id=x&state=x&nonce=x&reauth_state=x": {"redirect_uri": {site +
			"/auth/callback"}, "client_id": {kindetest.ClientID}},
	} {
		got := sent(t, f, f.Get(site+"/auth/login?"+query))
		for name := range want {
			if got.Get(name) != want.Get(name) || len(got[name]) != 1 {
				t.Errorf("%s: got %s = %q", query, name, got[name])
			}
		}
		for name, values := range got {
			if slices.Contains(values, "") {
				t.Errorf("%s: got empty %s", query, name)
			}
		}
		if got.Has("reauth_state") {
			t.Errorf("%s: got reauth_state in the redirect, want none", query)
		}
	}
	if got := sent(t, f, f.Get(site+"/auth/register?prompt=none")); got.Get("prompt") != "create" {
		t.Errorf("register: prompt=%s", got.Get("prompt"))
	}
	for _, query := range []string{"prompt=Login", "prompt=login+consent", "lang=x", "lang=en%0A", "org_code=a/b",
		"org_code=&org_code=", "is_create_org=1", "org_name=a%0Ab", "login_hint=" + strings.Repeat("a", 321),
		"org_code=a&org_code=b", "login_hint=%zz", "plan_interest=%3Cscript%3E"} {
		w := f.Get(site + "/auth/login?" + query)
		if w.Code != 302 || w.Header().Get("Location") != site+"/access/?error=invalid-parameter" ||
			w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: got %d %s, want 302", query, w.Code, w.Header())
		}
	}
}

func TestSilentAttemptKeepsFormParameters(t *testing.T) {
	f := start(t)
	for query, want := range map[string]string{
		"org_code=org_1&prompt=none&lang=en":  "lang=en&org_code=org_1",
		"prompt=none":                         "",
		"org_code=org_1&prompt=login&lang=en": "",
		"prompt=none&org_code=org_1&login_hint=" + strings.Repeat("a", 300) +
			"&plan_interest=pro": "org_code=org_1&plan_interest=pro",
	} {
		w := f.Get(site + "/auth/login?" + query)
		r := httptest.NewRequest("GET", site+"/auth/callback", nil)
		r.Header.Set("Cookie", functiontest.Kept(w.Header()))
		attempt, err := f.Cookies().Attempt(r, sent(t, f, w).Get("state"))
		if err != nil || attempt.Silent != strings.Contains(query, "prompt=none") || attempt.Params != want {
			t.Errorf("%s: got %v %q %v, want %q", query, attempt.Silent, attempt.Params, err, want)
		}
	}
}

func TestRequestsThatStartNoSignIn(t *testing.T) {
	f := start(t)
	for _, purpose := range []string{"prefetch", "prefetch;prerender", "Prefetch"} {
		if w := f.Get(site+"/auth/login", "Sec-Purpose", purpose); w.Code != 503 ||
			len(w.Header().Values("Set-Cookie")) != 0 {
			t.Errorf("%s: got %d, want 503", purpose, w.Code)
		}
	}
	for _, host := range []string{"https://preview--site.example", "https://site.example.evil.example",
		"https://SITE.example", "https://site.example:8443"} {
		w := f.Get(host+"/auth/login", "Accept", "application/json", "X-Forwarded-Host", "site.example")
		if w.Code != 400 || !strings.Contains(w.Body.String(), `"wrong-host"`) || !strings.Contains(w.Body.String(), site) {
			t.Errorf("%s: got %d %s, want 400", host, w.Code, w.Body)
		}
		if w := f.Get(host + "/auth/login"); w.Code != 400 {
			t.Errorf("%s, a browser: got %d, want 400", host, w.Code)
		}
	}
	for _, back := range []string{"//evil.example", "https://evil.example/", "/auth/login", "/x/../y", ""} {
		w := f.Get(site + "/auth/login?return_url=" + url.QueryEscape(back))
		if w.Header().Get("Location") != site+"/access/?error=invalid-return-url" || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: got %d %s", back, w.Code, w.Header())
		}
		if w := f.Get(site+"/auth/login?return_url="+url.QueryEscape(back), "Accept", "application/json"); w.Code != 400 {
			t.Errorf("%s: got %d, want 400", back, w.Code)
		}
	}
}

func TestLoginWithoutSessionKeysIsMisconfigured(t *testing.T) {
	f := functiontest.Start(t, function, kindetest.Options{})
	if w := f.Get(site + "/auth/login"); w.Code != 500 || !strings.Contains(f.Log(), "SESSION_KEYS") ||
		!strings.Contains(f.Log(), "KINDE_CLIENT_SECRET") {
		t.Errorf("got %d %s, want 500", w.Code, f.Log())
	}
}

func TestWrongHostLeadsToTheSite(t *testing.T) {
	f := start(t)
	w := f.Get("https://other.example/auth/login?return_url=/x", "Accept", "text/html", "Sec-Fetch-Mode", "navigate")
	const link = `<a href="` + site + `/auth/login">`
	if w.Code != 400 || !strings.Contains(w.Body.String(), link) || strings.Contains(w.Body.String(), "return_url") {
		t.Errorf("got %d %s, want 400 with %s", w.Code, w.Body, link)
	}
}

func TestTooLongReturnURLIsReplaced(t *testing.T) {
	f := start(t, "AFTER_LOGIN_PATH", "/home")
	for length, want := range map[int]string{500: "/" + strings.Repeat("x", 499), 2000: "/home"} {
		w := f.Get(site + "/auth/login?return_url=/" + strings.Repeat("x", length-1))
		r := httptest.NewRequest("GET", site, nil)
		r.Header.Set("Cookie", functiontest.Kept(w.Header()))
		attempt, err := f.Cookies().Attempt(r, sent(t, f, w).Get("state"))
		if err != nil || attempt.ReturnURL != site+want {
			t.Errorf("%d characters: leads to %.40s (%v), want %.40s", length, attempt.ReturnURL, err, site+want)
		}
	}
}

// The callback does not see the session that its sign-in replaces.
func TestAttemptRecordsReplacedSession(t *testing.T) {
	f := start(t)
	old := functiontest.NewSession(session.Tokens{Access: f.Mint(), Refresh: "r"})
	w := f.Get(site+"/auth/login", "Cookie", f.Holding(old))
	r := httptest.NewRequest("GET", site, nil)
	r.Header.Set("Cookie", functiontest.Kept(w.Header()))
	if attempt, err := f.Cookies().Attempt(r, sent(t, f, w).Get("state")); err != nil || attempt.Session != old.ID {
		t.Errorf("replaces %q (%v), want %q", attempt.Session, err, old.ID)
	}
}

func TestLoginOnPreviewStaysThere(t *testing.T) {
	const preview = "https://preview-7--site.example"
	f := start(t, "PREVIEW_ORIGINS", "https://preview-*--site.example")
	for _, back := range []string{"/pricing", preview + "/pricing"} {
		w := f.Get(preview + "/auth/login?return_url=" + url.QueryEscape(back))
		if got, want := sent(t, f, w).Get("redirect_uri"), preview+"/auth/callback"; got != want {
			t.Errorf("%s: got redirect_uri %s, want %s", back, got, want)
		}
	}
	for _, back := range []string{site + "/pricing", "https://preview-8--site.example/pricing"} {
		w := f.Get(preview + "/auth/login?return_url=" + url.QueryEscape(back))
		if got, want := w.Header().Get("Location"), preview+"/access/?error=invalid-return-url"; got != want {
			t.Errorf("%s: got %d %s, want %s", back, w.Code, got, want)
		}
	}
	// Only the host that the platform gives makes a request the preview's.
	for _, name := range []string{"X-Forwarded-Host", "X-Original-Host", "X-Host", "X-Viewer-Host", "Origin", "Referer"} {
		w := f.Get(site+"/auth/login", name, strings.TrimPrefix(preview, "https://"))
		if got, want := sent(t, f, w).Get("redirect_uri"), site+"/auth/callback"; got != want {
			t.Errorf("%s: got redirect_uri %s, want %s", name, got, want)
		}
	}
	w := f.Get("https://other.example/auth/login", "Accept", "application/json", "X-Forwarded-Host",
		"preview-7--site.example", "Forwarded", "host=preview-7--site.example")
	if w.Code != 400 || !strings.Contains(w.Body.String(), `"wrong-host"`) {
		t.Errorf("foreign host: got %d %s, want wrong-host", w.Code, w.Body)
	}
}
