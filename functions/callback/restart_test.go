package main

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
)

// authorizeQuery reads the redirect to Kinde's authorization endpoint.
func authorizeQuery(t *testing.T, s *signIn, w *httptest.ResponseRecorder) url.Values {
	t.Helper()
	location, err := url.Parse(w.Header().Get("Location"))
	if w.Code != 302 || err != nil || !strings.HasPrefix(location.String(), s.URL+"/oauth2/auth?") {
		t.Fatalf("got %d %s, want a redirect to the authorization endpoint", w.Code, location)
	}
	return location.Query()
}

func wantPage(t *testing.T, w *httptest.ResponseRecorder, code string) {
	t.Helper()
	if got, want := w.Header().Get("Location"), site+"/access/?error="+code; w.Code != 302 || got != want {
		t.Errorf("got %d %s, want %s", w.Code, got, want)
	}
}

func TestExpiredLinkRestartsOnce(t *testing.T) {
	for _, code := range []string{"login_link_expired", "LOGIN_LINK_EXPIRED", "Login_Link_Expired"} {
		s := start(t)
		w := s.back("state=" + s.attempt.State + "&error=" + code + "&reauth_state=abc%2B12%3D")
		query := authorizeQuery(t, s, w)
		if query.Get("reauth_state") != "abc+12=" || query.Get("state") == s.attempt.State ||
			query.Get("supports_reauth") != "true" {
			t.Fatalf("%s: got %v", code, query)
		}
		attempt, err := s.attemptOf(w, query.Get("state"))
		if err != nil || attempt.ReturnURL != s.attempt.ReturnURL {
			t.Errorf("%s: got %q %v, want the return URL %q", code, attempt.ReturnURL, err, s.attempt.ReturnURL)
		}
		s.cookie = functiontest.Kept(w.Header())
		wantPage(t, s.back("state="+query.Get("state")+"&error="+code+"&reauth_state=abc"), "login-failed")
	}
}

func TestExpiredLinkInAnotherBrowserRestartsOnce(t *testing.T) {
	const query = "&error=LOGIN_LINK_EXPIRED&reauth_state=abc"
	for name, state := range map[string]string{
		"another browser's state": "state=state-of-another-browser", "no state": "",
	} {
		s := start(t, "AFTER_LOGIN_PATH", "/welcome/")
		s.cookie = ""
		w := s.back(state + query)
		again := authorizeQuery(t, s, w)
		attempt, err := s.attemptOf(w, again.Get("state"))
		if err != nil || attempt.ReturnURL != site+"/welcome/" || again.Get("reauth_state") != "abc" {
			t.Errorf("%s: got %q %v, want AFTER_LOGIN_PATH", name, attempt.ReturnURL, err)
		}
		// A browser without cookies must not be redirected in a loop.
		wantPage(t, s.back("state="+again.Get("state")+query), "login-expired")
		s.cookie = functiontest.Kept(w.Header())
		wantPage(t, s.back("state="+again.Get("state")+query), "login-failed")
	}
}

func TestExpiredLinkWithoutReauthStateIsAnError(t *testing.T) {
	s := start(t)
	for _, query := range []string{
		"", "&reauth_state=", "&reauth_state=a%00b", "&reauth_state=caf%C3%A9",
		"&reauth_state=" + strings.Repeat("a", 4097),
	} {
		wantPage(t, s.back("state=unknown-state&error=login_link_expired"+query), "login-expired")
		wantPage(t, s.back("state="+s.attempt.State+"&error=login_link_expired"+query), "login-failed")
	}
	// Cookies of another host would not come back to the site's callback.
	w := s.Get("https://preview--site.example/auth/callback?error=login_link_expired&reauth_state=abc")
	if strings.Contains(w.Header().Get("Location"), "/oauth2/auth") || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("on another host: got %d %v, want no sign-in", w.Code, w.Header())
	}
}

func TestSilentSignInContinuesOnceWithForm(t *testing.T) {
	for _, code := range []string{
		"login_required", "interaction_required", "account_selection_required", "consent_required",
	} {
		s := start(t)
		s.attempt.Silent, s.attempt.Params = true, "lang=pt-BR&org_code=org_1"
		s.begin()
		w := s.back("state=" + s.attempt.State + "&error=" + code)
		query := authorizeQuery(t, s, w)
		if query.Has("prompt") || query.Get("org_code") != "org_1" || query.Get("lang") != "pt-BR" {
			t.Errorf("%s: got %v, want the form with the same parameters", code, query)
		}
		attempt, err := s.attemptOf(w, query.Get("state"))
		if err != nil || attempt.ReturnURL != s.attempt.ReturnURL || attempt.Silent {
			t.Errorf("%s: got %+v %v", code, attempt, err)
		}
		s.cookie = functiontest.Kept(w.Header())
		want := "login-failed"
		if code == "login_required" {
			want = "login-required"
		}
		wantPage(t, s.back("state="+query.Get("state")+"&error="+code), want)
	}
}

func TestSilentRestartStaysRestarted(t *testing.T) {
	s := start(t)
	s.attempt.Silent, s.attempt.Restarted = true, true
	s.begin()
	w := s.back("state=" + s.attempt.State + "&error=login_required")
	state := authorizeQuery(t, s, w).Get("state")
	s.cookie = functiontest.Kept(w.Header())
	wantPage(t, s.back("state="+state+"&error=login_link_expired&reauth_state=abc"), "login-failed")
}
