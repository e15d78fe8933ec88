package route_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/config"
	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
	"kinde-functions/shared/route"
)

const site = "https://site.example"

// sample is a request for a row and its expected response.
type sample struct {
	target string // the row's path and a query
	status int
	holds  string // part of the body or of Location
	form   string // the request's body
}

var samples = map[string]sample{
	"GET /portal": {"/portal?subnav=profile&return_url=/a%3Fb=c&utm_source=x", 302,
		"/portal_redirect?key=", ""},
	"GET /api/user-profile":       {"/api/user-profile", 200, kindetest.DemoUser, ""},
	"GET /api/entitlements":       {"/api/entitlements?page_size=3", 200, `"has_more":true`, ""},
	"GET /api/entitlements/{key}": {"/api/entitlements/unicode_%E5%90%8D%E5%89%8D", 200, `"entitlement":`, ""},
	"GET /api/feature-flags":      {"/api/feature-flags", 200, `"feature_flags":`, ""},
	"GET /api/permissions":        {"/api/permissions?all=true", 200, `"permissions":`, ""},
	"GET /api/properties":         {"/api/properties", 200, `"properties":`, ""},
	"GET /api/roles":              {"/api/roles", 200, `"roles":`, ""},
	"GET /api/account":            {"/api/account?include=profile,roles", 200, `"profile":`, ""},
	"POST /api/introspect":        {"/api/introspect", 200, `"active":true`, ""},
	"POST /api/revoke":            {"/api/revoke", 200, "", "token=unknown"},
	"POST /api/device/authorize":  {"/api/device/authorize", 200, `"user_code":`, ""},
	"POST /api/device/token":      {"/api/device/token", 400, "`device_code`", ""},
	"GET /api/protected-resource": {"/api/protected-resource", 200, kindetest.DemoUser, ""},
	"GET /api/connected-apps/{app}/connect": {"/api/connected-apps/sample_drive/connect?return_url=/a", 302,
		"/third-party/consent?", ""},
	"GET /api/connected-apps/{app}/token":   {"/api/connected-apps/sample_drive/token", 404, `"not-connected"`, ""},
	"POST /api/connected-apps/{app}/revoke": {"/api/connected-apps/sample_drive/revoke", 404, `"not-connected"`, ""},
	"GET /auth/login":                       {"/auth/login?return_url=/a%3Fb=c&utm_source=x", 302, "/oauth2/auth?", ""},
	"GET /auth/register":                    {"/auth/register?lang=de", 302, "prompt=create", ""},
	"GET /auth/gate":                        {"/auth/gate?return_url=/a%3Fb=c&utm_source=x", 302, "/oauth2/auth?", ""},
	"GET /auth/callback": {"/auth/callback?state=unknown&code=x", 302,
		"/access/?error=login-expired", ""},
	"POST /auth/logout":      {"/auth/logout", 303, "/logout?redirect=" + url.QueryEscape(site+"/"), ""},
	"GET /api/session":       {"/api/session", 200, `"authenticated":true`, ""},
	"GET /api/health":        {"/api/health", 200, `"missing":[]`, ""},
	"POST /auth/refresh":     {"/auth/refresh", 401, `"no-token"`, ""},
	"GET /api/organizations": {"/api/organizations", 200, `"organizations":`, ""},
}

// sampleOf returns the row's sample. For a row without one, any status below 500 is expected.
func sampleOf(row route.Route) sample {
	if s, ok := samples[row.Name()]; ok {
		return s
	}
	return sample{target: regexp.MustCompile(`\{\w+\+?\}`).ReplaceAllString(row.Pattern, "x")}
}

// address returns the sample's target at the row's second address.
func (s sample) address(row route.Route) string {
	literal, _, _ := strings.Cut(row.Pattern, "{")
	own, _, _ := strings.Cut(row.Address(), "{")
	return own + strings.TrimPrefix(s.target, literal)
}

