package main

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

// clients returns the default applications, one of them changed.
func clients(id string, change func(*kindetest.Client)) []kindetest.Client {
	list := kindetest.DefaultClients(site)
	change(&list[slices.IndexFunc(list, func(c kindetest.Client) bool { return c.ID == id })])
	return list
}

func oauthError(code string, status int) kindetest.Fault {
	return kindetest.Fault{Status: status, Body: kindetest.ErrorBody(kindetest.ShapeC, code, "")}
}

// refusal is a way in which Kinde refuses a deployment, the check that meets it and the
// remedy that it must show.
type refusal struct {
	options kindetest.Options
	fault   string
	how     kindetest.Fault
	changes []string
	id      string
	remedy  string
}

const bothCodes = `{"errors":[{"code":"INVALID_CREDENTIALS"},{"code":"MISSING_AUDIENCE"}]}`

var throttled = kindetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"30"}}}

var refusals = map[string]refusal{
	"INVALID_CREDENTIALS and MISSING_AUDIENCE": {fault: "/api/v1/connected_apps/token",
		how: kindetest.Fault{Status: 403, Body: bothCodes},
		id:  "machine.management-api", remedy: kinde.ManagementRemedy(coded(403, "MISSING_AUDIENCE"), "")},
	"a machine token for another audience": {fault: "POST /oauth2/token",
		how:     kindetest.Fault{Body: machineToken(`"aud":["https://other"]`), Times: 0},
		changes: []string{"KINDE_CLIENT_SECRET", "", "SESSION_KEYS", ""},
		id:      "machine.audience", remedy: kinde.ManagementRemedy(coded(403, "MISSING_AUDIENCE"), "")},
	"INVALID_CREDENTIALS alone": {options: kindetest.Options{Clients: clients(kindetest.M2MClientID,
		func(c *kindetest.Client) { c.Scopes = []string{"create:connected_apps"} })},
		id: "machine.management-api", remedy: kinde.ManagementRemedy(coded(403), "read:connected_apps")},
	"a scope that is missing": {options: kindetest.Options{Clients: clients(kindetest.M2MClientID,
		func(c *kindetest.Client) { c.Scopes = []string{"read:connected_apps"} })},
		id: "machine.scopes", remedy: kinde.ManagementRemedy(coded(403), "create:connected_apps")},
	"403 from the Management API": {fault: "/api/v1/", how: kindetest.Fault{Status: 403},
		id: "machine.management-api", remedy: kinde.ManagementRemedy(coded(403), "read:connected_apps")},
	"403 on introspection": {fault: "/oauth2/introspect", how: kindetest.Fault{Status: 403},
		id: "machine.introspection", remedy: kinde.ManagementRemedy(coded(403), "")},
	"ROUTE_NOT_FOUND": {fault: "/api/v1/", how: kindetest.Fault{Status: 404,
		Body: kindetest.ErrorBody(kindetest.ShapeB, "ROUTE_NOT_FOUND", "")},
		id: "machine.management-api", remedy: coded(404, "ROUTE_NOT_FOUND").Remedy()},
	"another host": {fault: "/", how: kindetest.Fault{Status: 404}, id: "tenant.discovery", remedy: coded(404).Remedy()},

	"invalid_client": {changes: []string{"KINDE_CLIENT_SECRET", "an-older-one"},
		id: "application.credentials", remedy: kinde.AppRemedy(coded(401, "invalid_client"))},
	"invalid_client of a machine": {changes: []string{"KINDE_M2M_CLIENT_SECRET", "rotated"}, id: "machine.credentials",
		remedy: kinde.MachineRemedy(coded(401, "invalid_client"), "")},
	"invalid_client of a device": {changes: []string{"KINDE_DEVICE_CLIENT_ID", "unknown"}, id: "device.client",
		remedy: kinde.DeviceRemedy(coded(401, "invalid_client"))},
	"unauthorized_client": {changes: []string{"KINDE_CLIENT_ID", kindetest.M2MClientID, "KINDE_CLIENT_SECRET",
		kindetest.M2MClientSecret}, id: "application.type", remedy: kinde.AppRemedy(coded(400, "unauthorized_client"))},
	"unauthorized_client, device": {changes: []string{"KINDE_DEVICE_CLIENT_ID", kindetest.SPAClientID},
		id: "device.client", remedy: kinde.DeviceRemedy(coded(400, "unauthorized_client"))},
	"unauthorized_client, machine": {options: kindetest.Options{Clients: clients(kindetest.M2MClientID,
		func(c *kindetest.Client) { c.Audiences = nil })}, id: "machine.credentials",
		remedy: "Authorize the machine-to-machine application for the Kinde Management API"},

	"invalid_scope": {changes: []string{"KINDE_SCOPES", "openid offline write:everything"},
		id: "application.sign-in", remedy: kinde.AppRemedy(coded(400, "invalid_scope"))},
	"invalid_scope, device": {changes: []string{"KINDE_SCOPES", "openid offline write:everything"}, id: "device.scopes",
		remedy: kinde.DeviceRemedy(coded(400, "invalid_scope"))},
	"unsupported_grant_type": {fault: "POST /oauth2/token", how: oauthError("unsupported_grant_type", 400),
		id: "application.credentials", remedy: kinde.AppRemedy(coded(400, "unsupported_grant_type"))},
	"invalid_request": {fault: "POST /oauth2/token", how: oauthError("invalid_request", 400),
		id: "application.credentials", remedy: kinde.AppRemedy(coded(400, "invalid_request"))},
	"invalid_request, machine": {fault: "POST /oauth2/token", how: oauthError("invalid_request", 400),
		id: "machine.credentials", remedy: "set KINDE_MANAGEMENT_URL to https://<subdomain>.kinde.com"},

	"Invalid callback URL": {options: kindetest.Options{Clients: clients(kindetest.ClientID,
		func(c *kindetest.Client) { c.Callbacks = []string{site + "/auth/callback/"} })},
		id: "application.callback-url", remedy: `"copy":"` + site + `/auth/callback"`},
	"a logout URL": {changes: []string{"AFTER_LOGOUT_PATH", "/bye"}, id: "application.logout-url",
		remedy: `"copy":"` + site + `/bye"`},

	"offline_access": {changes: []string{"KINDE_SCOPES", "openid offline_access"}, id: "application.refresh-scope",
		remedy: kinde.NoRefreshRemedy},

	"429 of the tenant": {fault: "/.well-known/", how: throttled, id: "tenant.discovery",
		remedy: kinde.ThrottledRemedy},
	"429 of the keys": {fault: "/.well-known/jwks", how: throttled, id: "tenant.keys",
		remedy: kinde.ThrottledRemedy},
	"429 of the application": {fault: "POST /oauth2/token", how: throttled, id: "application.credentials",
		remedy: kinde.ThrottledRemedy + " (now 30s)"},
	"429 of the machine": {fault: "POST /oauth2/token", how: throttled, id: "machine.credentials",
		remedy: kinde.ThrottledRemedy},
	"429 of sign-ins": {fault: "/oauth2/auth", how: throttled, id: "application.callback-url",
		remedy: kinde.ThrottledRemedy},
	"429 of sign-outs": {fault: "/logout", how: throttled, id: "application.logout-url",
		remedy: kinde.ThrottledRemedy},
	"403 on the key set": {fault: "/.well-known/jwks", how: kindetest.Fault{Status: 403}, id: "tenant.keys",
		remedy: kinde.KeysRemedy},
}

