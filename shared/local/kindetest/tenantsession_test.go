package kindetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestManagementListsAndDeletesSessions(t *testing.T) {
	tn := newTenant(t)
	refresh := tn.tokens().RefreshToken
	target := "/api/v1/users/" + DemoUser + "/sessions"
	list := func() []any {
		t.Helper()
		return tn.get(target, tn.Kinde.Mint(Machine("read:user_sessions"))).json(t)["sessions"].([]any)
	}
	sessions := list()
	if len(sessions) != 1 {
		t.Fatalf("got %d sessions, want 1", len(sessions))
	}
	if got := sessions[0].(map[string]any); got["user_id"] != DemoUser || got["client_id"] != ClientID ||
		got["org_code"] != DemoOrg || got["session_id"] == "" {
		t.Errorf("got %v", got)
	}
	if got := tn.send("DELETE", target, tn.Kinde.Mint(Machine("read:user_sessions")),
		nil); got.status != http.StatusForbidden {
		t.Errorf("DELETE without the scope: got %d, want 403", got.status)
	}
	deleter := tn.Kinde.Mint(Machine("delete:user_sessions"))
	if got := tn.send("DELETE", "/api/v1/users/kp_unknown/sessions", deleter, nil); got.status != http.StatusNotFound {
		t.Errorf("DELETE of an unknown user's: got %d, want 404", got.status)
	}
	if got := tn.send("DELETE", target, deleter, nil); got.status != http.StatusOK || len(list()) != 0 {
		t.Errorf("DELETE: got %d and %d sessions, want 200 and none", got.status, len(list()))
	}
	if got := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", refresh)); oauthCode(t,
		got) != "invalid_grant" {
		t.Errorf("refresh: got %d, want invalid_grant", got.status)
	}
	if got := tn.get(tn.authURL("prompt", "none"), "").location(t).Query().Get("error"); got != "login_required" {
		t.Errorf("silent sign-in: got %q, want login_required", got)
	}
}

func TestLogoutOfAllSessions(t *testing.T) {
	for query, ended := range map[string]bool{"": false, "?all_sessions=false": false, "?all_sessions=true": true} {
		tn := newTenant(t)
		other := tn.Kinde.SessionCookie(DemoUser)
		bystander := tn.Kinde.SessionCookie(AdminUser)
		refresh := tn.tokens().RefreshToken
		tn.get("/logout"+query, "")
		silent := func(cookie *http.Cookie) string {
			r, _ := http.NewRequest("GET", tn.authURL("prompt", "none"), nil)
			r.AddCookie(cookie)
			return tn.do(r).location(t).Query().Get("error")
		}
		if got := silent(other) == "login_required"; got != ended {
			t.Errorf("%q: another browser signed out: got %v, want %v", query, got, ended)
		}
		if got := silent(bystander); got != "" {
			t.Errorf("%q: another user's session: got %q, want it to stay", query, got)
		}
		got := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", refresh))
		if (got.status != http.StatusOK) != ended {
			t.Errorf("%q: refresh: got %d, want refused %v", query, got.status, ended)
		}
	}
}

func TestSwitchOrganizationWithoutForm(t *testing.T) {
	tn := newTenant(t)
	tn.signIn(tn.authURL(), AdminUser)
	for _, org := range []string{SecondOrg, DemoOrg} {
		if got := tn.orgOf(tn.get(tn.authURL("prompt", "none", "org_code", org), "").location(t)); got != org {
			t.Errorf("got %q, want %q", got, org)
		}
	}
	if got := tn.get(tn.authURL("prompt", "none", "org_code", "org_unknown"),
		"").location(t).Query().Get("error"); got != "login_required" {
		t.Errorf("unknown organization: got %q, want login_required", got)
	}
}

func TestIDTokenNamesOrganizations(t *testing.T) {
	tn := newTenant(t)
	_, claims := part(t, tn.Kinde.MintID(For(AdminUser)), 1)
	codes := claims["org_codes"].([]any)
	named := claims["organizations"].([]any)
	if !slices.Equal(codes, []any{DemoOrg, SecondOrg}) || len(named) != 2 ||
		named[1].(map[string]any)["name"] != secondOrgName || named[1].(map[string]any)["id"] != SecondOrg {
		t.Errorf("got %v and %v", codes, named)
	}
	if _, claims := part(t, tn.Kinde.MintID(For(AdminUser), ForClient(SPAClientID)), 1); claims["organizations"] != nil {
		t.Error("got organizations for an application without them")
	}
	tn.Kinde.SetQuirks(Quirks{IDAudienceIssuer: true, Hasura: true})
	_, claims = part(t, tn.Kinde.MintID(For(AdminUser)), 1)
	if aud := claims["aud"].([]any); !slices.Equal(aud, []any{tn.URL}) || claims["azp"] != ClientID ||
		claims["org_codes"] != nil || claims["x-hasura-org-codes"] == nil {
		t.Errorf("got %v", claims)
	}
	_, access := part(t, tn.Kinde.Mint(), 1)
	for plain, renamed := range map[string]string{
		"org_code": "x-hasura-org-code", "permissions": "x-hasura-permissions", "roles": "x-hasura-roles",
		"feature_flags": "x-hasura-feature-flags",
	} {
		if access[plain] != nil || access[renamed] == nil {
			t.Errorf("%s: got %v and %v, want it as %s", plain, access[plain], access[renamed], renamed)
		}
	}
	if got := tn.get("/account_api/v1/permissions", tn.Kinde.Mint()); !strings.Contains(got.body, DemoOrg) {
		t.Errorf("Account API with a renamed claim: got %d %s", got.status, got.body)
	}
}

