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

	"kinde-functions/shared/local/kindetest"
)

var sessionKey = []byte("0123456789abcdef0123456789abcdef")

// sessionKeys is a value of SESSION_KEYS.
var sessionKeys = base64.StdEncoding.EncodeToString(sessionKey)

// browser sends the cookies that the functions have set, as a browser on the site's
// own host does.
type browser struct {
	served
	cookies map[string]string
	secrets []string // values of cookies, states and codes, which no log may contain
}

// testSignIn signs the demo user in and out. Only cookies connect the requests, so it
// works only if the host delivers every Set-Cookie.
func (s served) testSignIn(t *testing.T) {
	b := &browser{served: s, cookies: map[string]string{}}
	var callback string
	for _, step := range []struct {
		name string
		test func(*testing.T)
	}{
		{"login redirects to Kinde", func(t *testing.T) { callback = b.testLogin(t) }},
		{"callback sets the session cookie", func(t *testing.T) { b.testCallback(t, callback) }},
		{"session cookie identifies the user", b.testSession},
		{"session cookie opens the portal", b.testPortal},
		{"logout from another site is refused", b.testForeignLogout},
		{"logout ends the session", b.testLogout},
		{"callback is refused the second time", func(t *testing.T) { b.testReplay(t, callback) }},
		{"log contains no cookie, state or code", b.testSecrets},
	} {
		if !t.Run(step.name, step.test) {
			return // the steps depend on each other
		}
	}
}