// sessionKey is the only key of SESSION_KEYS.
var sessionKey = []byte("0123456789abcdef0123456789abcdef")

// environment returns the settings that the function uses and no others, as on AWS.
func environment(tenant *kindetest.Server, function string) []string {
	all := tenant.Env()
	all["SESSION_KEYS"] = base64.StdEncoding.EncodeToString(sessionKey)
	all["GATE_KEYS"] = all["SESSION_KEYS"]
	var env, names []string
	for _, setting := range config.Of(function) {
		if value, ok := all[setting.Name()]; ok && !slices.Contains(names, setting.Name()) {
			env, names = append(env, setting.Name()+"="+value), append(names, setting.Name())
		}
	}
	if function == "health" {
		env = append(env, "KINDE_FUNCTIONS_SET="+strings.Join(slices.Collect(maps.Keys(all)), ","))
	}
	return env
}

// TestBuiltFunctions builds each function, runs it under a Runtime API and calls each of
// its routes with the events of every platform.
func TestBuiltFunctions(t *testing.T) {
	tenant, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	token := tenant.Kinde.Mint()
	folder := t.TempDir()
	started := map[string]bool{}
	for _, row := range route.Table {
		if started[row.Function] {
			continue
		}
		started[row.Function] = true
		t.Run(row.Function, func(t *testing.T) {
			t.Parallel()
			binary := filepath.Join(folder, row.Function)
			if err := lambdarun.Build(t.Context(), "kinde-functions/functions/"+row.Function, binary); err != nil {
				t.Fatal(err)
			}
			log := &functiontest.Log{}
			options := lambdarun.Options{Binary: binary, Env: environment(tenant, row.Function), Output: log}
			f, err := lambdarun.Start(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, row := range route.Of(row.Function) {
				testRow(t, f, row, token)
			}
			testDecisions(t, f, row.Function, tenant, log)
			if out := log.String(); strings.Contains(out, token[:20]) || !strings.Contains(out, `"msg":"request"`) {
				t.Errorf("got log %s, want requests and no token", out)
			}
			if f.Starts() != 1 {
				t.Errorf("got %d processes, want 1", f.Starts())
			}
		})
	}
}

// testRow calls a row at both addresses, with a token and without one.
func testRow(t *testing.T, f *lambdarun.Function, row route.Route, token string) {
	t.Helper()
	want := sampleOf(row)
	for _, format := range lambdarun.Formats {
		want := want
		if format == lambdarun.FunctionURL && (row.Function == "login" || row.Function == "gate") {
			// Sign-in requires the site's host, and function URLs have one of AWS.
			want.status, want.holds = http.StatusBadRequest, `"wrong-host"`
		}
		handler := lambdarun.Handler(f, format)
		send := func(target, token string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), row.Methods()[0], site+target, strings.NewReader(want.form))
			r.Header.Set("X-CSRF", "1") // as a page of the site does
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w
		}
		for _, target := range []string{want.target, want.address(row)} {
			w := send(target, token)
			body := strings.ReplaceAll(w.Body.String()+w.Header().Get("Location"), `": `, `":`)
			expected := w.Code == want.status || want.status == 0 && w.Code < http.StatusInternalServerError
			if !expected || !strings.Contains(body, want.holds) || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%v %s: got %d %v %s, want %d %s", format, target, w.Code, w.Header(), w.Body,
					want.status, want.holds)
			}
		}
		if w := send(want.target, ""); row.Access == route.User && w.Code != http.StatusUnauthorized &&
			!strings.HasSuffix(w.Header().Get("Location"), "/access/?error=no-token") {
			t.Errorf("%v %s without a token: got %d %s, want no-token", format, want.target, w.Code, w.Body)
		}
		if w := send("/no/such/path", token); w.Code != http.StatusNotFound {
			t.Errorf("%v: got %d for an unknown path, want 404", format, w.Code)
		}
	}
}
