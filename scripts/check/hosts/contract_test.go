//go:build realtools

package hosts

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/route"
)

// extraOrigin may call the JSON API from a browser.
const extraOrigin = "https://app.example"

// served is the project as a host serves it.
type served struct {
	base  string // where the host listens
	site  string // KINDE_SITE_URL
	kinde *kindetest.Server
	log   *functiontest.Log // everything that the functions print
}

// startKinde starts an embedded Kinde for the site until the test ends.
func startKinde(t *testing.T, site string) *kindetest.Server {
	t.Helper()
	kinde, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kinde.Close)
	return kinde
}

// call is a request and its expected response. Values of header, location and body are
// compared exactly.
type call struct {
	name     string
	method   string // GET when empty
	path     string
	token    string
	accept   string
	origin   string
	form     string // the body of a POST
	status   int
	location string // "" for none
	header   map[string]string
	body     map[string]any // members of the JSON response
	holds    string         // a part of the response's body
}

// testContract calls every function as browsers and programs do.
func (s served) testContract(t *testing.T) {
	good, expired := s.kinde.Kinde.Mint(), s.kinde.Kinde.Mint(kindetest.ExpiresIn(-time.Hour))
	for _, c := range slices.Concat(s.portalCalls(good, expired), apiCalls(good, expired), accountCalls(good),
		tokenCalls(good), healthCalls()) {
		t.Run(c.name, func(t *testing.T) { s.check(t, c) })
	}
	t.Run("portal link", func(t *testing.T) { s.testPortalLink(t, good) })
	t.Run("sign-in", s.testSignIn)
	t.Run("device", s.testDevice)
	t.Run("routes", s.testRoutes)
	t.Run("log", func(t *testing.T) { s.testLog(t, good) })
}

func (s served) portalCalls(good, expired string) []call {
	page := func(code string) string { return s.site + "/access/?error=" + code }
	const asJSON = "application/json"
	return []call{
		{name: "portal without a token", path: "/portal", status: 302, location: page("no-token")},
		{name: "portal with an expired token", path: "/portal", token: expired, status: 302, location: page("no-token")},
		{name: "portal with a bad subnav", path: "/portal?subnav=Plan", token: good,
			status: 302, location: page("invalid-parameter")},
		{name: "portal with a return URL of another site",
			path: "/portal?return_url=https%3A%2F%2Fevil.example%2F", token: good,
			status: 302, location: page("invalid-return-url")},
		{name: "portal as JSON without a token", path: "/portal", accept: asJSON, status: 401,
			body: map[string]any{"code": "no-token"}, header: map[string]string{"Www-Authenticate": "Bearer"}},
		{name: "portal as JSON with a bad return URL",
			path: "/portal?return_url=%2F%2Fevil.example", token: good, accept: asJSON,
			status: 400, body: map[string]any{"code": "invalid-return-url"}},
		{name: "portal by POST", method: "POST", path: "/portal", token: good, accept: asJSON,
			status: 405, body: map[string]any{"code": "method-not-allowed"}},
	}
}

func apiCalls(good, expired string) []call {
	const path = "/api/user-profile"
	allowed := func(origin string) map[string]string { return map[string]string{"Access-Control-Allow-Origin": origin} }
	return []call{
		{name: "profile", path: path, token: good, status: 200, body: map[string]any{"sub": kindetest.DemoUser}},
		{name: "profile without a token", path: path, status: 401,
			body: map[string]any{"code": "no-token"}, header: map[string]string{"Www-Authenticate": "Bearer"}},
		{name: "profile with an expired token", path: path, token: expired,
			status: 401, body: map[string]any{"code": "invalid-token"}},
		{name: "profile with an unknown parameter", path: path + "?user_id=x", token: good,
			status: 400, body: map[string]any{"code": "invalid-parameter"}},
		{name: "profile from an allowed origin", path: path, token: good, origin: extraOrigin,
			status: 200, header: allowed(extraOrigin)},
		{name: "profile from another origin", path: path, token: good, origin: "https://evil.example",
			status: 200, header: allowed("")},
	}
}

// accountCalls request a page, a whole list, one entitlement and several parts, with
// keys that hosts may decode in their own ways.
func accountCalls(good string) []call {
	code := func(code string) map[string]any { return map[string]any{"code": code} }
	return []call{
		{name: "a page of entitlements", path: "/api/entitlements?page_size=3", token: good,
			status: 200, holds: `"has_more":true`},
		{name: "all entitlements", path: "/api/entitlements?all=true", token: good, status: 200,
			body: map[string]any{"metadata": map[string]any{"has_more": false}}},
		{name: "roles", path: "/api/roles", token: good, status: 200, holds: `"roles":[`},
		{name: "a page that is too large", path: "/api/entitlements?page_size=101", token: good,
			status: 400, body: code("invalid-parameter")},
		{name: "permissions without a token", path: "/api/permissions", status: 401, body: code("no-token")},
		{name: "an entitlement", path: "/api/entitlements/seats", token: good,
			status: 200, holds: `"feature_key":"seats"`},
		{name: "an entitlement with an unusual key", path: "/api/entitlements/unicode_%E5%90%8D%E5%89%8D", token: good,
			status: 200, holds: `"entitlement":`},
		{name: "an entitlement that the plan lacks", path: "/api/entitlements/no_such_feature", token: good,
			status: 404, body: code("not-entitled")},
		{name: "several parts", path: "/api/account?include=profile,roles", token: good,
			status: 200, holds: `"profile":{`},
		{name: "an unknown part", path: "/api/account?include=secrets", token: good,
			status: 400, body: code("invalid-parameter")},
	}
}

