package endpoint

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

var (
	sessionKey  = []byte("0123456789abcdef0123456789abcdef")
	withSession = []string{"SESSION_KEYS", base64.StdEncoding.EncodeToString(sessionKey), "KINDE_CLIENT_SECRET",
		kindetest.ClientSecret}
)

// cookie returns the Cookie header of a session with tokens.
func (f *fixture) cookie(tokens session.Tokens) string {
	f.t.Helper()
	return f.holding(session.New(tokens, kindetest.DemoUser, time.Now(), session.Organizations{}))
}

// holding returns the Cookie header of a session.
func (f *fixture) holding(s session.Session) string {
	f.t.Helper()
	h := http.Header{}
	if err := f.cookies().Write(h, s); err != nil {
		f.t.Fatal(err)
	}
	return cookieHeader(h)
}

func (f *fixture) cookies() *session.Cookies {
	f.t.Helper()
	box, err := session.NewBox([][]byte{sessionKey}, f.tenant.Issuer(), kindetest.ClientID, site)
	if err != nil {
		f.t.Fatal(err)
	}
	return session.NewCookies(site, box, time.Now)
}

// cookieHeader returns the Cookie header of a browser after a response: the cookies
// that it set and did not expire.
func cookieHeader(h http.Header) string {
	var kept []string
	for _, cookie := range (&http.Response{Header: h}).Cookies() {
		if cookie.MaxAge >= 0 && cookie.Value != "" {
			kept = append(kept, cookie.Name+"="+cookie.Value)
		}
	}
	return strings.Join(kept, "; ")
}

// stored returns the session that a response has set.
func (f *fixture) stored(w *httptest.ResponseRecorder) (session.Session, error) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", cookieHeader(w.Header()))
	return f.cookies().Read(r)
}

func TestSessionCookieFollowsCSRFRules(t *testing.T) {
	f := start(t, "user-profile", nil, withSession...)
	cookie := f.cookie(session.Tokens{Access: f.tenant.Mint(), Refresh: "r"})
	for name, row := range map[string]struct {
		header []string
		status int
		code   string
	}{
		"with the header":                {[]string{"X-CSRF", "1"}, 200, ""},
		"as a browser sends it":          {[]string{"X-CSRF", "1", "Sec-Fetch-Site", "same-origin", "Origin", site}, 200, ""},
		"without the header":             {nil, 403, "csrf-header-missing"},
		"another value":                  {[]string{"X-CSRF", "true"}, 403, "csrf-header-missing"},
		"only the site's Origin":         {[]string{"Origin", site}, 403, "csrf-header-missing"},
		"from another site":              {[]string{"X-CSRF", "1", "Sec-Fetch-Site", "cross-site"}, 403, "cross-site"},
		"from a sibling":                 {[]string{"X-CSRF", "1", "Sec-Fetch-Site", "same-site"}, 403, "cross-site"},
		"typed into the address bar":     {[]string{"X-CSRF", "1", "Sec-Fetch-Site", "none"}, 403, "cross-site"},
		"another Origin":                 {[]string{"X-CSRF", "1", "Origin", "https://evil.example"}, 403, "cross-site"},
		"Origin null":                    {[]string{"X-CSRF", "1", "Origin", "null"}, 403, "cross-site"},
		"Bearer beside it wins":          {[]string{"Authorization", "Bearer " + f.tenant.Mint()}, 200, ""},
		"a bad Bearer beside it is bad":  {[]string{"Authorization", "Bearer abc", "X-CSRF", "1"}, 401, "invalid-token"},
		"another scheme beside it is no": {[]string{"Authorization", "Basic dTpw", "X-CSRF", "1"}, 200, ""},
		"two headers, joined by a comma": {[]string{"Authorization", "Basic dTpw,Bearer abc", "X-CSRF", "1"}, 400,
			"invalid-request"},
	} {
		t.Run(name, func(t *testing.T) {
			w := f.get("/api/user-profile", append(row.header, "Cookie", cookie)...)
			if w.Code != row.status || row.code != "" && code(t, w) != row.code {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, row.status, row.code)
			}
			if auth := events(t, f.log.take(), "auth"); len(auth) != 1 ||
				auth[0]["outcome"] != map[bool]string{true: "allowed", false: "denied"}[row.status == 200] {
				t.Errorf("got auth events %v, want one that fits %d", auth, row.status)
			}
		})
	}
}

