package kindetest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// listPage is a page of any Account API list.
type listPage struct {
	Data     map[string]json.RawMessage
	Metadata *struct {
		HasMore bool    `json:"has_more"`
		Next    *string `json:"next_page_starting_after"`
	}
}

func (tn *tenant) list(path, bearer, name string) (page listPage, ids []string) {
	tn.t.Helper()
	got := tn.get("/account_api/v1/"+path, bearer)
	if got.status != http.StatusOK {
		tn.t.Fatalf("%s: got %d %s", path, got.status, got.body)
	}
	var items []struct{ ID string }
	if err := json.Unmarshal([]byte(got.body), &page); err != nil {
		tn.t.Fatal(err)
	}
	if err := json.Unmarshal(page.Data[name], &items); err != nil || items == nil {
		tn.t.Fatalf("%s: got %v in %s", path, err, got.body)
	}
	for _, item := range items {
		ids = append(ids, item.ID)
	}
	return page, ids
}

func TestPaging(t *testing.T) {
	tn := newTenant(t)
	token := tn.Kinde.Mint()
	seen, sizes := map[string]bool{}, []int{}
	for query := ""; ; {
		page, ids := tn.list("entitlements?"+query, token, "entitlements")
		sizes = append(sizes, len(ids))
		for _, id := range ids {
			seen[id] = true
		}
		if string(page.Data["org_code"]) != `"`+DemoOrg+`"` || len(page.Data["plans"]) < 10 {
			t.Fatalf("got data %s, want the organization and its plans", page.Data)
		}
		if !page.Metadata.HasMore {
			break
		}
		if *page.Metadata.Next != ids[len(ids)-1] {
			t.Fatalf("cursor %q is not the last id", *page.Metadata.Next)
		}
		query = "starting_after=" + *page.Metadata.Next
	}
	if len(seen) != 23 || len(sizes) != 3 || sizes[2] != 3 {
		t.Errorf("got %d entitlements in pages of %v", len(seen), sizes)
	}
	if page, ids := tn.list("entitlements?page_size=100", token, "entitlements"); len(ids) != 23 || page.Metadata.HasMore {
		t.Errorf("page_size=100: got %d", len(ids))
	}
	for _, query := range []string{"page_size=0", "page_size=101", "page_size=x", "starting_after=nowhere"} {
		if got := tn.get("/account_api/v1/entitlements?"+query, token); got.status != http.StatusBadRequest ||
			got.json(t)["errors"] == nil {
			t.Errorf("%s: got %d %s", query, got.status, got.body)
		}
	}
}

func TestAccountLists(t *testing.T) {
	tn := newTenant(t)
	admin, empty := tn.Kinde.Mint(For(AdminUser)), tn.Kinde.Mint(For(EmptyUser))
	for _, name := range []string{"entitlements", "feature_flags", "permissions", "roles", "properties"} {
		page, ids := tn.list(name, admin, name)
		if len(ids) == 0 || (page.Metadata == nil) != (name == "feature_flags") {
			t.Errorf("%s: got %d, metadata %v", name, len(ids), page.Metadata)
		}
		page, ids = tn.list(name, empty, name)
		if len(ids) != 0 || page.Metadata != nil && (page.Metadata.HasMore || page.Metadata.Next != nil) {
			t.Errorf("empty %s: got %v, %+v", name, ids, page.Metadata)
		}
	}
	if _, ids := tn.list("permissions", tn.Kinde.Mint(For(AdminUser), InOrg(SecondOrg)), "permissions"); len(ids) != 1 {
		t.Errorf("permissions in the second organization: got %v", ids)
	}
	tn.Kinde.SetQuirks(Quirks{FlagsMetadata: true})
	if page, _ := tn.list("feature_flags", admin, "feature_flags"); page.Metadata == nil || !page.Metadata.HasMore {
		t.Errorf("FlagsMetadata: got %v", page.Metadata)
	}
}

