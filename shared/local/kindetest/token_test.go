package kindetest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTokenEndpointRefuses(t *testing.T) {
	tn := newTenant(t)
	machine := func(more ...string) url.Values {
		form := grantForm(grantMachine,
			append([]string{"client_id", M2MClientID, "client_secret", M2MClientSecret, "audience", tn.URL + "/api"},
				more...)...)
		return form
	}
	tests := []struct {
		name   string
		form   url.Values
		status int
		code   string
	}{
		{"unknown client", grantForm(grantCode, "client_id", "unknown"), 401, "invalid_client"},
		{"wrong secret", grantForm(grantCode, "client_secret", "wrong"), 401, "invalid_client"},
		{"no secret", grantForm(grantCode, "client_secret", ""), 401, "invalid_client"},
		{"no grant type", grantForm(""), 400, "invalid_request"},
		{"misspelled grant type", grantForm("authorisation_code"), 400, "unsupported_grant_type"},
		{"grant of another type of app", grantForm(grantMachine), 400, "unauthorized_client"},
		{"unknown code", grantForm(grantCode, "code", "x"), 400, "invalid_grant"},
		{"unknown refresh token", grantForm(grantRefresh, "refresh_token", "x"), 400, "invalid_grant"},
		{"no audience", machine("audience", ""), 400, "invalid_request"},
		{"audience with a slash too many", machine("audience", tn.URL+"/api/"), 400, "unauthorized_client"},
		{"scope not assigned", machine("scope", "read:users delete:users"), 400, "invalid_scope"},
		{"unknown device code", grantForm(grantDevice, "client_id", DeviceClientID, "client_secret", "", "device_code", "x"),
			400, "invalid_grant"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tn.t = t
			got := tn.post("/oauth2/token", tt.form)
			if code := oauthCode(t, got); got.status != tt.status || code != tt.code {
				t.Errorf("%d %s, want %d %s", got.status, code, tt.status, tt.code)
			}
			if got.header.Get("Cache-Control") != "no-store" {
				t.Error("cacheable")
			}
		})
	}
	// Good credentials in the body do not make up for a Basic header.
	basic := grantForm(grantMachine, "client_id", M2MClientID, "client_secret", M2MClientSecret, "audience", tn.URL+"/api")
	r, _ := http.NewRequest("POST", tn.URL+"/oauth2/token", strings.NewReader(basic.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(M2MClientID, M2MClientSecret)
	if got := tn.do(r); got.status != 401 || oauthCode(t, got) != "invalid_client" {
		t.Errorf("Basic: got %d %s, want 401", got.status, got.body)
	}
	r, _ = http.NewRequest("POST", tn.URL+"/oauth2/token", strings.NewReader(`{"grant_type":"client_credentials"}`))
	r.Header.Set("Content-Type", "application/json")
	if got := tn.do(r); got.status != 400 || oauthCode(t, got) != "invalid_request" {
		t.Errorf("JSON body: got %d %s, want 400", got.status, got.body)
	}
}

func TestMachineGetsAllScopesByDefault(t *testing.T) {
	tn := newTenant(t)
	got := tn.post("/oauth2/token", url.Values{
		"grant_type": {grantMachine}, "client_id": {M2MClientID}, "client_secret": {M2MClientSecret},
		"audience": {tn.URL + "/api"},
	}).json(t)
	client, _ := tn.Kinde.client(M2MClientID)
	if got["scope"] != strings.Join(client.Scopes, " ") || got["token_type"] != "bearer" || got["expires_in"] != 86400.0 {
		t.Errorf("got %v, want a bearer token for a day with all scopes", got)
	}
}

func TestCodeIsBound(t *testing.T) {
	tn := newTenant(t)
	redeem := func(changes ...string) response {
		t.Helper()
		code := tn.signIn(tn.authURL("prompt", "login"), DemoUser).Query().Get("code")
		form := grantForm(grantCode, "code", code, "redirect_uri", callback, "code_verifier", "a-verifier")
		for i := 0; i+1 < len(changes); i += 2 {
			form.Set(changes[i], changes[i+1])
		}
		return tn.post("/oauth2/token", form)
	}
	if got := redeem(); got.status != http.StatusOK {
		t.Fatalf("good code: got %d %s", got.status, got.body)
	}
	for name, changes := range map[string][]string{
		"redirect_uri": {"redirect_uri", callback + "?x"},
		"no verifier":  {"code_verifier", ""},
		"verifier":     {"code_verifier", "another"},
		"client":       {"client_id", SPAClientID, "client_secret", ""},
	} {
		if got := redeem(changes...); got.status != 400 || oauthCode(t, got) != "invalid_grant" {
			t.Errorf("another %s: got %d %s, want 400", name, got.status, got.body)
		}
	}
}

func TestCodeWorksOnceAndForFiveMinutes(t *testing.T) {
	tn := newTenant(t)
	code := tn.signIn(tn.authURL(), DemoUser).Query().Get("code")
	form := grantForm(grantCode, "code", code, "redirect_uri", callback, "code_verifier", "a-verifier")
	first := tn.post("/oauth2/token", form).json(t)
	if got := tn.post("/oauth2/token", form); oauthCode(t, got) != "invalid_grant" {
		t.Errorf("second use: got %s", got.body)
	}
	if got := tn.get("/oauth2/v2/user_profile", first["access_token"].(string)); got.status != http.StatusForbidden {
		t.Errorf("a replayed code must end its tokens: %d", got.status)
	}
	if got := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token",
		first["refresh_token"].(string))); oauthCode(t, got) != "invalid_grant" {
		t.Errorf("refresh after a replay: got %s", got.body)
	}
	late := tn.signIn(tn.authURL("prompt", "login"), DemoUser).Query().Get("code")
	tn.wait(codeTTL)
	form.Set("code", late)
	if got := tn.post("/oauth2/token", form); oauthCode(t, got) != "invalid_grant" {
		t.Errorf("late: got %s", got.body)
	}
}