func TestRefusalsShowTheirRemedy(t *testing.T) {
	for name, row := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTenant(t, row.options)
			if row.fault != "" {
				p.Kinde.Fault(row.fault, row.how)
			}
			wantCheck(t, p.check(t, row.changes...)[row.id], toFix, sentence(row.remedy)[1:len(row.remedy)])
			p.checkRequests(t, name)
		})
	}
}

// machineToken is a token endpoint's response with these claims.
func machineToken(claims string) string {
	return `{"access_token":"e30.` + base64url(`{`+claims+`}`) + `.c2ln","expires_in":60}`
}

// userRefusal is a refusal that only a user's request meets, and the code by which its
// remedy is found.
type userRefusal struct {
	fault string
	how   kindetest.Fault
	call  func() error
	names []string
	want  string
}

func userRefusals(t *testing.T, p *tenant) map[string]userRefusal {
	client := kinde.New(p.URL, p.ManagementURL, outbound.New(time.Second))
	app := kinde.App{ID: kindetest.ClientID, Secret: kindetest.ClientSecret, RedirectURI: site + "/auth/callback"}
	profile := func() error { _, err := client.UserProfile(t.Context(), p.Kinde.Mint()); return err }
	portal := func() error { _, err := client.PortalLink(t.Context(), "not-a-token", "", site); return err }
	exchange := func() error { _, err := client.Exchange(t.Context(), app, "used", "v"); return err }
	refresh := func() error { _, err := client.Refresh(t.Context(), app, "rotated"); return err }
	poll := func() error { _, err := client.PollDevice(t.Context(), kindetest.DeviceClientID, "used"); return err }
	unknownRoute := kindetest.Fault{Status: 404, Body: kindetest.ErrorBody(kindetest.ShapeB, "ROUTE_NOT_FOUND", "")}
	return map[string]userRefusal{
		"a user's token at the Management API": {call: func() error { return callManagement(t, p) },
			names: []string{"INVALID_CREDENTIALS", "MISSING_AUDIENCE"}, want: coded(403, "MISSING_AUDIENCE").Remedy()},
		"403 of the Account API": {call: portal, names: []string{"account-403"}, want: coded(403).Remedy()},
		"INVALID_CREDENTIALS":    {call: portal, names: []string{"invalid credentials"}, want: coded(403).Remedy()},
		"ROUTE_NOT_FOUND": {fault: "/oauth2/v2/", how: unknownRoute, call: profile, names: []string{"ROUTE_NOT_FOUND"},
			want: coded(404).Remedy()},
		"invalid_grant of a code":    {call: exchange, names: []string{"invalid_grant"}, want: kinde.CodeRemedy},
		"invalid_grant of a refresh": {call: refresh, names: []string{"invalid-grant"}, want: kinde.RefreshRemedy},
		"invalid_grant of a device":  {call: poll, names: []string{"INVALID_GRANT"}, want: kinde.DeviceCodeRemedy},
		"429": {fault: "/oauth2/v2/", how: kindetest.Fault{Status: 429}, call: profile, names: []string{"429"},
			want: kinde.ThrottledRemedy},
		"no refresh token": {names: []string{"no", "refresh", "token"}, want: kinde.NoRefreshRemedy},
		"callback page":    {names: []string{"Invalid callback URL"}, want: kinde.CallbackRemedy},
		"key set":          {names: []string{"jwks-403"}, want: kinde.KeysRemedy},
	}
}

