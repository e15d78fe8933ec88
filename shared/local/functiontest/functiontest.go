// Package functiontest serves a function against an embedded Kinde in the test's process,
// with the same settings, timeouts and log for all functions' tests. A test fails when
// the log holds the token that it sent.
package functiontest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/local/kindetest"
)

// Site is the origin of the site that the function belongs to.
const Site = "https://site.example"

// Fixture is a function and its tenant. Fixtures share no state.
type Fixture struct {
	*kindetest.Kinde
	URL     string // the tenant's origin
	t       testing.TB
	env     map[string]string
	handler http.Handler
	log     Log
}

// Start serves f with valid settings for a tenant with options. settings are alternating
// names and values; an empty value unsets a setting.
func Start(t testing.TB, f endpoint.Function, options kindetest.Options, settings ...string) *Fixture {
	t.Helper()
	options.Site = Site
	tenant, err := kindetest.Serve(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	env := map[string]string{"KINDE_ISSUER_URL": tenant.URL, "KINDE_CLIENT_ID": kindetest.ClientID, "KINDE_SITE_URL": Site,
		"UPSTREAM_TIMEOUT": "500ms"}
	for i := 0; i < len(settings); i += 2 {
		env[settings[i]] = settings[i+1]
	}
	return serve(t, f, tenant, env)
}

// Beside serves another function of the same site, or another instance of one, with the
// same settings.
func (f *Fixture) Beside(other endpoint.Function) *Fixture {
	f.t.Helper()
	return serve(f.t, other, &kindetest.Server{Kinde: f.Kinde, URL: f.URL}, f.env)
}

func serve(t testing.TB, f endpoint.Function, tenant *kindetest.Server, env map[string]string) *Fixture {
	fixture := &Fixture{Kinde: tenant.Kinde, URL: tenant.URL, t: t, env: env}
	f.Output = &fixture.log
	f.Lookup = func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	fixture.handler = f.Handler()
	return fixture
}

// Get sends a GET; header holds alternating names and values.
func (f *Fixture) Get(target string, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.Send(httptest.NewRequestWithContext(f.t.Context(), http.MethodGet, target, nil), header...)
}

// Post sends a POST with a form as its body, or JSON where it begins with a brace.
func (f *Fixture) Post(target, body string, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequestWithContext(f.t.Context(), http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	return f.Send(r, header...)
}

// Send sends a request that the test has made.
func (f *Fixture) Send(r *http.Request, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	if token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); len(token) > 20 &&
		strings.Contains(f.Log(), token[:20]) {
		f.t.Errorf("the token is in the log: %s", f.Log())
	}
	return w
}

// Bearer returns the Authorization header, as name and value, with a valid token of the
// demo user, changed by claims.
func (f *Fixture) Bearer(claims ...kindetest.Claim) []string {
	return []string{"Authorization", "Bearer " + f.Mint(claims...)}
}

// Handler returns the function's handler.
func (f *Fixture) Handler() http.Handler { return f.handler }

// SignedIn is Get with a valid token of the demo user, changed by claims.
func (f *Fixture) SignedIn(target string, claims ...kindetest.Claim) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.Get(target, f.Bearer(claims...)...)
}

// Log returns what the function has logged.
func (f *Fixture) Log() string { return f.log.String() }

// Decisions returns outcome and reason of each `auth` event in the log.
func (f *Fixture) Decisions() []string {
	f.t.Helper()
	var found []string
	for line := range strings.Lines(f.Log()) {
		var event struct{ Msg, Outcome, Reason string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			f.t.Fatalf("log line %q: %v", line, err)
		}
		if event.Msg == "auth" {
			found = append(found, event.Outcome+" "+event.Reason)
		}
	}
	return found
}
