package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/shared/kindetest"
)

func start(t *testing.T) (*kindetest.Kinde, func(token string) *httptest.ResponseRecorder) {
	t.Helper()
	tenant, err := kindetest.Serve(kindetest.Options{Site: "https://site.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	settings := map[string]string{"KINDE_ISSUER_URL": tenant.URL, "KINDE_CLIENT_ID": kindetest.ClientID, "KINDE_SITE_URL": "https://site.example", "UPSTREAM_TIMEOUT": "300ms"}
	function := function
	function.Output = &bytes.Buffer{}
	function.Lookup = func(name string) (string, bool) { value, ok := settings[name]; return value, ok }
	handler := function.Handler()
	return tenant.Kinde, func(token string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/user-profile", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
}

func TestEveryPersonGetsTheirOwnProfile(t *testing.T) {
	tenant, get := start(t)
	for range 3 { // on a warm process too
		for _, person := range kindetest.DemoPeople() {
			w := get(tenant.Mint(kindetest.For(person.ID)))
			var profile struct{ Sub, Email string }
			if err := json.Unmarshal(w.Body.Bytes(), &profile); w.Code != 200 || err != nil || profile.Sub != person.ID || profile.Email != person.Email {
				t.Errorf("%s: %d %s", person.ID, w.Code, w.Body)
			}
			if w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("type %s", w.Header().Get("Content-Type"))
			}
		}
	}
}

func TestTroubleUpstream(t *testing.T) {
	tenant, get := start(t)
	for name, row := range map[string]struct {
		fault      kindetest.Fault
		status     int
		code       string
		retryAfter string
	}{
		"401":       {kindetest.Fault{Status: 401}, 401, "invalid-token", ""},
		"403":       {kindetest.Fault{Status: 403}, 401, "invalid-token", ""},
		"404":       {kindetest.Fault{Status: 404}, 502, "upstream-misconfigured", ""},
		"429":       {kindetest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"60"}}}, 429, "upstream-throttled", "60"},
		"500":       {kindetest.Fault{Status: 500}, 502, "upstream-failed", ""},
		"hangs":     {kindetest.Fault{Hang: true}, 504, "upstream-timeout", ""},
		"resets":    {kindetest.Fault{Reset: true}, 502, "upstream-failed", ""},
		"not JSON":  {kindetest.Fault{Malformed: true}, 502, "upstream-failed", ""},
		"truncated": {kindetest.Fault{Truncated: true}, 502, "upstream-failed", ""},
		"5 MB":      {kindetest.Fault{Huge: 5 << 20}, 502, "upstream-failed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tenant.ClearFaults()
			tenant.Fault("/oauth2/", row.fault)
			w := get(tenant.Mint())
			if w.Code != row.status || !strings.Contains(w.Body.String(), `"code":"`+row.code+`"`) || w.Header().Get("Retry-After") != row.retryAfter {
				t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
			}
		})
	}
	tenant.ClearFaults()
	tenant.Fault("/oauth2/", kindetest.Fault{Status: 503, Times: 1})
	if w := get(tenant.Mint()); w.Code != 200 {
		t.Errorf("one 503 is not tried again: %d", w.Code)
	}
}