func TestOneEntitlement(t *testing.T) {
	tn := newTenant(t)
	token := tn.Kinde.Mint()
	for _, e := range demoEntitlements() {
		if e.FeatureKey == "" {
			continue
		}
		got := tn.get("/account_api/v1/entitlement/"+url.PathEscape(e.FeatureKey), token)
		var body struct {
			Data struct{ Entitlement Entitlement }
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Data.Entitlement.ID != e.ID {
			t.Errorf("%q: got %d %s", e.FeatureKey, got.status, got.body)
		}
	}
	for _, key := range []string{"none", "seats%2F..%2Fseats"} {
		if got := tn.get("/account_api/v1/entitlement/"+key, token); got.status != http.StatusNotFound ||
			got.json(t)["errors"] == nil {
			t.Errorf("%s: got %d %s", key, got.status, got.body)
		}
	}
	tn.Kinde.SetQuirks(Quirks{NoEntitlementRoute: true})
	if got := tn.get("/account_api/v1/entitlement/seats", token); got.body != ErrorBody(ShapeB, "ROUTE_NOT_FOUND",
		"Incorrect API route or method") {
		t.Errorf("NoEntitlementRoute: got %d %s", got.status, got.body)
	}
}

func TestCursorQuirks(t *testing.T) {
	tn := newTenant(t)
	token := tn.Kinde.Mint()
	for quirk, same := range map[CursorQuirk]bool{CursorsRepeat: true, CursorsEmpty: true, CursorsEndless: false} {
		tn.Kinde.SetQuirks(Quirks{Cursors: quirk})
		first, _ := tn.list("roles", token, "roles")
		second, _ := tn.list("roles?starting_after="+*first.Metadata.Next, token, "roles")
		if !first.Metadata.HasMore || !second.Metadata.HasMore || (*first.Metadata.Next == *second.Metadata.Next) != same {
			t.Errorf("%s: got %q, then %q", quirk, *first.Metadata.Next, *second.Metadata.Next)
		}
		if (*first.Metadata.Next == "") != (quirk == CursorsEmpty) {
			t.Errorf("%s: got %q", quirk, *first.Metadata.Next)
		}
	}
}

func TestAccountAPIRefusesTokens(t *testing.T) {
	tn := newTenant(t)
	k := tn.Kinde
	k.RotateKeys()
	bad := map[string]string{
		"none":            "",
		"garbage":         "x.y.z",
		"expired":         k.Mint(ExpiresIn(-time.Second)),
		"foreign key":     k.Mint(SignedBy(ForeignKey)),
		"foreign issuer":  k.Mint(With("iss", "https://other.example")),
		"unknown user":    k.Mint(For("kp_unknown")),
		"unknown org":     k.Mint(With("org_code", "org_nowhere")),
		"machine":         k.Mint(Machine("read:users")),
		"ID token":        k.MintID(),
		"no signature":    k.Mint(SignedWith("none")),
		"symmetric":       k.Mint(SignedWith("HS256")),
		"other algorithm": k.Mint(SignedWith("RS384")),
		"no expiry":       k.Mint(Without("exp")),
	}
	for name, token := range bad {
		got := tn.get("/account_api/v1/roles", token)
		if got.status != http.StatusForbidden || got.body != ErrorBody(ShapeA, "INVALID_CREDENTIALS", "Invalid credentials") {
			t.Errorf("Account API, %s: got %d %s", name, got.status, got.body)
		}
		if name == "unknown org" {
			continue // the profile has no organization
		}
		if got := tn.get("/oauth2/v2/user_profile", token); got.status != http.StatusForbidden ||
			oauthCode(t, got) != "invalid_token" {
			t.Errorf("profile, %s: got %d %s", name, got.status, got.body)
		}
	}
	if got := tn.get("/account_api/v1/roles", k.Mint(SignedBy(OldKey))); got.status != http.StatusOK {
		t.Errorf("an old key still in the key set: got %d", got.status)
	}
}

func TestUserProfile(t *testing.T) {
	tn := newTenant(t)
	got := tn.get("/oauth2/v2/user_profile", tn.Kinde.Mint()).json(t)
	want := map[string]any{
		"sub": DemoUser, "id": DemoUser, "provided_id": "crm-1001", "name": "Dana Demo", "given_name": "Dana",
		"family_name": "Demo", "email": "dana@example.com", "email_verified": true, "preferred_username": "dana",
		"picture": "https://example.com/dana.png", "updated_at": 1748779200.0,
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("profile %v", got)
	}
	eli := tn.get("/oauth2/v2/user_profile", tn.Kinde.Mint(For(EmptyUser))).json(t)
	if value, present := eli["picture"]; !present || value != nil {
		t.Errorf("missing picture: got %v, want null", value)
	}
}

func TestWrongRoutes(t *testing.T) {
	tn := newTenant(t)
	user, machine := tn.Kinde.Mint(), tn.Kinde.Mint(Machine("read:users"))
	const notFound = `[{"Code":"ROUTE_NOT_FOUND","Message":"Incorrect API route or method"}]`
	const wrongAPI = `{"errors":[{"code":"INVALID_CREDENTIALS","message":"Invalid credentials used to access API"},` +
		`{"code":"MISSING_AUDIENCE","message":"Missing or incorrect Management API audience"}]}`
	for _, tt := range []struct {
		method, path, token string
		status              int
		body                string
	}{
		{"POST", "/account_api/v1/portal_link", user, 404, notFound},
		{"GET", "/account_api/v1/entitlement", user, 404, notFound},
		{"GET", "/account_api/v2/roles", user, 404, notFound},
		{"GET", "/account_api/v1/roles/", user, 404, notFound},
		{"GET", "/api/v1/nothing", machine, 404, notFound},
		{"POST", "/api/v1/users", machine, 404, notFound},
		{"GET", "/api/v1/connected_apps/revoke", machine, 404, notFound},
		{"GET", "/api/v1/account_api/portal_link", machine, 404, notFound},
		{"GET", "/api/v1/account_api/portal_link", user, 403, wrongAPI},
		{"GET", "/api/v1/users", user, 403, wrongAPI},
	} {
		if got := tn.send(tt.method, tt.path, tt.token, nil); got.status != tt.status || got.body != tt.body {
			t.Errorf("%s %s: got %d %s, want %d", tt.method, tt.path, got.status, got.body, tt.status)
		}
	}
}
