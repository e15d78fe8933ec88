//go:build realtools

package hosts

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/functiontest"
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/route"
)

// extraOrigin may call the JSON API from a browser.
const extraOrigin = "https://app.example"

// served is the project as a host serves it.
type served struct {
	base  string // where the host listens
	site  string // KINDE_SITE_URL
	kinde *kindetest.Server
	log   *functiontest.Log // all that the functions print
}

// startKinde starts an embedded Kinde for the site, for the test's time.
func startKinde(t *testing.T, site string) *kindetest.Server {
	t.Helper()
	kinde, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kinde.Close)
	return kinde
}

// call is a request and what must come back. Every value of header, location
// and body is matched exactly.
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
	body     map[string]any // members of the JSON answer
	holds    string         // a part of the answer's text
}

// checkContract calls every function that exists as browsers and programs do.
func (s served) checkContract(t *testing.T) {
	good, expired := s.kinde.Kinde.Mint(), s.kinde.Kinde.Mint(kindetest.ExpiresIn(-time.Hour))
	for _, c := range slices.Concat(s.portalCalls(good, expired), s.apiCalls(good, expired), accountCalls(good), tokenCalls(good), s.healthCalls()) {
		t.Run(c.name, func(t *testing.T) { s.check(t, c) })
	}
	t.Run("portal link", func(t *testing.T) { s.checkPortalLink(t, good) })
	t.Run("sign-in", s.checkSignIn)
	t.Run("device", s.checkDevice)
	t.Run("both addresses", s.checkAddresses)
	t.Run("log", func(t *testing.T) { s.checkLog(t, good) })
}

func (s served) portalCalls(good, expired string) []call {
	page := func(code string) string { return s.site + "/access/?error=" + code }
	const asJSON = "application/json"
	return []call{
		{name: "portal without a token", path: "/portal", status: 302, location: page("no-token")},
		{name: "portal with an expired token", path: "/portal", token: expired, status: 302, location: page("no-token")},
		{name: "portal with a bad subnav", path: "/portal?subnav=Plan", token: good, status: 302, location: page("invalid-parameter")},
		{name: "portal with another site's return_url", path: "/portal?return_url=https%3A%2F%2Fevil.example%2F", token: good, status: 302, location: page("invalid-return-url")},
		{name: "portal JSON without a token", path: "/portal", accept: asJSON, status: 401, body: map[string]any{"code": "no-token"}, header: map[string]string{"Www-Authenticate": "Bearer"}},
		{name: "portal JSON with a bad return_url", path: "/portal?return_url=%2F%2Fevil.example", token: good, accept: asJSON, status: 400, body: map[string]any{"code": "invalid-return-url"}},
		{name: "portal by POST", method: "POST", path: "/portal", token: good, accept: asJSON, status: 405, body: map[string]any{"code": "method-not-allowed"}},
	}
}

func (s served) apiCalls(good, expired string) []call {
	const path = "/api/user-profile"
	return []call{
		{name: "profile", path: path, token: good, status: 200, body: map[string]any{"sub": kindetest.DemoPerson}},
		{name: "profile without a token", path: path, status: 401, body: map[string]any{"code": "no-token"}, header: map[string]string{"Www-Authenticate": "Bearer"}},
		{name: "profile with an expired token", path: path, token: expired, status: 401, body: map[string]any{"code": "invalid-token"}},
		{name: "profile with an unknown parameter", path: path + "?user_id=x", token: good, status: 400, body: map[string]any{"code": "invalid-parameter"}},
		{name: "profile for another origin", path: path, token: good, origin: extraOrigin, status: 200, header: map[string]string{"Access-Control-Allow-Origin": extraOrigin}},
		{name: "profile for a stranger's origin", path: path, token: good, origin: "https://evil.example", status: 200, header: map[string]string{"Access-Control-Allow-Origin": ""}},
	}
}

// accountCalls ask the Account API for a page, a whole list, one entry and
// several parts, with keys that hosts treat in ways of their own.
func accountCalls(good string) []call {
	more, whole := "\"has_more\":true", map[string]any{"metadata": map[string]any{"has_more": false}}
	return []call{
		{name: "a page", path: "/api/entitlements?page_size=3", token: good, status: 200, holds: more},
		{name: "a whole list", path: "/api/entitlements?all=true", token: good, status: 200, body: whole},
		{name: "another list", path: "/api/roles", token: good, status: 200, holds: `"roles":[`},
		{name: "a page too large", path: "/api/entitlements?page_size=101", token: good, status: 400, body: map[string]any{"code": "invalid-parameter"}},
		{name: "a page without a token", path: "/api/permissions", status: 401, body: map[string]any{"code": "no-token"}},
		{name: "one", path: "/api/entitlements/seats", token: good, status: 200, holds: `"feature_key":"seats"`},
		{name: "one by an unusual key", path: "/api/entitlements/unicode_%E5%90%8D%E5%89%8D", token: good, status: 200, holds: `"entitlement":`},
		{name: "one without it", path: "/api/entitlements/no_such_feature", token: good, status: 404, body: map[string]any{"code": "not-entitled"}},
		{name: "several parts", path: "/api/account?include=profile,roles", token: good, status: 200, holds: `"profile":{`},
		{name: "an unknown part", path: "/api/account?include=secrets", token: good, status: 400, body: map[string]any{"code": "invalid-parameter"}},
	}
}

