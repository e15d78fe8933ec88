package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/scripts/gate/probe"
	"kinde-functions/shared/local/kindetest"
)

// finding is what one check must report of a tenant.
type finding struct {
	options kindetest.Options
	fault   string
	how     kindetest.Fault
	changes []string
	id      string
	state   state
	has     []string
}

func (f finding) test(t *testing.T) {
	t.Helper()
	p := newTenant(t, f.options)
	if f.fault != "" {
		p.Kinde.Fault(f.fault, f.how)
	}
	wantCheck(t, p.check(t, f.changes...)[f.id], f.state, f.has...)
}

func TestLoginURIIsCompared(t *testing.T) {
	const id = "application.login-uri"
	clickPath := []string{"View details: Application login URI", `"copy":"` + site + `/auth/login"`}
	for name, row := range map[string]finding{
		"set": {id: id, state: isOK, has: []string{site + "/auth/login"}},
		"not set": {options: kindetest.Options{Clients: clients(kindetest.ClientID,
			func(c *kindetest.Client) { c.LoginURI = "" })},
			id: id, state: toFix, has: append(clickPath, "not set", "doctor -mend")},
		"another": {options: kindetest.Options{Clients: clients(kindetest.ClientID,
			func(c *kindetest.Client) { c.LoginURI = "https://old.example/" })},
			id: id, state: toFix, has: append(clickPath, "https://old.example/")},
		"without the scope": {options: kindetest.Options{Clients: withScopes(kindetest.DefaultClients(site), "read:users")},
			id: id, state: isNote, has: append(clickPath, "read:applications")},
		"without a machine": {changes: []string{"KINDE_M2M_CLIENT_ID", "", "KINDE_M2M_CLIENT_SECRET", "", "CONNECTED_APPS",
			""},
			id: id, state: isNote, has: clickPath},
		"refused": {fault: "/api/v1/applications/", how: kindetest.Fault{Status: 403}, id: id, state: isNote,
			has: clickPath},
		"no site": {changes: []string{"KINDE_SITE_URL", ""}, id: id, state: isSkipped},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); row.test(t) })
	}
}

func TestPreviewCallbacksAreTried(t *testing.T) {
	const id = "application.preview-callbacks"
	change := []string{"PREVIEW_ORIGINS", previews + ", https://branch-*.site.example"}
	wildcards := clients(kindetest.ClientID, func(c *kindetest.Client) {
		c.Callbacks = append(c.Callbacks, previews+"/auth/callback", "https://branch-*.site.example/auth/callback")
	})
	for name, row := range map[string]finding{
		"not set": {id: id, state: isSkipped, has: []string{"PREVIEW_ORIGINS is not set"}},
		"registered": {options: kindetest.Options{Clients: wildcards}, changes: change, id: id, state: isOK,
			has: []string{previews}},
		"not registered": {changes: change, id: id, state: toFix,
			has: []string{`"copy":"` + previews + `/auth/callback"`, "https://branch-*.site.example/auth/callback",
				"doctor -mend"}},
		"throttled": {changes: change, fault: "/oauth2/auth", how: throttled, id: id, state: toFix, has: []string{"429"}},
		"malformed": {changes: []string{"PREVIEW_ORIGINS", "https://*.site.example"}, id: id, state: isSkipped},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); row.test(t) })
	}
}

func TestMissingClaimsScopeIsANote(t *testing.T) {
	const id = "machine.claims-refresh"
	for name, row := range map[string]finding{
		"given": {id: id, state: isOK, has: []string{"update:user_refresh_claims"}},
		"missing": {options: kindetest.Options{Clients: withScopes(kindetest.DefaultClients(site), "read:connected_apps",
			"create:connected_apps")},
			id: id, state: isNote, has: []string{`"copy":"update:user_refresh_claims"`, "Manage scopes"}},
		"no sessions": {changes: []string{"SESSION_KEYS", ""}, id: id, state: isSkipped},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); row.test(t) })
	}
}

func TestOwnAPIsAreReachable(t *testing.T) {
	const id = "apis.reachable"
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Error("the API got a credential")
		}
		if strings.HasPrefix(r.URL.Path, "/moved/") {
			http.Redirect(w, r, "/elsewhere/", http.StatusMovedPermanently)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer api.Close()
	for name, row := range map[string]finding{
		"none": {id: id, state: isSkipped},
		"reachable": {changes: []string{"PROXY_APIS", "a=" + api.URL + " b=" + api.URL + "/v1"}, id: id, state: isOK,
			has: []string{"a responds 401, b responds 401"}},
		"unreachable": {changes: []string{"PROXY_APIS", "a=" + api.URL + " b=http://127.0.0.1:1/v1"}, id: id, state: toFix,
			has: []string{"b at http://127.0.0.1:1", "curl -i http://127.0.0.1:1/v1/"}},
		"redirects": {changes: []string{"PROXY_APIS", "a=" + api.URL + "/moved"}, id: id, state: isNote,
			has: []string{"a responds 301"}},
		"malformed": {changes: []string{"PROXY_APIS", "a"}, id: id, state: isSkipped},
	} {
		t.Run(name, func(t *testing.T) { row.test(t) })
	}
}

// A page that is served without a pass is to fix, except on the developer's own machine,
// where scripts/dev runs no edge.
func TestServedProtectedPageIsToFix(t *testing.T) {
	for url, want := range map[string]state{"https://site.example": toFix, "http://localhost:8888": isNote} {
		got := newDoctor(map[string]string{}, url).judgePages([]string{"/members/", "/MEMBERS/"},
			map[string]probe.Result{"/members/": probe.ToGate, "/MEMBERS/": probe.Page})
		if got.state != want || !strings.Contains(got.found, "/MEMBERS/") || strings.Contains(got.found, "/members/") {
			t.Errorf("%s: got %v, want %s that names /MEMBERS/", url, got, want)
		}
	}
}
