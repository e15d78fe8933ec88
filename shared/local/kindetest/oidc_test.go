package kindetest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// These tests drive the tenant with an independent OpenID Connect client.

func TestCodeFlowWithIndependentClient(t *testing.T) {
	tn := newTenant(t)
	ctx := t.Context()
	provider, err := oidc.NewProvider(ctx, tn.URL)
	if err != nil {
		t.Fatal(err)
	}
	conf := tn.web()
	conf.Endpoint = provider.Endpoint()
	conf.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	verifier := oauth2.GenerateVerifier()
	u := tn.signIn(conf.AuthCodeURL("state-5678", oidc.Nonce("nonce-1"), oauth2.S256ChallengeOption(verifier)), AdminUser)
	if got := u.Scheme + "://" + u.Host + u.Path; got != callback || u.Query().Get("state") != "state-5678" {
		t.Fatalf("got a redirect to %s, want %s with the state", u, callback)
	}
	token, err := conf.Exchange(ctx, u.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	rawID, _ := token.Extra("id_token").(string)
	idToken, err := provider.Verifier(&oidc.Config{ClientID: ClientID}).Verify(ctx, rawID)
	if err != nil {
		t.Fatal(err)
	}
	if err := idToken.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	if idToken.Nonce != "nonce-1" || idToken.Subject != AdminUser || token.RefreshToken == "" {
		t.Errorf("got nonce %q, sub %q, refresh token %q", idToken.Nonce, idToken.Subject, token.RefreshToken)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		t.Fatal(err)
	}
	if info.Subject != AdminUser || info.Email != "alex@example.com" || !info.EmailVerified {
		t.Errorf("got user info %+v, want that of %s", info, AdminUser)
	}
}

func TestAccessTokenClaims(t *testing.T) {
	tn := newTenant(t)
	keys := oidc.NewRemoteKeySet(t.Context(), tn.URL+"/.well-known/jwks.json")
	verifier := oidc.NewVerifier(tn.URL, keys, &oidc.Config{SkipClientIDCheck: true})
	token, err := verifier.Verify(t.Context(), tn.tokens().AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Azp         string
		OrgCode     string `json:"org_code"`
		Aud, Scp    []string
		Permissions []string
		Roles       []Role
		Flags       map[string]struct{ T, V any } `json:"feature_flags"`
		Exp, Iat    int64
		// These do not belong in a user's token.
		Scope, Nonce, Gty, Email any
	}
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if claims.Azp != ClientID || claims.Aud == nil || len(claims.Aud) != 0 || claims.OrgCode != DemoOrg {
		t.Errorf("got azp %q, aud %v, org_code %q, want %q, [], %q", claims.Azp, claims.Aud, claims.OrgCode, ClientID,
			DemoOrg)
	}
	if !slices.Equal(claims.Scp, []string{"openid", "profile", "email", "offline"}) || claims.Scope != nil ||
		claims.Nonce != nil || claims.Gty != nil {
		t.Errorf("got scp %v, scope %v, nonce %v, gty %v, want four scopes in scp alone", claims.Scp, claims.Scope,
			claims.Nonce, claims.Gty)
	}
	if !slices.Contains(claims.Permissions, "view_reports") || len(claims.Roles) == 0 || claims.Email != nil {
		t.Errorf("got permissions %v, roles %v, email %v, want no email", claims.Permissions, claims.Roles,
			claims.Email)
	}
	for key, want := range map[string]string{"new_dashboard": "b", "upload_limit": "i", "theme": "s", "layout": "j"} {
		if claims.Flags[key].T != want {
			t.Errorf("flag %s has type %v, want %s", key, claims.Flags[key].T, want)
		}
	}
	if claims.Exp-claims.Iat != int64((24 * time.Hour).Seconds()) {
		t.Errorf("got a lifetime of %d s, want a day", claims.Exp-claims.Iat)
	}
}

func TestRefreshWithIndependentClient(t *testing.T) {
	tn := newTenant(t)
	ctx := t.Context()
	provider, err := oidc.NewProvider(ctx, tn.URL)
	if err != nil {
		t.Fatal(err)
	}
	first := tn.tokens()
	refreshed := func(token *oauth2.Token) *oauth2.Token {
		t.Helper()
		stale := &oauth2.Token{RefreshToken: token.RefreshToken, Expiry: time.Unix(1, 0)}
		next, err := tn.web().TokenSource(ctx, stale).Token()
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	early := refreshed(first)
	if early.AccessToken != first.AccessToken || early.RefreshToken == first.RefreshToken {
		t.Error("a refresh before expiry must return the same access token and a new refresh token")
	}
	tn.wait(DefaultAccessTTL + time.Second)
	late := refreshed(early)
	if late.AccessToken == first.AccessToken {
		t.Error("a refresh after expiry returned the expired access token")
	}
	rawID, _ := late.Extra("id_token").(string)
	now := func() time.Time { return time.Now().Add(DefaultAccessTTL + time.Second) }
	idToken, err := provider.Verifier(&oidc.Config{ClientID: ClientID, Now: now}).Verify(ctx, rawID)
	if err != nil {
		t.Fatal(err)
	}
	if idToken.Subject != DemoUser || idToken.Nonce != "" {
		t.Errorf("got sub %q, nonce %q, want %q without a nonce", idToken.Subject, idToken.Nonce, DemoUser)
	}
}

func TestClientCredentialsWithIndependentClient(t *testing.T) {
	tn := newTenant(t)
	conf := clientcredentials.Config{
		ClientID: M2MClientID, ClientSecret: M2MClientSecret, TokenURL: tn.URL + "/oauth2/token",
		Scopes: []string{"read:users"}, AuthStyle: oauth2.AuthStyleInParams,
		EndpointParams: url.Values{"audience": {tn.URL + "/api"}},
	}
	token, err := conf.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := oidc.NewRemoteKeySet(t.Context(), tn.URL+"/.well-known/jwks")
	verified, err := oidc.NewVerifier(tn.URL, keys, &oidc.Config{ClientID: tn.URL + "/api"}).Verify(t.Context(),
		token.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := verified.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if _, hasSub := claims["sub"]; hasSub || claims["gty"] == nil || claims["scope"] != "read:users" ||
		claims["azp"] != M2MClientID {
		t.Errorf("got claims %v, want those of a machine with read:users", claims)
	}
	if token.RefreshToken != "" || token.Extra("id_token") != nil {
		t.Error("a machine got a refresh or ID token")
	}
	conf.AuthStyle = oauth2.AuthStyleInHeader
	_, err = conf.Token(t.Context())
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || e.ErrorCode != "invalid_client" ||
		e.Response.StatusCode != 401 {
		t.Errorf("HTTP Basic: got %v", err)
	}
}

func TestDeviceFlowWithIndependentClient(t *testing.T) {
	// The client waits for real between polls, so the interval is the shortest.
	tn := newTenant(t, func(o *Options) { o.DeviceInterval = time.Second })
	conf := tn.web("openid", "offline", SampleScope)
	conf.ClientID, conf.ClientSecret = DeviceClientID, ""
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	device, err := conf.DeviceAuth(ctx, oauth2.SetAuthURLParam("audience", SampleAudience))
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(device.Expiry); left < 9*time.Minute || left > 10*time.Minute || device.Interval != 1 {
		t.Errorf("got expiry in %s, interval %d, want 10m, 1", left, device.Interval)
	}
	form := url.Values{"user_code": {device.UserCode}, "action": {"approve"}, "person": {DemoUser}}
	if page := tn.post("/device", form); page.status != 200 {
		t.Fatalf("approval: got %d %s, want 200", page.status, page.body)
	}
	token, err := conf.DeviceAccessToken(ctx, device)
	if err != nil {
		t.Fatal(err)
	}
	keys := oidc.NewRemoteKeySet(ctx, tn.URL+"/.well-known/jwks")
	verified, err := oidc.NewVerifier(tn.URL, keys, &oidc.Config{ClientID: SampleAudience}).Verify(ctx, token.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := verified.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if claims["sub"] != DemoUser || claims["scope"] != "openid offline read:reports" || len(claims["scp"].([]any)) != 3 {
		t.Errorf("got claims %v, want %s with three scopes", claims, DemoUser)
	}
	if token.RefreshToken == "" {
		t.Error("no refresh token in spite of offline")
	}
}