func TestCookieIsIgnoredWithoutSessions(t *testing.T) {
	f := start(t, "user-profile", nil)
	w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", f.cookie(session.Tokens{Access: f.tenant.Mint()}))
	if w.Code != 401 || code(t, w) != "no-token" {
		t.Errorf("got %d %s, want 401 no-token", w.Code, w.Body)
	}
}

// The browser may hold a newer session when the refusal arrives.
func TestRefusalsKeepCookies(t *testing.T) {
	f := start(t, "user-profile", nil, withSession...)
	good := f.cookie(session.Tokens{Access: f.tenant.Mint(), Refresh: "r"})
	for name, cookie := range map[string]string{
		"damaged": good[:len(good)-4] + "AAAA",
		"another tenant's": f.cookie(session.Tokens{Access: f.tenant.Mint(kindetest.With("iss",
			"https://other.example")), Refresh: "r"}),
		"an ID token in it":     f.cookie(session.Tokens{Access: f.tenant.MintID(), Refresh: "r"}),
		"expired, no refresh":   f.cookie(session.Tokens{Access: f.tenant.Mint(kindetest.ExpiresIn(-time.Minute))}),
		"expired within leeway": f.cookie(session.Tokens{Access: f.tenant.Mint(kindetest.ExpiresIn(-5 * time.Second))}),
	} {
		w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", cookie)
		if w.Code != 401 || len(w.Header().Values("Set-Cookie")) != 0 {
			t.Errorf("%s: got %d %s %v, want 401 and no cookie", name, w.Code, w.Body, w.Header())
		}
	}
}

// expired returns an expired access token with a valid refresh token.
func (f *fixture) expired() session.Tokens {
	f.t.Helper()
	return session.Tokens{Access: f.tenant.Mint(kindetest.ExpiresIn(-time.Minute)), Refresh: f.tenant.MintRefresh()}
}

func TestExpiredSessionIsRefreshed(t *testing.T) {
	f := start(t, "user-profile", nil, withSession...)
	old := f.expired()
	w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", f.cookie(old))
	if w.Code != 200 || !strings.Contains(w.Body.String(), kindetest.DemoUser) {
		t.Fatalf("got %d %s, want 200 with the user's profile", w.Code, w.Body)
	}
	renewed, err := f.stored(w)
	if err != nil || renewed.Refresh == old.Refresh || renewed.Access == old.Access {
		t.Errorf("got %v, want a session with new tokens", err)
	}
	f.tenant.ForgetCalls()
	if w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", cookieHeader(w.Header())); w.Code != 200 ||
		len(w.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("fresh session: got %d %v, want 200 and no cookie", w.Code, w.Header())
	}
	if n := len(f.tenant.Calls("/oauth2/token")); n != 0 {
		t.Errorf("fresh session: got %d refreshes, want none", n)
	}
	if log := f.log.take(); strings.Contains(log, old.Refresh) || strings.Contains(log, renewed.Refresh) {
		t.Error("a refresh token is in the log")
	}
}

func TestRefusedRefreshIsSupersededThenExpired(t *testing.T) {
	f := start(t, "user-profile", nil, withSession...)
	old := f.cookie(session.Tokens{Access: f.tenant.Mint(kindetest.ExpiresIn(-time.Minute)), Refresh: "revoked"})
	w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", old)
	if w.Code != 409 || code(t, w) != "session-superseded" || len(w.Header().Values("Set-Cookie")) != 1 {
		t.Fatalf("got %d %s %v, want 409 session-superseded and the marker", w.Code, w.Body, w.Header())
	}
	marker := cookieHeader(w.Header())
	f.tenant.ForgetCalls()
	w = f.get("/api/user-profile", "X-CSRF", "1", "Cookie", old+"; "+marker)
	if w.Code != 401 || code(t, w) != "session-expired" || len(w.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("again: got %d %s %v, want 401 session-expired and no cookie", w.Code, w.Body, w.Header())
	}
	if n := len(f.tenant.Calls("/oauth2/token")); n != 0 {
		t.Errorf("again: got %d calls to Kinde, want none", n)
	}
	// The marker is bound to one refresh token.
	other := f.cookie(session.Tokens{Access: f.tenant.Mint(kindetest.ExpiresIn(-time.Minute)), Refresh: "another"})
	if w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", other+"; "+marker); w.Code != 409 {
		t.Errorf("another refresh token: got %d, want 409", w.Code)
	}
}

