package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
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

const site = functiontest.Site

// signIn is a sign-in in progress: the attempt and the cookie that the login function has set.
type signIn struct {
	*functiontest.Fixture
	t       *testing.T
	attempt session.Attempt
	cookie  string

	attempts int
}

func start(t *testing.T, settings ...string) *signIn {
	t.Helper()
	f := functiontest.Start(t, function, kindetest.Options{}, append(settings, functiontest.Sessions...)...)
	s := &signIn{Fixture: f, t: t, attempt: session.Attempt{
		State: "state-of-this-attempt", Nonce: "nonce-of-this-attempt", Verifier: strings.Repeat("v", 43),
		ReturnURL: site + "/pricing", Started: time.Now(),
	}}
	s.begin()
	return s
}

// again starts another sign-in with the same nonce.
func (s *signIn) again() {
	s.attempts++
	s.attempt.State = fmt.Sprint("state-of-attempt-", s.attempts)
	s.begin()
}

func (s *signIn) begin() {
	h := http.Header{}
	if err := s.Cookies().Begin(h, httptest.NewRequest("GET", site, nil), s.attempt); err != nil {
		s.t.Fatal(err)
	}
	s.cookie = functiontest.Kept(h)
}

// code signs the demo user in at Kinde and returns the code.
func (s *signIn) code(change ...string) string {
	s.t.Helper()
	sum := sha256.Sum256([]byte(s.attempt.Verifier))
	query := url.Values{"response_type": {"code"}, "client_id": {kindetest.ClientID},
		"redirect_uri": {site + "/auth/callback"}, "scope": {"openid profile email offline"},
		"state": {s.attempt.State}, "nonce": {s.attempt.Nonce},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(change); i += 2 {
		query.Set(change[i], change[i+1])
	}
	r := httptest.NewRequest("GET", s.URL+"/oauth2/auth?"+query.Encode(), nil)
	r.AddCookie(s.SessionCookie(kindetest.DemoUser))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	location, err := url.Parse(w.Header().Get("Location"))
	if err != nil || location.Query().Get("code") == "" {
		s.t.Fatalf("no code: got %d %s %s", w.Code, location, w.Body)
	}
	return location.Query().Get("code")
}

// attemptOf is the attempt that a response has set.
func (s *signIn) attemptOf(w *httptest.ResponseRecorder, state string) (session.Attempt, error) {
	r := httptest.NewRequest("GET", site+"/auth/callback", nil)
	r.Header.Set("Cookie", functiontest.Kept(w.Header()))
	return s.Cookies().Attempt(r, state)
}

func (s *signIn) back(query string) *httptest.ResponseRecorder {
	return s.Get(site+"/auth/callback?"+query, "Cookie", s.cookie, "Sec-Fetch-Site", "cross-site", "Accept", "text/html")
}

func TestCallbackSetsSession(t *testing.T) {
	s := start(t)
	w := s.back("state=" + s.attempt.State + "&code=" + s.code())
	if w.Code != 302 || w.Header().Get("Location") != site+"/pricing" {
		t.Fatalf("got %d %s %s %s, want 302", w.Code, w.Header().Get("Location"), w.Body, s.Log())
	}
	tokens, err := s.Stored(w)
	if err != nil || tokens.Access == "" || tokens.Refresh == "" {
		t.Errorf("session: got %v", err)
	}
	if strings.Contains(functiontest.Kept(w.Header()), "login") {
		t.Error("the attempt's cookie stays")
	}
	for _, cookie := range w.Header().Values("Set-Cookie") {
		if strings.HasPrefix(cookie, "__Host-session") && !strings.Contains(cookie, "SameSite=Strict") {
			t.Errorf("not strict: got %.60s", cookie)
		}
	}
	if !strings.Contains(s.Log(), `"outcome":"allowed"`) || !strings.Contains(s.Log(), kindetest.DemoUser) ||
		strings.Contains(s.Log(), tokens.Refresh) {
		t.Errorf("got log %s, want the user's id without a token", s.Log())
	}
}

func TestStateWorksOnceInItsBrowser(t *testing.T) {
	s := start(t)
	good := "state=" + s.attempt.State + "&code=" + s.code()
	for name, row := range map[string]struct{ query, cookie string }{
		"no state":        {"code=x", s.cookie},
		"empty state":     {"state=&code=x", s.cookie},
		"another state":   {"state=another&code=x", s.cookie},
		"no cookie":       {good, ""},
		"damaged cookie":  {good, s.cookie[:len(s.cookie)-3] + "AAA"},
		"doubled state":   {good + "&state=x", s.cookie},
		"error, no state": {"error=access_denied", s.cookie},
		"nothing":         {"", s.cookie},
	} {
		w := s.Get(site+"/auth/callback?"+row.query, "Cookie", row.cookie)
		where := w.Header().Get("Location")
		if w.Code != 302 || where != site+"/access/?error=login-expired" &&
			!(name == "doubled state" && where == site+"/access/?error=invalid-parameter") {
			t.Errorf("%s: got %d %s, want 302", name, w.Code, where)
		}
		if strings.Contains(functiontest.Kept(w.Header()), "session") {
			t.Errorf("%s: got a session cookie, want none", name)
		}
	}
	if n := len(s.Calls("/oauth2/token")); n != 0 {
		t.Errorf("got %d codes were redeemed", n)
	}
	first := s.back(good)
	if first.Code != 302 || first.Header().Get("Location") != site+"/pricing" {
		t.Fatalf("got %d %s, want 302", first.Code, first.Header().Get("Location"))
	}
	s.attempt.Started = time.Now().Add(-11 * time.Minute)
	s.begin()
	if w := s.back(good); w.Header().Get("Location") != site+"/access/?error=login-expired" {
		t.Errorf("after eleven minutes: got %s", w.Header().Get("Location"))
	}
}

func TestErrorsFromKinde(t *testing.T) {
	s := start(t)
	for query, want := range map[string]string{
		"error=access_denied":      "access-denied",
		"error=login_required":     "login-required",
		"error=server_error":       "login-failed",
		"error=login_link_expired": "login-failed",
		"error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%3Cb%3E": "login-failed",
		"":                                  "login-failed",
		"code=":                             "login-failed",
		"code=made-up":                      "login-failed",
		"code=" + strings.Repeat("x", 3000): "login-failed",
	} {
		w := s.back("state=" + s.attempt.State + "&" + query)
		if w.Code != 302 || w.Header().Get("Location") != site+"/access/?error="+want ||
			strings.Contains(w.Body.String()+s.Log(), "script") {
			t.Errorf("%s: got %d %s, want %s", query, w.Code, w.Header().Get("Location"), want)
		}
		if kept := functiontest.Kept(w.Header()); kept != "" {
			t.Errorf("%s: got the cookies %.40s, want none", query, kept)
		}
	}
}

// grant returns a response of Kinde's token endpoint.
func grant(access, id string) string {
	return `{"access_token":"` + access + `","id_token":"` + id + `","refresh_token":"r"}`
}

// redeem sends the attempt's code with the fault at Kinde's token endpoint.
func (s *signIn) redeem(fault kindetest.Fault) *httptest.ResponseRecorder {
	s.again()
	s.ClearFaults()
	s.Fault("/oauth2/token", fault)
	return s.back("state=" + s.attempt.State + "&code=c")
}

func TestTokensOfAnotherSignInAreRefused(t *testing.T) {
	s := start(t)
	const failed = site + "/access/?error=login-failed"
	nonce := kindetest.Nonce(s.attempt.Nonce)
	forged := kindetest.SignedBy(kindetest.ForeignKey)
	for name, body := range map[string]string{
		"another nonce":      grant(s.Mint(), s.MintID(kindetest.Nonce("x"))),
		"no nonce":           grant(s.Mint(), s.MintID()),
		"no ID token":        `{"access_token":"` + s.Mint() + `"}`,
		"forged ID token":    grant(s.Mint(), s.MintID(nonce, forged)),
		"another's audience": grant(s.Mint(), s.MintID(nonce, kindetest.With("aud", []string{"other"}))),
		"forged access":      grant(s.Mint(forged), s.MintID(nonce)),
		"another user's":     grant(s.Mint(kindetest.For(kindetest.AdminUser)), s.MintID(nonce)),
		"no access token":    `{"id_token":"x"}`,
		"not JSON":           `<html>`,
	} {
		w := s.redeem(kindetest.Fault{Body: body})
		if w.Header().Get("Location") != failed || strings.Contains(functiontest.Kept(w.Header()), "session") {
			t.Errorf("%s: got %d %s, want login-failed", name, w.Code, w.Header().Get("Location"))
		}
	}
	huge := s.Mint(kindetest.With("padding", strings.Repeat("x", 9000)))
	w := s.redeem(kindetest.Fault{Body: grant(huge, s.MintID(nonce))})
	if got, want := w.Header().Get("Location"), site+"/access/?error=session-too-large"; got != want {
		t.Errorf("too large: got %s, want %s", got, want)
	}
	for _, fault := range []kindetest.Fault{
		{Status: 500}, {Hang: true}, {Reset: true},
		{Status: 401, Body: kindetest.ErrorBody(kindetest.ShapeC, "invalid_client", "d")},
	} {
		if got := s.redeem(fault).Header().Get("Location"); got != failed {
			t.Errorf("%+v: got %s, want %s", fault, got, failed)
		}
	}
	if !strings.Contains(s.Log(), "KINDE_CLIENT_SECRET") {
		t.Error("the log has no remedy for invalid_client")
	}
}

// A browser that keeps its attempt cookie, or a program with a copy of it, spends the
// application's credentials three times at most. Other attempts from the same address
// are not limited.
func TestCodesAreLimitedByAttempt(t *testing.T) {
	s := start(t)
	locations := map[string]int{}
	for i := range 60 {
		w := s.back(fmt.Sprintf("state=%s&code=made-up-%d", s.attempt.State, i))
		locations[w.Header().Get("Location")]++
	}
	failed, limited := locations[site+"/access/?error=login-failed"], locations[site+"/access/?error=rate-limited"]
	if calls := len(s.Calls("/oauth2/token")); failed != 3 || limited != 57 || calls != 3 {
		t.Errorf("got %v after %d calls, want 3 failures and 57 refusals after 3 calls", locations, calls)
	}
	s.again()
	if w := s.back("state=" + s.attempt.State + "&code=" + s.code()); w.Header().Get("Location") != site+"/pricing" {
		t.Errorf("another attempt: got %s, want %s", w.Header().Get("Location"), site+"/pricing")
	}
}

func TestSignInSetsCurrentSession(t *testing.T) {
	s := start(t)
	w := s.back("state=" + s.attempt.State + "&code=" + s.code())
	signedIn, err := s.Stored(w)
	if err != nil || signedIn.ID == "" || signedIn.Subject != kindetest.DemoUser ||
		time.Since(signedIn.Started).Abs() > time.Minute {
		t.Fatalf("got %+v, %v, want a session that began now", signedIn, err)
	}
	if len(signedIn.Organizations.List) == 0 || signedIn.Organizations.List[0].Code != kindetest.DemoOrg {
		t.Errorf("got organizations %+v, want %s first", signedIn.Organizations, kindetest.DemoOrg)
	}
	r := httptest.NewRequest("GET", site, nil)
	r.Header.Set("Cookie", functiontest.Kept(w.Header()))
	if !s.Cookies().Counts(r, signedIn.ID) || s.Cookies().Counts(r, "another") {
		t.Error("another session than the new one counts")
	}
	set := strings.Join(w.Header().Values("Set-Cookie"), "\n")
	for _, name := range []string{
		"__Host-session-1=;", "__Host-session-2=;", "__Host-session-superseded=;", "__Host-gate=;",
	} {
		if !strings.Contains(set, name) {
			t.Errorf("got Set-Cookie %s, want %s expired", set, name)
		}
	}
}
