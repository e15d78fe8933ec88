package endpoint

import (
	"testing"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

func TestRequirements(t *testing.T) {
	roles := kindetest.With("roles", []map[string]string{{"id": "role_1", "key": "editor", "name": "Editor"}})
	flags := kindetest.With("feature_flags", map[string]any{"on": map[string]any{"t": "b", "v": true},
		"off":  map[string]any{"t": "b", "v": false},
		"text": map[string]any{"t": "s", "v": "true"}})
	permissions := kindetest.With("permissions", []string{"read:reports"})
	entitled := kindetest.DemoUserByID(kindetest.DemoUser).Memberships[0].Entitlements[0].FeatureKey
	for name, row := range map[string]struct {
		requires Requirements
		status   int
		code     string
	}{
		"nothing":              {Requirements{}, 200, ""},
		"a scope":              {Requirements{Scopes: []string{"openid"}}, 200, ""},
		"another scope":        {Requirements{Scopes: []string{"openid", "x"}}, 403, "insufficient-scope"},
		"a permission":         {Requirements{Permission: "read:reports"}, 200, ""},
		"another permission":   {Requirements{Permission: "read"}, 403, "not-allowed"},
		"a role":               {Requirements{Role: "editor"}, 200, ""},
		"a role by its name":   {Requirements{Role: "Editor"}, 403, "not-allowed"},
		"a flag":               {Requirements{FeatureFlag: "on"}, 200, ""},
		"a flag that is off":   {Requirements{FeatureFlag: "off"}, 403, "not-allowed"},
		"a flag that is text":  {Requirements{FeatureFlag: "text"}, 403, "not-allowed"},
		"no such flag":         {Requirements{FeatureFlag: "x"}, 403, "not-allowed"},
		"an entitlement":       {Requirements{Entitlement: entitled}, 200, ""},
		"another entitlement":  {Requirements{Entitlement: "no-such-feature"}, 403, "not-allowed"},
		"all":                  {Requirements{[]string{"openid"}, "read:reports", "editor", "on", entitled}, 200, ""},
		"all but the role":     {Requirements{[]string{"openid"}, "read:reports", "x", "on", entitled}, 403, "not-allowed"},
		"scope and permission": {Requirements{Scopes: []string{"x"}, Permission: "x"}, 403, "insufficient-scope"},
	} {
		f := start(t, "user-profile", responding(`{}`))
		f.handler.(*server).main.rows[0].Requires = row.requires
		w := f.get("/api/user-profile", "Authorization", "Bearer "+f.tenant.Mint(roles, flags, permissions))
		if w.Code != row.status || row.code != "" && code(t, w) != row.code {
			t.Errorf("%s: got %d %s, want %d %s", name, w.Code, w.Body, row.status, row.code)
		}
		decided := map[bool]string{true: "allowed", false: "denied"}[row.status == 200]
		if auth := events(t, f.log.take(), "auth"); len(auth) != 1 || auth[0]["outcome"] != decided {
			t.Errorf("%s: decisions %v, want one that is %s", name, auth, decided)
		}
	}
}

func TestFailedEntitlementRequestIsNoRefusal(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	f.handler.(*server).main.rows[0].Requires = Requirements{Entitlement: "x"}
	f.tenant.Fault("/account_api/", kindetest.Fault{Status: 500})
	if w := f.signedIn("/api/user-profile"); w.Code != 502 {
		t.Errorf("got %d %s, want 502", w.Code, w.Body)
	}
}

func TestOrganizations(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), append(withSession, "REQUIRE_ORGANIZATION", "yes")...)
	without := kindetest.Without("org_code")
	cookie := f.cookie(session.Tokens{Access: f.tenant.Mint(), Refresh: "r"})
	for name, row := range map[string]struct {
		header []string
		status int
		code   string
	}{
		"the page's organization": {[]string{"Cookie", cookie, "X-CSRF", "1", "X-Organization", kindetest.DemoOrg}, 200,
			""},
		"another": {[]string{"Cookie", cookie, "X-CSRF", "1", "X-Organization", "org_other"}, 409,
			"organization-changed"},
		"none": {[]string{"Cookie", cookie, "X-CSRF", "1", "X-Organization", ""}, 409,
			"organization-changed"},
		"two": {[]string{"Cookie", cookie, "X-CSRF", "1", "X-Organization", kindetest.DemoOrg,
			"X-Organization", "x"}, 409, "organization-changed"},
		"no header": {[]string{"Cookie", cookie, "X-CSRF", "1"}, 200, ""},
		"Bearer, another": {[]string{"Authorization", "Bearer " + f.tenant.Mint(), "X-Organization", "org_other"},
			409, "organization-changed"},
		"a user without organization": {[]string{"Authorization", "Bearer " + f.tenant.Mint(without)}, 403,
			"organization-required"},
	} {
		w := f.get("/api/user-profile", row.header...)
		if w.Code != row.status || row.code != "" && code(t, w) != row.code {
			t.Errorf("%s: got %d %s, want %d %s", name, w.Code, w.Body, row.status, row.code)
		}
	}
	f = start(t, "portal", responding(`{}`), "REQUIRE_ORGANIZATION", "yes")
	w := f.get("/portal", "Authorization", "Bearer "+f.tenant.Mint(without))
	if got, want := w.Header().Get("Location"), site+"/access/?error=organization-required"; got != want {
		t.Errorf("a page: got %s, want %s", got, want)
	}
	f = start(t, "user-profile", responding(`{}`))
	if w := f.get("/api/user-profile", "Authorization", "Bearer "+f.tenant.Mint(without)); w.Code != 200 {
		t.Errorf("by default: got %d, want 200", w.Code)
	}
}