func TestFailedRefreshKeepsSession(t *testing.T) {
	for name, row := range map[string]struct {
		fault  kindetest.Fault
		status int
		code   string
	}{
		"500":      {kindetest.Fault{Status: 500}, 502, "upstream-failed"},
		"hangs":    {kindetest.Fault{Hang: true}, 504, "upstream-timeout"},
		"resets":   {kindetest.Fault{Reset: true}, 502, "upstream-failed"},
		"429":      {kindetest.Fault{Status: 429}, 429, "upstream-throttled"},
		"not JSON": {kindetest.Fault{Malformed: true}, 502, "upstream-failed"},
		"invalid_client": {kindetest.Fault{Status: 401, Body: kindetest.ErrorBody(kindetest.ShapeC, "invalid_client", "d")},
			502, "upstream-misconfigured"},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, "user-profile", nil, append(withSession, "UPSTREAM_TIMEOUT", "300ms")...)
			f.tenant.Fault("/oauth2/token", row.fault)
			w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", f.cookie(f.expired()))
			if w.Code != row.status || code(t, w) != row.code || len(w.Header().Values("Set-Cookie")) != 0 {
				t.Errorf("got %d %s %v, want %d %s and no cookie", w.Code, w.Body, w.Header(), row.status, row.code)
			}
		})
	}
}

// Kinde returns the same access token while it is valid by Kinde's clock. A clock far
// behind must cause no endless refreshes and keep the new refresh token.
func TestRefreshWithKindesClockBehind(t *testing.T) {
	for age, want := range map[time.Duration]int{-2 * time.Second: 200, -time.Hour: 502} {
		f := start(t, "user-profile", responding(`{}`), withSession...)
		same := f.tenant.Mint(kindetest.ExpiresIn(age))
		f.tenant.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"` + same + `","refresh_token":"new"}`})
		w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", f.cookie(session.Tokens{Access: same, Refresh: "old"}))
		if w.Code != want || len(f.tenant.Calls("/oauth2/token")) != 1 {
			t.Errorf("%v: got %d %s, want %d after one refresh", age, w.Code, w.Body, want)
		}
		if kept, err := f.stored(w); err != nil || kept.Tokens != (session.Tokens{Access: same, Refresh: "new"}) {
			t.Errorf("%v: got %v, want a session with the new refresh token", age, err)
		}
	}
}

// The old refresh token is used up, so that the new one must be kept.
func TestRefreshWithoutSigningKeysKeepsSession(t *testing.T) {
	for name, fail := range map[string]func(*fixture){
		"unavailable": func(f *fixture) { f.tenant.Fault("/.well-known/", kindetest.Fault{Status: 500}) },
		"rotated after the fetch": func(f *fixture) {
			f.signedIn("/api/user-profile")
			f.tenant.RotateKeys()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, "user-profile", nil, withSession...)
			fail(f)
			checkSessionKept(t, f)
		})
	}
}

func checkSessionKept(t *testing.T, f *fixture) {
	t.Helper()
	old := f.expired()
	w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", f.cookie(old))
	if w.Code != 503 || code(t, w) != "keys-unavailable" {
		t.Fatalf("got %d %s, want 503 keys-unavailable", w.Code, w.Body)
	}
	if renewed, err := f.stored(w); err != nil || renewed.Refresh == old.Refresh || renewed.Refresh == "" {
		t.Errorf("got %v, want a session with the rotated refresh token", err)
	}
}

func TestParallelRequestsRefreshOnce(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), withSession...)
	cookie := f.cookie(f.expired())
	f.tenant.Fault("/oauth2/token", kindetest.Fault{Delay: 100 * time.Millisecond})
	done := make(chan *httptest.ResponseRecorder)
	for range 10 {
		go func() { done <- f.get("/api/user-profile", "X-CSRF", "1", "Cookie", cookie) }()
	}
	for range 10 {
		if w := <-done; w.Code != 200 {
			t.Errorf("got %d %s, want 200", w.Code, w.Body)
		}
	}
	if n := len(f.tenant.Calls("/oauth2/token")); n != 1 {
		t.Errorf("got %d refreshes, want 1", n)
	}
}
