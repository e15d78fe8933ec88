package kindetest

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// part decodes the header (0) or the claims (1) of a token.
func part(t *testing.T, token string, i int) (raw string, values map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("got %d parts", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[i])
	if err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(text, &values)
	return string(text), values
}

func TestMintIsGoodByDefault(t *testing.T) {
	tn := newTenant(t)
	keys := oidc.NewRemoteKeySet(t.Context(), tn.URL+"/.well-known/jwks")
	v := oidc.NewVerifier(tn.URL, keys, &oidc.Config{SkipClientIDCheck: true})
	token, err := v.Verify(t.Context(), tn.Kinde.Mint())
	if err != nil || token.Subject != DemoUser {
		t.Fatalf("got %+v, %v", token, err)
	}
	access := tn.Kinde.Mint(For(AdminUser))
	id, err := oidc.NewVerifier(tn.URL, keys, &oidc.Config{ClientID: ClientID}).
		Verify(t.Context(), tn.Kinde.MintID(For(AdminUser), Nonce("n"), AccessToken(access)))
	if err != nil || id.Nonce != "n" || id.VerifyAccessToken(access) != nil {
		t.Errorf("MintID = %+v, %v, want the nonce and at_hash", id, err)
	}
	for name, bad := range map[string]string{
		"foreign key": tn.Kinde.Mint(SignedBy(ForeignKey)), "none": tn.Kinde.Mint(SignedWith("none")),
		"HS256": tn.Kinde.Mint(SignedWith("HS256")), "PS256": tn.Kinde.Mint(SignedWith("PS256")),
		"expired": tn.Kinde.Mint(ExpiresIn(-time.Minute)), "issuer": tn.Kinde.Mint(With("iss", "https://x.example")),
	} {
		if _, err := v.Verify(t.Context(), bad); err == nil {
			t.Errorf("%s: Verify = nil, want an error", name)
		}
	}
}

func TestMintOptions(t *testing.T) {
	k, err := New(Options{Issuer: "https://acme.example"})
	if err != nil {
		t.Fatal(err)
	}
	k.RotateKeys()
	current, old := k.keys.current().id, k.keys.previous().id
	claim := func(name string, opts ...Claim) any {
		_, claims := part(t, k.Mint(opts...), 1)
		return claims[name]
	}
	header := func(name string, opts ...Claim) any {
		_, h := part(t, k.Mint(opts...), 0)
		return h[name]
	}
	for name, pair := range map[string][2]any{
		"With":          {claim("azp", With("azp", 7)), 7.0},
		"Without":       {claim("sub", Without("sub")), nil},
		"For":           {claim("sub", For(EmptyUser)), EmptyUser},
		"InOrg":         {claim("org_code", For(AdminUser), InOrg(SecondOrg)), SecondOrg},
		"ForClient":     {claim("azp", ForClient("stranger")), "stranger"},
		"FromDevice":    {claim("scope", FromDevice(), Scopes("a", "b")), "a b"},
		"Machine sub":   {claim("sub", Machine("x")), nil},
		"Machine scope": {claim("scope", Machine("x", "y")), "x y"},
		"current kid":   {header("kid"), current},
		"old kid":       {header("kid", SignedBy(OldKey)), old},
		"foreign kid":   {header("kid", SignedBy(ForeignKey)), current},
		"typ":           {header("typ"), "JWT"},
		"Header":        {header("typ", Header("typ", "at+jwt")), "at+jwt"},
		"none":          {header("alg", SignedWith("none")), "none"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	if !strings.HasSuffix(k.Mint(SignedWith("none")), ".") {
		t.Error("alg none: got a signature, want none")
	}
}

func TestRotateKeys(t *testing.T) {
	tn := newTenant(t)
	kids := func() (ids []string) {
		for _, key := range tn.get("/.well-known/jwks", "").json(t)["keys"].([]any) {
			ids = append(ids, key.(map[string]any)["kid"].(string))
		}
		return ids
	}
	good := func(token string) bool { return tn.get("/oauth2/v2/user_profile", token).status == 200 }
	first, before := kids(), tn.Kinde.Mint()
	tn.Kinde.RotateKeys()
	second := kids()
	if len(second) != 2 || second[0] == first[0] || second[1] != first[0] {
		t.Errorf("got key set %v after %v, want a new key before the old one", second, first)
	}
	if !good(before) || !good(tn.Kinde.Mint()) {
		t.Error("with the old key in the set: a token was refused")
	}
	tn.Kinde.RotateKeys(DropOld)
	if third := kids(); len(third) != 1 || third[0] == second[0] {
		t.Errorf("DropOld: got key set %v, want one new key", third)
	}
	if good(before) || !good(tn.Kinde.Mint()) {
		t.Error("DropOld: want only tokens of the new key accepted")
	}
	if got := tn.get("/.well-known/jwks", "x"); got.status != 403 {
		t.Errorf("with an Authorization header: got %d, want 403", got.status)
	}
	for range maxOldKeys {
		tn.Kinde.RotateKeys()
	}
	if got := len(kids()); got != maxOldKeys {
		t.Errorf("got %d keys kept", got)
	}
}

func TestDiscovery(t *testing.T) {
	tn := newTenant(t)
	got := tn.get("/.well-known/openid-configuration", "").json(t)
	if got["issuer"] != tn.URL || got["jwks_uri"] != tn.URL+"/.well-known/jwks" ||
		got["device_authorization_endpoint"] != nil {
		t.Errorf("got %v", got)
	}
	if methods := got["token_endpoint_auth_methods_supported"].([]any); len(methods) != 1 ||
		methods[0] != "client_secret_post" {
		t.Errorf("got auth methods %v, want client_secret_post", methods)
	}
}