func (s served) healthCalls() []call {
	none := []any{}
	return []call{{name: "health", path: "/api/health", status: 200, body: map[string]any{"missing": none, "wrong": none}}}
}

// send makes a request without following redirects and reads the answer.
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
	res, err := patient.Do(r)
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

// patient waits for a host's tool on a busy machine, and follows no redirect.
var patient = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (s served) check(t *testing.T, c call) {
	t.Helper()
	res, body := s.send(t, c)
	if res.StatusCode != c.status {
		t.Errorf("status %d, want %d; body %.300s", res.StatusCode, c.status, body)
	}
	if got := res.Header.Get("Location"); got != c.location {
		t.Errorf("Location %q, want %q", got, c.location)
	}
	for name, want := range c.header {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	checkHeaders(t, res)
	if c.body != nil {
		checkMembers(t, body, c.body)
	}
	if !strings.Contains(strings.ReplaceAll(string(body), ": ", ":"), c.holds) {
		t.Errorf("no %s in %.300s", c.holds, body)
	}
}

// checkHeaders checks what every answer of a function carries.
func checkHeaders(t *testing.T, res *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := res.Header.Values(name); len(got) == 0 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if res.Header.Get("X-Request-Id") == "" || !strings.Contains(res.Header.Get("Server-Timing"), "app;dur=") {
		t.Errorf("no X-Request-Id or Server-Timing in %v", res.Header)
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
			t.Errorf("%s is %s, want %s", name, g, w)
		}
	}
}

// checkPortalLink goes through the portal's door: the link leads to Kinde, and
// Kinde was asked with the caller's own parameters.
func (s served) checkPortalLink(t *testing.T, token string) {
	const pattern = "GET /account_api/v1/portal_link"
	s.kinde.Kinde.ForgetCalls()
	res, body := s.send(t, call{path: "/portal?subnav=plan_selection&return_url=%2Fdemo%2F%3Fa%3Db%2520c&utm_source=mail", token: token})
	checkHeaders(t, res)
	link, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusFound || link.Scheme+"://"+link.Host != s.kinde.URL {
		t.Fatalf("status %d, Location %q, body %.300s", res.StatusCode, res.Header.Get("Location"), body)
	}
	calls := s.kinde.Kinde.Calls(pattern)
	if len(calls) != 1 {
		t.Fatalf("%d calls of %s, want 1", len(calls), pattern)
	}
	want := url.Values{"subnav": {"plan_selection"}, "return_url": {s.site + "/demo/?a=b%20c"}}
	if got := calls[0].Query; got.Encode() != want.Encode() {
		t.Errorf("asked Kinde for %v, want %v", got, want)
	}
	if got := calls[0].Header.Get("Authorization"); got != "Bearer "+token {
		t.Error("asked Kinde with another token than the caller's")
	}
}

// checkAddresses calls each row of the route table at both of its addresses:
// with a method that it does not have, and without a token where it needs one.
// That the answers are the function's own shows that its host passes it both.
func (s served) checkAddresses(t *testing.T) {
	for _, row := range route.Table {
		for _, path := range []string{row.Pattern, row.Address()} {
			path = placeholders.Replace(path)
			t.Run(path, func(t *testing.T) {
				wrong := call{method: http.MethodDelete, path: path, accept: "application/json"}
				res, body := s.send(t, wrong)
				if res.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(res.Header.Get("Allow"), row.Method) {
					t.Errorf("status %d, Allow %q, want 405 and %s; body %.300s", res.StatusCode, res.Header.Get("Allow"), row.Method, body)
				}
				checkHeaders(t, res)
				if row.Access == route.User {
					s.check(t, call{method: row.Method, path: path, accept: "application/json", status: 401, body: map[string]any{"code": "no-token"}})
				}
			})
		}
	}
}

// checkLog checks that the functions logged, and nothing that must stay out of
// a log: not even a token's first characters.
func (s served) checkLog(t *testing.T, token string) {
	log := s.log.String()
	if !strings.Contains(log, `"msg":"request"`) {
		t.Error("the functions logged no request")
	}
	for _, secret := range []string{token[:20], kindetest.ClientSecret, kindetest.DemoPersonByID(kindetest.DemoPerson).Email} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// placeholders fills in the patterns' placeholders.
var placeholders = strings.NewReplacer("{key}", "seats", "{app}", "sample_drive")