func TestRefreshRotation(t *testing.T) {
	tn := newTenant(t)
	refresh := func(token string) response {
		return tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", token))
	}
	next := func(token string) string {
		t.Helper()
		got := refresh(token)
		if got.status != http.StatusOK {
			t.Fatalf("got %d %s", got.status, got.body)
		}
		return got.json(t)["refresh_token"].(string)
	}
	first := tn.tokens().RefreshToken
	second := next(first)
	tn.wait(DefaultRefreshOverlap - time.Second)
	sibling := next(first) // both work within the overlap
	if sibling == second || sibling == first {
		t.Error("no new token within the overlap")
	}
	tn.wait(2 * time.Second)
	if got := refresh(first); got.status != 400 || oauthCode(t, got) != "invalid_grant" {
		t.Errorf("reuse after the overlap: got %d %s, want 400", got.status, got.body)
	}
	third := next(second) // a late reuse ends nothing else
	next(sibling)
	tn.wait(DefaultRefreshTTL)
	if got := refresh(third); oauthCode(t, got) != "invalid_grant" {
		t.Errorf("after 15 days: got %s", got.body)
	}
}

func TestRefreshWithoutOverlap(t *testing.T) {
	tn := newTenant(t, func(o *Options) { o.RefreshOverlap = -1 })
	form := grantForm(grantRefresh, "refresh_token", tn.tokens().RefreshToken)
	tn.post("/oauth2/token", form)
	if got := tn.post("/oauth2/token", form); got.status != 400 || oauthCode(t, got) != "invalid_grant" {
		t.Errorf("got %d %s, want 400", got.status, got.body)
	}
}

func TestRefreshSeesNewPermissionsOnlyAfterExpiry(t *testing.T) {
	tn := newTenant(t)
	token := tn.tokens()
	err := tn.Kinde.UpdateUser(DemoUser, func(p *User) { p.Memberships[0].Permissions = permissions("brand_new") })
	if err != nil {
		t.Fatal(err)
	}
	if got := tn.get("/account_api/v1/permissions", token.AccessToken); !strings.Contains(got.body, "brand_new") {
		t.Errorf("got %s, want the new permission at once", got.body)
	}
	early := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", token.RefreshToken)).json(t)
	if early["access_token"] != token.AccessToken {
		t.Error("an early refresh gave another access token")
	}
	tn.wait(DefaultAccessTTL / 2)
	half := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", early["refresh_token"].(string))).json(t)
	if left := half["expires_in"].(float64); left < 43_000 || left > 43_200 {
		t.Errorf("expires_in %v, want what is left of the day", left)
	}
}

func TestRefreshScopeIsOffline(t *testing.T) {
	tn := newTenant(t)
	for scope, want := range map[string]bool{"offline": true, "offline_access": false, "profile": false} {
		if got := tn.tokens("openid", scope).RefreshToken != ""; got != want {
			t.Errorf("got %s: refresh token %v", scope, got)
		}
	}
	if got := tn.tokens("offline").Extra("id_token"); got != nil {
		t.Error("an ID token without openid")
	}
}

func TestOptionalClaims(t *testing.T) {
	k, err := New(Options{Issuer: "https://acme.example", Clients: []Client{
		{ID: "all", Type: Web, OptionalClaims: []string{"roles", "org_name", "email", "properties"}}, {ID: "none", Type: Web},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, all := part(t, k.Mint(ForClient("all")), 1)
	_, none := part(t, k.Mint(ForClient("none")), 1)
	role, _ := all["roles"].([]any)[0].(map[string]any)
	property, _ := all["properties"].(map[string]any)["employees"].(map[string]any)
	if all["org_name"] != demoOrgName || all["email"] != "dana@example.com" || role["key"] != "editor" ||
		property["v"] != 42.0 {
		t.Errorf("all: got %v", all)
	}
	for _, name := range []string{"roles", "org_name", "email", "properties"} {
		if none[name] != nil {
			t.Errorf("got %s without having opted in", name)
		}
	}
}

func TestAudienceOnlyWhenAuthorised(t *testing.T) {
	tn := newTenant(t)
	u := tn.signIn(tn.authURL("audience", SampleAudience+" https://other.example"), DemoUser)
	got := tn.post("/oauth2/token", grantForm(grantCode, "code", u.Query().Get("code"), "redirect_uri", callback,
		"code_verifier", "a-verifier"))
	b, err := tn.Kinde.verify(got.json(t)["access_token"].(string), tn.URL)
	if err != nil || len(b.audience) != 1 || b.audience[0] != SampleAudience {
		t.Errorf("got %v, %v, want the audience %s", b, err, SampleAudience)
	}
}