func TestExplainCoversRefusalsOfUsers(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	for name, row := range userRefusals(t, p) {
		t.Run(name, func(t *testing.T) {
			if row.fault != "" {
				p.Kinde.Fault(row.fault, row.how)
				defer p.Kinde.ClearFaults()
			}
			if row.call != nil {
				err := row.call()
				if err == nil {
					t.Fatal("got no error, want a refusal")
				}
				if remedy := problem.From(err).Remedy; remedy != "" && !strings.Contains(row.want, remedy) {
					t.Errorf("the log has the remedy %q, want one that is in %q", remedy, row.want)
				}
			}
			status, out, _ := command(t, "", nil, append([]string{"explain"}, row.names...)...)
			if one := strings.Join(strings.Fields(out), " "); status != 0 || !strings.Contains(one, sentence(row.want)) {
				t.Errorf("got %d without %q:\n%s", status, row.want, out)
			}
		})
	}
}

// callManagement sends a user's token to the path that Kinde's documents once gave.
func callManagement(t *testing.T, p *tenant) error {
	t.Helper()
	resp, err := outbound.New(time.Second).Do(t.Context(),
		outbound.Request{Method: http.MethodGet, URL: p.URL + "/api/v1/account_api/portal_link?" +
			url.Values{"return_url": {site}}.Encode(), Bearer: p.Kinde.Mint()})
	if err != nil {
		return err
	}
	if !strings.Contains(string(resp.Body), "MISSING_AUDIENCE") {
		t.Errorf("got %s, want MISSING_AUDIENCE", resp.Body)
	}
	return errors.New("refused")
}

func TestExplainListsAndExplainsEveryCode(t *testing.T) {
	status, list, _ := command(t, "", nil, "explain")
	if status != 0 {
		t.Errorf("got %d, want 0", status)
	}
	for _, topic := range topics() {
		if !strings.Contains(list, "  "+topic.name+"\n") {
			t.Errorf("%s is not listed", topic.name)
		}
		status, out, _ := command(t, "", nil, "explain", topic.name)
		if status != 0 || !strings.Contains("\n"+out, "\n"+topic.name+"\n") {
			t.Errorf("explain %s: got %d %s", topic.name, status, out)
		}
		for _, r := range topic.remarks {
			if r.remedy == "" || r.where == "" {
				t.Errorf("%s has a remark without words", topic.name)
			}
		}
	}
}

func TestExplainCoversFunctionCodes(t *testing.T) {
	for _, code := range problem.Codes() {
		status, out, _ := command(t, "", nil, "explain", string(code))
		one := strings.Join(strings.Fields(out), " ")
		if status != 0 || !strings.Contains(one, sentence(code.Detail())) ||
			!strings.Contains(one, sentence(ownerRemedies[code])) {
			t.Errorf("explain %s: got %d %s", code, status, out)
		}
	}
	for code := range ownerRemedies {
		if !slices.Contains(problem.Codes(), code) {
			t.Errorf("%s is no code", code)
		}
	}
}

func TestExplainRepeatsNoUnknownCode(t *testing.T) {
	status, out, said := command(t, "", nil, "explain", "pasted-t0ken-by-mistake")
	if status != 2 || out != "" || strings.Contains(said, "pasted") {
		t.Errorf("got %d %s %s, want 2 without the word", status, out, said)
	}
}
