package kindetest

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

func (tn *tenant) introspectAs(bearer, token string) response {
	tn.t.Helper()
	return tn.send("POST", "/oauth2/introspect", bearer, url.Values{"token": {token}})
}

func TestIntrospect(t *testing.T) {
	tn := newTenant(t)
	k := tn.Kinde
	machine, token := k.Mint(Machine()), tn.tokens()
	got := tn.introspectAs(machine, token.AccessToken).json(t)
	if len(got) != 5 || got["active"] != true || got["client_id"] != ClientID ||
		got["exp"].(float64)-got["iat"].(float64) != 86400 || got["aud"] == nil {
		t.Errorf("access token: got %v", got)
	}
	if got := tn.introspectAs(k.Mint(), token.RefreshToken).json(t); got["active"] != true ||
		got["client_id"] != ClientID {
		t.Errorf("refresh token: got %v", got)
	}
	for name, other := range map[string]string{
		"garbage": "nonsense", "expired": k.Mint(ExpiresIn(-time.Second)), "foreign": k.Mint(SignedBy(ForeignKey)),
		"ID token": k.MintID(),
	} {
		if got := tn.introspectAs(machine, other); got.body != `{"active":false}` || got.status != http.StatusOK {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
	}
	for name, got := range map[string]response{
		"no bearer":  tn.introspectAs("", token.AccessToken),
		"bad bearer": tn.introspectAs(k.Mint(SignedBy(ForeignKey)), token.AccessToken),
		"no token":   tn.introspectAs(machine, ""),
	} {
		if got.status != http.StatusUnauthorized || oauthCode(t, got) == "" {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
	}
}

func TestRevoke(t *testing.T) {
	tn := newTenant(t)
	machine := tn.Kinde.Mint(Machine())
	revoke := func(client, secret, token string) response {
		return tn.post("/oauth2/revoke", url.Values{"client_id": {client}, "client_secret": {secret}, "token": {token}})
	}
	access := tn.Kinde.Mint()
	if got := revoke(SPAClientID, "", access); got.status != http.StatusOK {
		t.Errorf("another client: got %d", got.status)
	}
	if got := tn.get("/oauth2/v2/user_profile", access); got.status != http.StatusOK {
		t.Error("another client revoked the token")
	}
	if got := revoke(ClientID, ClientSecret, access); got.status != http.StatusOK || got.body != "" {
		t.Errorf("revoke: got %d %s", got.status, got.body)
	}
	if got := tn.introspectAs(machine, access).body; got != `{"active":false}` {
		t.Errorf("introspected after: got %s", got)
	}
	for _, path := range []string{"/oauth2/v2/user_profile", "/account_api/v1/roles"} {
		if got := tn.get(path, access); got.status != http.StatusForbidden {
			t.Errorf("%s after: got %d", path, got.status)
		}
	}
	pair := tn.tokens()
	revoke(ClientID, ClientSecret, pair.RefreshToken)
	if got := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", pair.RefreshToken)); oauthCode(t,
		got) != "invalid_grant" {
		t.Errorf("refresh after: got %s", got.body)
	}
	if got := tn.get("/oauth2/v2/user_profile", pair.AccessToken); got.status != http.StatusForbidden {
		t.Errorf("the access token of a revoked grant: got %d", got.status)
	}
	if got := revoke(ClientID, ClientSecret, "unknown"); got.status != http.StatusOK || got.body != "" {
		t.Errorf("unknown token: got %d %s", got.status, got.body)
	}
	if got := revoke(ClientID, "wrong", access); got.status != http.StatusUnauthorized ||
		oauthCode(t, got) != "invalid_client" {
		t.Errorf("wrong secret: got %d %s", got.status, got.body)
	}
	if got := revoke(ClientID, ClientSecret, ""); got.status != http.StatusBadRequest || got.json(t)["errors"] == nil {
		t.Errorf("no token: got %d %s", got.status, got.body)
	}
}

func TestRevokedAccessTokenIsReplacedOnRefresh(t *testing.T) {
	tn := newTenant(t)
	pair := tn.tokens()
	tn.post("/oauth2/revoke", url.Values{"client_id": {ClientID}, "client_secret": {ClientSecret},
		"token": {pair.AccessToken}})
	next := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", pair.RefreshToken)).json(t)
	if next["access_token"] == pair.AccessToken {
		t.Error("a refresh handed out a revoked access token")
	}
	if got := tn.get("/oauth2/v2/user_profile", next["access_token"].(string)); got.status != http.StatusOK {
		t.Errorf("the new one: got %d", got.status)
	}
}