// testLogin starts the sign-in and passes through Kinde. It returns path and query of
// the callback to which Kinde sends the browser.
func (b *browser) testLogin(t *testing.T) string {
	res, set := b.send(t, http.MethodGet, "/auth/login?return_url=%2Fdemo%2F%3Fa%3Db%2520c&utm_source=mail", nil)
	authorize := res.Header.Get("Location")
	if res.StatusCode != http.StatusFound || !strings.HasPrefix(authorize, b.kinde.URL+"/oauth2/auth?") {
		t.Fatalf("got status %d, Location %q, want 302 to Kinde", res.StatusCode, authorize)
	}
	if len(set) != 1 || !set[0].HttpOnly || set[0].SameSite != http.SameSiteLaxMode || set[0].Path != "/" {
		t.Errorf("got cookies %v, want one HttpOnly cookie with SameSite=Lax", set)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, authorize, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(b.kinde.Kinde.SessionCookie(kindetest.DemoUser))
	res, err = client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	callback, ours := strings.CutPrefix(res.Header.Get("Location"), b.site)
	u, err := url.Parse(callback)
	if err != nil || !ours || u.Path != "/auth/callback" || u.Query().Get("code") == "" {
		t.Fatalf("Kinde: got status %d, Location %q, want the callback", res.StatusCode, res.Header.Get("Location"))
	}
	b.secrets = append(b.secrets, u.Query().Get("code"), u.Query().Get("state"))
	return callback
}

func (b *browser) testCallback(t *testing.T, callback string) {
	res, set := b.send(t, http.MethodGet, callback, nil)
	got, want := res.Header.Get("Location"), b.site+"/demo/?a=b%20c"
	if res.StatusCode != http.StatusFound || got != want {
		t.Fatalf("got status %d, Location %q, want 302 to %q", res.StatusCode, got, want)
	}
	i := slices.IndexFunc(set, func(c *http.Cookie) bool { return c.Name == b.sessionName() && c.Value != "" })
	if i < 0 {
		t.Fatalf("got cookies %v, want the session among them", set)
	}
	c, secure := set[i], strings.HasPrefix(b.site, "https://")
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure != secure {
		t.Errorf("got session cookie %v, want HttpOnly, SameSite=Strict, Path=/, Secure=%v", c, secure)
	}
	for name := range b.cookies {
		if strings.Contains(name, "attempt") || strings.Contains(name, "login") {
			t.Errorf("the attempt's cookie %s is left", name)
		}
	}
}

// testSession sends the cookie with and without what pages of other sites cannot send.
func (b *browser) testSession(t *testing.T) {
	for _, c := range []struct {
		name, path string
		header     http.Header
		status     int
		body       map[string]any
	}{
		{"session", "/api/session", http.Header{"X-Csrf": {"1"}}, 200, map[string]any{"authenticated": true}},
		{"profile", "/api/user-profile", http.Header{"X-Csrf": {"1"}}, 200, map[string]any{"sub": kindetest.DemoUser}},
		{"profile without X-CSRF", "/api/user-profile", nil, 403, map[string]any{"code": "csrf-header-missing"}},
		{"profile from another site", "/api/user-profile",
			http.Header{"X-Csrf": {"1"}, "Sec-Fetch-Site": {"cross-site"}}, 403, map[string]any{"code": "cross-site"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, _ := b.send(t, http.MethodGet, c.path, c.header)
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != c.status {
				t.Errorf("got status %d, %v, %.300s, want %d", res.StatusCode, err, body, c.status)
			}
			checkMembers(t, body, c.body)
		})
	}
}

func (b *browser) testPortal(t *testing.T) {
	res, _ := b.send(t, http.MethodGet, "/portal?subnav=profile", nil)
	if got, want := res.Header.Get("Location"), b.kinde.URL+"/portal_redirect?"; !strings.HasPrefix(got, want) {
		t.Errorf("got status %d, Location %q, want %q…", res.StatusCode, got, want)
	}
}

func (b *browser) testForeignLogout(t *testing.T) {
	res, _ := b.send(t, http.MethodPost, "/auth/logout", http.Header{"Origin": {"https://evil.example"}})
	if res.StatusCode != http.StatusForbidden || b.cookies[b.sessionName()] == "" {
		t.Errorf("got status %d, cookies %d, want 403 and the session kept", res.StatusCode, len(b.cookies))
	}
}

func (b *browser) testLogout(t *testing.T) {
	res, _ := b.send(t, http.MethodPost, "/auth/logout", http.Header{"Origin": {b.site}})
	want := b.kinde.URL + "/logout?redirect=" + url.QueryEscape(b.site+"/")
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != want {
		t.Errorf("got status %d, Location %q, want 303 to %q", res.StatusCode, got, want)
	}
	if b.cookies[b.sessionName()] != "" {
		t.Error("the session cookie is left")
	}
	res, _ = b.send(t, http.MethodGet, "/api/session", http.Header{"X-Csrf": {"1"}})
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	checkMembers(t, body, map[string]any{"authenticated": false})
}

func (b *browser) testReplay(t *testing.T, callback string) {
	res, _ := b.send(t, http.MethodGet, callback, nil)
	if got, want := res.Header.Get("Location"), b.site+"/access/?error=login-expired"; got != want {
		t.Errorf("got status %d, Location %q, want %q", res.StatusCode, got, want)
	}
}

func (b *browser) testSecrets(t *testing.T) {
	for line := range strings.Lines(b.log.String()) {
		if !strings.HasPrefix(line, "{") {
			continue // the host's own: netlify dev prints addresses with their queries
		}
		for _, secret := range b.secrets {
			if strings.Contains(line, secret[:min(len(secret), 20)]) {
				t.Errorf("got a cookie, a state or a code in %s", line)
			}
		}
	}
}

// sessionName is the session cookie's name, which has a prefix where the site is https.
func (b *browser) sessionName() string {
	if strings.HasPrefix(b.site, "https://") {
		return "__Host-session"
	}
	return "session"
}

// send sends a request with the cookies, to the site's own host, and keeps the cookies
// that the response sets.
func (b *browser) send(t *testing.T, method, target string, header http.Header) (*http.Response, []*http.Cookie) {
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
	res, err := client.Do(r)
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
		b.secrets = append(b.secrets, cookie.Value)
	}
	return res, set
}