func healthCalls() []call {
	none := map[string]any{"missing": []any{}, "wrong": []any{}}
	return []call{{name: "health", path: "/api/health", status: 200, body: none}}
}

// send sends a request without following redirects and reads the response.
func (s served) send(t *testing.T, c call) (*http.Response, []byte) {
	t.Helper()
	method := c.method
	if method == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+c.path, strings.NewReader(c.form))
	if err != nil {
		t.Fatal(err)
	}
	if c.form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range map[string]string{"Accept": c.accept, "Origin": c.origin} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

// client has time for a host's tool on a busy machine, and follows no redirect.
var client = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (s served) check(t *testing.T, c call) {
	t.Helper()
	res, body := s.send(t, c)
	if res.StatusCode != c.status {
		t.Errorf("got status %d, want %d; body %.300s", res.StatusCode, c.status, body)
	}
	if got := res.Header.Get("Location"); got != c.location {
		t.Errorf("got Location %q, want %q", got, c.location)
	}
	for name, want := range c.header {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	checkHeaders(t, res)
	if c.body != nil {
		checkMembers(t, body, c.body)
	}
	if !strings.Contains(strings.ReplaceAll(string(body), ": ", ":"), c.holds) {
		t.Errorf("got %.300s, want %s in it", body, c.holds)
	}
}

// checkHeaders checks the headers that every response of a function has.
func checkHeaders(t *testing.T, res *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := res.Header.Values(name); len(got) == 0 || got[0] != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if res.Header.Get("X-Request-Id") == "" || !strings.Contains(res.Header.Get("Server-Timing"), "app;dur=") {
		t.Errorf("got headers %v, want X-Request-Id and Server-Timing", res.Header)
	}
}

func checkMembers(t *testing.T, body []byte, want map[string]any) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	for name, value := range want {
		w, _ := json.Marshal(value)
		if g, _ := json.Marshal(got[name]); string(g) != string(w) {
			t.Errorf("%s: got %s, want %s", name, g, w)
		}
	}
}

// testPortalLink checks that the link leads to Kinde, and that it was requested with the
// caller's own parameters and token.
func (s served) testPortalLink(t *testing.T, token string) {
	const pattern = "GET /account_api/v1/portal_link"
	s.kinde.Kinde.ForgetCalls()
	const path = "/portal?subnav=plan_selection&return_url=%2Fdemo%2F%3Fa%3Db%2520c&utm_source=mail"
	res, body := s.send(t, call{path: path, token: token})
	checkHeaders(t, res)
	link, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusFound || link.Scheme+"://"+link.Host != s.kinde.URL {
		t.Fatalf("got status %d, Location %q, body %.300s, want 302 to Kinde",
			res.StatusCode, res.Header.Get("Location"), body)
	}
	calls := s.kinde.Kinde.Calls(pattern)
	if len(calls) != 1 {
		t.Fatalf("got %d requests of %s, want 1", len(calls), pattern)
	}
	want := url.Values{"subnav": {"plan_selection"}, "return_url": {s.site + "/demo/?a=b%20c"}}
	if got := calls[0].Query; got.Encode() != want.Encode() {
		t.Errorf("got parameters %v at Kinde, want %v", got, want)
	}
	if got := calls[0].Header.Get("Authorization"); got != "Bearer "+token {
		t.Error("got another token than the caller's at Kinde")
	}
}

// testRoutes calls each row of the route table at both of its addresses, with a method
// that it does not have and, where it needs one, without a token. Only the function itself
// responds so, which shows that the host routes both addresses to it.
func (s served) testRoutes(t *testing.T) {
	for _, row := range route.Table {
		for _, path := range []string{row.Pattern, row.Address()} {
			path = placeholders.ReplaceAllString(path, "sample_drive")
			t.Run(row.Method+" "+path, func(t *testing.T) {
				if row.Method != route.AnyMethod {
					s.testOtherMethod(t, row.Method, path)
				}
				if row.Access == route.User {
					method := row.Methods()[0]
					s.check(t, call{method: method, path: path, accept: "application/json", status: 401,
						body: map[string]any{"code": "no-token"}})
				}
			})
		}
	}
}

func (s served) testOtherMethod(t *testing.T, method, path string) {
	t.Helper()
	res, body := s.send(t, call{method: http.MethodDelete, path: path, accept: "application/json"})
	allow := res.Header.Get("Allow")
	if res.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(allow, method) {
		t.Errorf("DELETE: got status %d, Allow %q, body %.300s, want 405 and %s", res.StatusCode, allow, body, method)
	}
	checkHeaders(t, res)
}

// testLog checks that the functions logged requests, and no part of a token, no secret
// and no e-mail address.
func (s served) testLog(t *testing.T, token string) {
	log := s.log.String()
	if !strings.Contains(log, `"msg":"request"`) {
		t.Error("got no request in the log")
	}
	email := kindetest.DemoUserByID(kindetest.DemoUser).Email
	for _, secret := range []string{token[:20], kindetest.ClientSecret, email} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("got %q in the log", secret)
		}
	}
}

// placeholders match the parts of a pattern that stand for any text.
var placeholders = regexp.MustCompile(`\{\w+\+?\}`)
