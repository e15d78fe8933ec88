//go:build realtools

package hosts

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

// reports is a function of a site's owner, as docs/own-apis.md shows one.
const reports = `import { withUser } from "kinde-functions/require-user";

export default withUser({ permission: "view_reports" }, async (request: Request, user) => {
  return Response.json({ reportsOf: user.id });
});

export const config = { path: "/api/reports" };
`

// addTypeScript adds that function to a copy of the project, and the packages that it imports.
func addTypeScript(t *testing.T, dir string) {
	t.Helper()
	modules := filepath.Join(dir, "node_modules")
	for name, from := range map[string]string{
		"kinde-functions": filepath.Join(dir, "npm"), "jose": tool(t, "package/node_modules/jose"),
	} {
		if err := os.CopyFS(filepath.Join(modules, name), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "functions", "reports.mts"), []byte(reports), 0o644); err != nil {
		t.Fatal(err)
	}
}

// testTypeScript calls the function of addTypeScript, beside those in Go.
func (s served) testTypeScript(t *testing.T) {
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	bearer := func(claims ...kindetest.Claim) http.Header {
		return header("Authorization", "Bearer "+s.kinde.Kinde.Mint(claims...))
	}
	current := s.sessionCookie(t, session.Tokens{Access: s.kinde.Kinde.Mint(), Refresh: s.kinde.Kinde.MintRefresh()})
	expired := s.sessionCookie(t, session.Tokens{
		Access: s.kinde.Kinde.Mint(kindetest.ExpiresIn(-time.Hour)), Refresh: s.kinde.Kinde.MintRefresh()})
	const allowed = `{"reportsOf":"` + kindetest.DemoUser + `"}`
	for _, c := range []struct {
		name    string
		header  http.Header
		status  int
		holds   string
		refresh bool // whether the response sets the session cookie
	}{
		{"Bearer token", bearer(), 200, allowed, false},
		{"session cookie", header("Cookie", current, "X-CSRF", "1"), 200, allowed, false},
		{"expired session", header("Cookie", expired, "X-CSRF", "1"), 200, allowed, true},
		{"session cookie without X-CSRF", header("Cookie", current), 403, `"csrf-header-missing"`, false},
		{"no credential", header(), 401, `"no-token"`, false},
		{"no permission", bearer(kindetest.With("permissions", []string{})), 403, `"not-allowed"`, false},
		{"expired Bearer token", bearer(kindetest.ExpiresIn(-time.Hour)), 401, `"invalid-token"`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/api/reports", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = c.header
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != c.status || !strings.Contains(string(body), c.holds) {
				t.Errorf("got %d %.300s, %v, want %d with %s", res.StatusCode, body, err, c.status, c.holds)
			}
			set := false
			for _, cookie := range res.Cookies() {
				set = set || cookie.Name == "session" && cookie.Value != ""
			}
			if set != c.refresh {
				t.Errorf("session cookie set: %v, want %v", set, c.refresh)
			}
		})
	}
}

// sessionCookie is the Cookie header of a session with those tokens.
func (s served) sessionCookie(t *testing.T, tokens session.Tokens) string {
	t.Helper()
	box, err := session.NewBox([][]byte{sessionKey}, s.kinde.URL, kindetest.ClientID, s.site)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	if err := session.NewCookies(s.site, box, time.Now).Write(h, functiontest.NewSession(tokens)); err != nil {
		t.Fatal(err)
	}
	return functiontest.Kept(h)
}
