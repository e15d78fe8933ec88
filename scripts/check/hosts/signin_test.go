//go:build realtools

package hosts

import (
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/kindetest"
)

// sessionKeys is a value of SESSION_KEYS.
var sessionKeys = base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))

// browser keeps the site's cookies, as a browser on the site's own host does:
// it sends them all, so what it checks is what the functions set.
type browser struct {
	served
	cookies map[string]string
	seen    []string // values of cookies, states and codes, which no log may hold
}

// checkSignIn signs the demo person in and out. Nothing but the cookies goes
// from one request to the next, so it works only if every Set-Cookie arrives.
func (s served) checkSignIn(t *testing.T) {
	b := &browser{served: s, cookies: map[string]string{}}
	callback := b.checkStart(t)
	b.checkCallback(t, callback)
	b.checkSession(t)
	b.checkSignOut(t)
	if res, _ := b.ask(t, http.MethodGet, callback, nil); res.Header.Get("Location") != s.site+"/access/?error=login-expired" {
		t.Errorf("a callback for the second time: status %d, Location %q", res.StatusCode, res.Header.Get("Location"))
	}
	for line := range strings.Lines(s.log.String()) {
		// The rest is the host's own: netlify dev tells every address in full.
		if !strings.HasPrefix(line, "{") {
			continue
		}
		for _, secret := range b.seen {
			if strings.Contains(line, secret[:min(len(secret), 20)]) {
				t.Errorf("a cookie, a state or a code is in the log: %s", line)
			}
		}
	}
}

// checkStart begins the sign-in and passes through Kinde. It returns where
// Kinde sends the browser: path and query of the callback.
func (b *browser) checkStart(t *testing.T) string {
	t.Helper()
	res, set := b.ask(t, http.MethodGet, "/auth/login?return_url=%2Fdemo%2F%3Fa%3Db%2520c&utm_source=mail", nil)
	authorize := res.Header.Get("Location")
	if res.StatusCode != http.StatusFound || !strings.HasPrefix(authorize, b.kinde.URL+"/oauth2/auth?") {
		t.Fatalf("login: status %d, Location %q", res.StatusCode, authorize)
	}
	if len(set) != 1 || !set[0].HttpOnly || set[0].SameSite != http.SameSiteLaxMode || set[0].Path != "/" {
		t.Errorf("login sets %v, want one HttpOnly cookie with SameSite=Lax", set)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, authorize, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(b.kinde.Kinde.SessionCookie(kindetest.DemoPerson))
	res, err = patient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	callback, ours := strings.CutPrefix(res.Header.Get("Location"), b.site)
	u, err := url.Parse(callback)
	if err != nil || !ours || u.Path != "/auth/callback" || u.Query().Get("code") == "" {
		t.Fatalf("Kinde: status %d, Location %q", res.StatusCode, res.Header.Get("Location"))
	}
	b.seen = append(b.seen, u.Query().Get("code"), u.Query().Get("state"))
	return callback
}

func (b *browser) checkCallback(t *testing.T, callback string) {
	t.Helper()
	res, set := b.ask(t, http.MethodGet, callback, nil)
	if got, want := res.Header.Get("Location"), b.site+"/demo/?a=b%20c"; res.StatusCode != http.StatusFound || got != want {
		t.Fatalf("callback: status %d, Location %q, want %q", res.StatusCode, got, want)
	}
	// The session; and the attempt and whatever an older session left, expired.
	if len(set) < 3 || len(b.cookies) != 1 {
		t.Errorf("callback sets %d cookies and leaves %d; want several and the session alone", len(set), len(b.cookies))
	}
	i := slices.IndexFunc(set, func(c *http.Cookie) bool { return c.Value != "" })
	if c := set[max(i, 0)]; i < 0 || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure != strings.HasPrefix(b.site, "https://") {
		t.Errorf("the session's cookie: %v", c)
	}
}

// checkSession checks that the cookie alone shows who asks, for each kind of
// route, and that it does not without the header that other sites cannot send.
func (b *browser) checkSession(t *testing.T) {
	t.Helper()
	page := http.Header{"X-Csrf": {"1"}}
	for _, c := range []struct {
		path   string
		header http.Header
		status int
		body   map[string]any
	}{
		{"/api/session", page, 200, map[string]any{"authenticated": true}},
		{"/api/user-profile", page, 200, map[string]any{"sub": kindetest.DemoPerson}},
		{"/api/user-profile", nil, 403, map[string]any{"code": "csrf-header-missing"}},
		{"/api/user-profile", http.Header{"X-Csrf": {"1"}, "Sec-Fetch-Site": {"cross-site"}}, 403, map[string]any{"code": "cross-site"}},
	} {
		res, _ := b.ask(t, http.MethodGet, c.path, c.header)
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != c.status {
			t.Errorf("%s %v: status %d, want %d; %v %.300s", c.path, c.header, res.StatusCode, c.status, err, body)
		}
		checkMembers(t, body, c.body)
	}
	if res, _ := b.ask(t, http.MethodGet, "/portal?subnav=profile", nil); !strings.HasPrefix(res.Header.Get("Location"), b.kinde.URL+"/portal_redirect?") {
		t.Errorf("portal: status %d, Location %q", res.StatusCode, res.Header.Get("Location"))
	}
}

func (b *browser) checkSignOut(t *testing.T) {
	t.Helper()
	if res, _ := b.ask(t, http.MethodPost, "/auth/logout", http.Header{"Origin": {"https://evil.example"}}); res.StatusCode != http.StatusForbidden || len(b.cookies) != 1 {
		t.Errorf("logout from another site: status %d, %d cookies left", res.StatusCode, len(b.cookies))
	}
	res, _ := b.ask(t, http.MethodPost, "/auth/logout", http.Header{"Origin": {b.site}})
	if got, want := res.Header.Get("Location"), b.kinde.URL+"/logout?redirect="+url.QueryEscape(b.site+"/"); res.StatusCode != http.StatusSeeOther || got != want {
		t.Errorf("logout: status %d, Location %q, want %q", res.StatusCode, got, want)
	}
	if len(b.cookies) != 0 {
		t.Errorf("logout leaves %d cookies", len(b.cookies))
	}
	res, _ = b.ask(t, http.MethodGet, "/api/session", http.Header{"X-Csrf": {"1"}})
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	checkMembers(t, body, map[string]any{"authenticated": false})
}

// ask sends a request with the cookies, on the site's own host, and keeps what
// the answer sets.
func (b *browser) ask(t *testing.T, method, target string, header http.Header) (*http.Response, []*http.Cookie) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.base+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	_, r.Host, _ = strings.Cut(b.site, "://")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := patient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	checkHeaders(t, res)
	set := res.Cookies()
	for _, cookie := range set {
		if cookie.MaxAge < 0 || cookie.Value == "" {
			delete(b.cookies, cookie.Name)
			continue
		}
		b.cookies[cookie.Name] = cookie.Value
		b.seen = append(b.seen, cookie.Value)
	}
	return res, set
}