func TestApplicationsRegisterURLs(t *testing.T) {
	tn := newTenant(t)
	post := func(path, scope, body string) response {
		t.Helper()
		r, _ := http.NewRequest("POST", tn.URL+"/api/v1/applications/"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+tn.Kinde.Mint(Machine(scope)))
		r.Header.Set("Content-Type", "application/json")
		return tn.do(r)
	}
	const callbacks, logouts = "create:applications_redirect_uris", "create:applications_logout_uris"
	const added = "https://site.example/auth/callback"
	for name, row := range map[string]struct {
		path, scope, body string
		status            int
	}{
		"without the scope":   {ClientID + "/auth_redirect_urls", logouts, `{"urls":["` + added + `"]}`, 403},
		"unknown application": {"unknown/auth_redirect_urls", callbacks, `{"urls":["` + added + `"]}`, 404},
		"no URL":              {ClientID + "/auth_redirect_urls", callbacks, `{"urls":[]}`, 400},
		"a path":              {ClientID + "/auth_redirect_urls", callbacks, `{"urls":["/auth/callback"]}`, 400},
		"not JSON":            {ClientID + "/auth_redirect_urls", callbacks, `urls=x`, 400},
	} {
		if got := post(row.path, row.scope, row.body); got.status != row.status {
			t.Errorf("%s: got %d, want %d", name, got.status, row.status)
		}
	}
	if page := tn.get(tn.authURL("redirect_uri", added), ""); page.status != http.StatusBadRequest {
		t.Fatalf("before: got %d, want 400", page.status)
	}
	for range 2 {
		if got := post(ClientID+"/auth_redirect_urls", callbacks,
			`{"urls":["`+added+`","https://preview-*--site.example/auth/callback"]}`); got.status != http.StatusOK {
			t.Fatalf("got %d %s, want 200", got.status, got.body)
		}
	}
	for callback, want := range map[string]int{
		added: 200, "https://preview-12--site.example/auth/callback": 200,
		"https://preview---site.example/auth/callback":                 400,
		"https://preview-1.evil.example/x--site.example/auth/callback": 400,
		"https://preview-1--site.example/auth/callback/":               400,
	} {
		if page := tn.get(tn.authURL("redirect_uri", callback), ""); page.status != want {
			t.Errorf("%s: got %d, want %d", callback, page.status, want)
		}
	}
	if got := post(ClientID+"/auth_logout_urls", logouts,
		`{"urls":["https://site.example/"]}`); got.status != http.StatusOK {
		t.Fatalf("got %d %s, want 200", got.status, got.body)
	}
	if got := tn.get("/logout?redirect="+url.QueryEscape("https://site.example/"), ""); got.status != http.StatusFound {
		t.Errorf("logout: got %d, want 302", got.status)
	}
}

func TestApplicationLoginURI(t *testing.T) {
	tn := newTenant(t)
	call := func(method, app, scope, body string) response {
		t.Helper()
		r, _ := http.NewRequest(method, tn.URL+"/api/v1/applications/"+app, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+tn.Kinde.Mint(Machine(scope)))
		return tn.do(r)
	}
	const read, update = "read:applications", "update:applications"
	for name, row := range map[string]struct {
		method, app, scope, body string
		status                   int
	}{
		"read without scope":   {"GET", ClientID, update, "", 403},
		"read of none":         {"GET", "unknown", read, "", 404},
		"update without scope": {"PATCH", ClientID, read, `{"login_uri":"https://site.example/auth/login"}`, 403},
		"update of none":       {"PATCH", "unknown", update, `{"login_uri":"https://site.example/auth/login"}`, 404},
		"update to a path":     {"PATCH", ClientID, update, `{"login_uri":"/auth/login"}`, 400},
		"update of URL lists":  {"PATCH", ClientID, update, `{"login_uri":"https://site.example/","redirect_uris":[]}`, 400},
		"update":               {"PATCH", ClientID, update, `{"login_uri":"https://site.example/sign-in"}`, 200},
	} {
		if got := call(row.method, row.app, row.scope, row.body); got.status != row.status {
			t.Errorf("%s: got %d %s, want %d", name, got.status, got.body, row.status)
		}
	}
	if got := call("GET", ClientID, read, ""); !strings.Contains(got.body, `"login_uri":"https://site.example/sign-in"`) {
		t.Errorf("got %s, want the new login_uri", got.body)
	}
}
