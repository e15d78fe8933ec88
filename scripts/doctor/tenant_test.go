package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/local/kindetest"
)

func TestGoodTenantHasNothingToFix(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	for name, changes := range map[string][]string{
		"everything": nil,
		"no machine": {"KINDE_M2M_CLIENT_ID", "", "KINDE_M2M_CLIENT_SECRET", "", "CONNECTED_APPS", ""},
		"no device":  {"KINDE_DEVICE_CLIENT_ID", ""},
		"one sample scope": {"KINDE_SCOPES", "openid offline " + kindetest.SampleScope, "KINDE_AUDIENCE",
			kindetest.SampleAudience},
	} {
		p.Kinde.ForgetCalls()
		checks := p.check(t, changes...)
		for id, c := range fixes(checks) {
			t.Errorf("%s: %s: %s", name, id, text(c))
		}
		if len(checks) != len(checklist()) {
			t.Errorf("%s: got %d checks, want %d", name, len(checks), len(checklist()))
		}
		p.checkRequests(t, name)
	}
}

// checkRequests checks that a tenant got few requests, and credentials only in the bodies of
// those that need them.
func (p *tenant) checkRequests(t *testing.T, name string) {
	t.Helper()
	calls := p.Kinde.Calls("/")
	tokens := 0
	for _, call := range calls {
		if call.Form.Get("grant_type") == "client_credentials" {
			tokens++
		}
		if strings.Contains(call.Query.Encode(), "secret") || call.Header.Get("Authorization") != "" &&
			call.Form.Get("token") == "" && !strings.HasPrefix(call.Path, "/api/") {
			t.Errorf("%s: %s %s carries a credential", name, call.Method, call.Path)
		}
	}
	if tokens > 1 || len(calls) > 12 {
		t.Errorf("%s: got %d requests, %d of them for a machine token", name, len(calls), tokens)
	}
}

func TestOneMachineTokenWhateverKindeResponds(t *testing.T) {
	for _, pattern := range []string{"/oauth2/introspect", "/api/"} {
		p := newTenant(t, kindetest.Options{})
		p.Kinde.Fault(pattern, kindetest.Fault{Status: 401})
		p.check(t)
		p.checkRequests(t, pattern)
	}
	p := newTenant(t, kindetest.Options{})
	p.Kinde.Fault("POST /oauth2/token", kindetest.Fault{Body: machineToken(`"aud":[]`)}) // whose life is over at once
	p.check(t, "KINDE_CLIENT_SECRET", "", "SESSION_KEYS", "")
	p.checkRequests(t, "a token without a life")
}

func TestFaultsOfTenantAreFound(t *testing.T) {
	closed := newTenant(t, kindetest.Options{})
	closed.Close()
	for name, row := range map[string]struct {
		options kindetest.Options
		fault   string
		how     kindetest.Fault
		changes []string
		id      string
		has     []string
	}{
		"unreachable": {changes: []string{"KINDE_ISSUER_URL", closed.URL}, id: "tenant.discovery",
			has: []string{"connection refused", "curl -i " + closed.URL}},
		"redirects": {fault: "/.well-known/", how: kindetest.Fault{Status: 301,
			Header: http.Header{"Location": {"https://auth.example.com/x"}}},
			id: "tenant.discovery", has: []string{"301", "netlify env:set KINDE_ISSUER_URL https://auth.example.com\""}},
		"another issuer": {options: kindetest.Options{Quirks: kindetest.Quirks{DiscoveryIssuer: "https://auth.example.com"}},
			id: "tenant.issuer", has: []string{"the tenant's issuer is https://auth.example.com",
				"netlify env:set KINDE_ISSUER_URL https://auth.example.com\"", "KINDE_MANAGEMENT_URL http"}},
		"no metadata": {fault: "/.well-known/openid-configuration", how: kindetest.Fault{Body: "<html>"},
			id: "tenant.discovery", has: []string{"is not a tenant's metadata"}},
		"in trouble": {fault: "/.well-known/openid-configuration", how: kindetest.Fault{Status: 500},
			id: "tenant.discovery", has: []string{"try again later"}},
		"keys of none": {fault: "/.well-known/jwks", how: kindetest.Fault{Body: `{"keys":[]}`}, id: "tenant.keys",
			has: []string{"no usable RSA key"}},
		"keys in trouble": {fault: "/.well-known/jwks", how: kindetest.Fault{Status: 500}, id: "tenant.keys",
			has: []string{"500"}},
		"a clock behind": {options: kindetest.Options{Now: clock(-3 * time.Minute)}, id: "tenant.clock",
			has: []string{"3m0s ahead of Kinde's", "timedatectl"}},
		"a clock ahead": {options: kindetest.Options{Now: clock(40 * time.Second)}, id: "tenant.clock",
			has: []string{"behind Kinde's"}},
		"management is off": {changes: []string{"KINDE_MANAGEMENT_URL", closed.URL}, id: "tenant.management",
			has: []string{"connection refused", "KINDE_MANAGEMENT_URL https://your_subdomain.kinde.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTenant(t, row.options)
			if row.fault != "" {
				p.Kinde.Fault(row.fault, row.how)
			}
			wantCheck(t, p.check(t, row.changes...)[row.id], toFix, row.has...)
		})
	}
}

