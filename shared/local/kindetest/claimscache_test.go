package kindetest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// permissionsOf reads the permissions of an access token.
func permissionsOf(t *testing.T, access string) []string {
	t.Helper()
	_, claims := part(t, access, 1)
	var keys []string
	for _, key := range claims["permissions"].([]any) {
		keys = append(keys, key.(string))
	}
	return keys
}

func TestAccessTokensKeepClaimsUntilRefreshClaims(t *testing.T) {
	tn := newTenant(t)
	token := tn.tokens()
	access, refresh := token.AccessToken, token.RefreshToken
	before := permissionsOf(t, access)
	renew := func() {
		t.Helper()
		got := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", refresh)).json(t)
		access, refresh = got["access_token"].(string), got["refresh_token"].(string)
	}
	change := func(p *User) { p.Memberships[0].Permissions = permissions("brand_new") }
	if err := tn.Kinde.UpdateInherited(DemoUser, change); err != nil {
		t.Fatal(err)
	}
	if got := tn.get("/account_api/v1/permissions", access); !strings.Contains(got.body, "brand_new") {
		t.Errorf("Account API: got %s, want the new permission", got.body)
	}
	tn.wait(DefaultAccessTTL + time.Second)
	if renew(); !slices.Equal(permissionsOf(t, access), before) {
		t.Errorf("after expiry: got %v, want the old permissions %v", permissionsOf(t, access), before)
	}
	if got := permissionsOf(t, tn.tokens().AccessToken); !slices.Equal(got, before) {
		t.Errorf("after a new sign-in: got %v, want the old permissions %v", got, before)
	}

	target := "/api/v1/users/" + DemoUser + "/refresh_claims"
	if got := tn.send("POST", target, tn.Kinde.Mint(Machine("read:users")), nil); got.status != http.StatusForbidden {
		t.Errorf("without the scope: got %d, want 403", got.status)
	}
	machine := tn.Kinde.Mint(Machine("update:user_refresh_claims"))
	if got := tn.send("POST", "/api/v1/users/kp_unknown/refresh_claims", machine, nil); got.status != http.StatusNotFound {
		t.Errorf("unknown user: got %d, want 404", got.status)
	}
	if got := tn.send("POST", target, machine, nil); got.status != http.StatusOK {
		t.Fatalf("refresh_claims: got %d %s, want 200", got.status, got.body)
	}
	same := access
	if renew(); access != same {
		t.Error("refresh before expiry: got another access token, want the same")
	}
	tn.post("/oauth2/revoke", grantForm("", "token", access))
	if renew(); access == same || !slices.Equal(permissionsOf(t, access), []string{"brand_new"}) {
		t.Errorf("after refresh_claims and revoke: got %v, want brand_new", permissionsOf(t, access))
	}
}

func TestOwnRecordRefreshesClaims(t *testing.T) {
	tn := newTenant(t)
	if got := permissionsOf(t, tn.tokens().AccessToken); slices.Contains(got, "brand_new") {
		t.Fatal(got)
	}
	_ = tn.Kinde.UpdateInherited(DemoUser, func(p *User) { p.Memberships[0].Permissions = permissions("brand_new") })
	_ = tn.Kinde.UpdateUser(DemoUser, func(p *User) { p.GivenName = "Dora" })
	if got := permissionsOf(t, tn.tokens().AccessToken); !slices.Equal(got, []string{"brand_new"}) {
		t.Errorf("got %v, want brand_new after a change of the user's own record", got)
	}
	if err := tn.Kinde.UpdateInherited("kp_unknown", func(*User) {}); err == nil {
		t.Error("UpdateInherited of an unknown user: got no error")
	}
}