// Checks that depend on a failed one are skipped and name it.
func TestDependentChecksAreSkipped(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	p.Kinde.Fault("/.well-known/openid-configuration", kindetest.Fault{Status: 404})
	checks := p.check(t)
	if m := fixes(checks); len(m) != 1 {
		t.Errorf("got %d checks to fix, want 1: %v", len(m), m)
	}
	for _, id := range []string{"tenant.keys", "application.credentials", "machine.credentials", "device.client"} {
		if c := checks[id]; c.State != isSkipped || c.Found != "because of tenant.discovery" {
			t.Errorf("got %s", text(c))
		}
	}
	if len(p.Kinde.Calls("/")) != 1 {
		t.Errorf("got %d requests, want 1", len(p.Kinde.Calls("/")))
	}
}

func TestChecksAreInFixOrder(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	p.Kinde.Fault("/.well-known/jwks", kindetest.Fault{Status: 403})
	p.env["KINDE_CLIENT_SECRET"], p.env["KINDE_SCOPES"], p.env["KINDE_M2M_CLIENT_SECRET"] = "wrong", "profile", "wrong"
	var order []string
	for _, c := range runChecks(t.Context(), p.env, "") {
		if c.State == toFix {
			order = append(order, c.ID)
		}
	}
	want := []string{"settings.KINDE_SCOPES", "settings.applications", "tenant.keys", "application.credentials",
		"machine.credentials"}
	if !slices.Equal(order, want) {
		t.Errorf("got %v, want %v", order, want)
	}
}

func TestUnclearRedirectIsANote(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	p.Kinde.Fault("/oauth2/auth", kindetest.Fault{Status: 302,
		Header: http.Header{"Location": {"https://acme.kinde.com/auth/cx/_:login"}}})
	p.Kinde.Fault("/logout", kindetest.Fault{Status: 302, Header: http.Header{"Location": {"https://acme.kinde.com/bye"}}})
	checks := p.check(t)
	for _, id := range []string{"application.callback-url", "application.logout-url"} {
		if c := checks[id]; c.State != isNote || !strings.Contains(text(c), site+"/") {
			t.Errorf("got %s", text(c))
		}
	}
	if c := checks["application.sign-in"]; c.State != isSkipped {
		t.Errorf("got %s", text(c))
	}
	p.Kinde.ClearFaults()
	p.Kinde.Fault("/oauth2/auth", kindetest.Fault{Status: 200, Body: "<h1>Welcome</h1>"})
	wantCheck(t, p.check(t)["application.callback-url"], toFix,
		sentence(strings.Replace(kinde.CallbackRemedy, "<KINDE_SITE_URL>/auth/callback", "this", 1)))
}
