package main

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"kinde-functions/shared/local/kindetest"
)

func refreshBody(token string) string {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}.Encode()
}

func TestRefreshRenewsDeviceTokens(t *testing.T) {
	f := start(t, kindetest.Options{}, "KINDE_CLIENT_SECRET", kindetest.ClientSecret)
	refresh := f.MintRefresh(kindetest.FromDevice())
	w := f.Post(tokenPath, refreshBody(refresh)+"&client_id="+kindetest.DeviceClientID+"&scope=openid")
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &tokens); err != nil || w.Code != 200 || tokens.Access == "" ||
		tokens.Refresh == "" {
		t.Fatalf("got %d %s, want 200", w.Code, w.Body)
	}
	want := url.Values{"grant_type": {"refresh_token"}, "client_id": {kindetest.DeviceClientID},
		"refresh_token": {refresh}}
	if form := f.Calls("/oauth2/token")[0].Form; form.Encode() != want.Encode() {
		t.Error("Kinde was sent more or less than the device application's refresh")
	}
	// A refresh token of the site's application is not a device's.
	for what, body := range map[string]string{
		"the site's": refreshBody(f.MintRefresh()), "unknown": refreshBody("no-such-token"),
	} {
		if w := f.Post(tokenPath, body); w.Code != 400 || w.Body.String() != `{"error":"invalid_grant"}` {
			t.Errorf("%s: got %d %s, want invalid_grant", what, w.Code, w.Body)
		}
	}
	if log := f.Log(); strings.Contains(log, refresh) || strings.Contains(log, tokens.Refresh) {
		t.Error("a refresh token is in the log")
	}
}

func TestRefreshIsLimitedByAddress(t *testing.T) {
	f := start(t, kindetest.Options{}, "RATE_LIMIT", "2/15m")
	for i, want := range []int{400, 400, 429, 429} {
		w := f.Post(tokenPath, refreshBody("no-such-token-"+string(rune('a'+i))))
		if w.Code != want || want == 429 && !strings.Contains(w.Body.String(), `"error":"temporarily_unavailable"`) {
			t.Errorf("refresh %d: got %d %s, want %d", i, w.Code, w.Body, want)
		}
	}
	if n := len(f.Calls("/oauth2/token")); n != 2 {
		t.Errorf("%d refreshes at Kinde, want 2", n)
	}
}

func TestRefreshRefusesBadFields(t *testing.T) {
	f := start(t, kindetest.Options{})
	for body, want := range map[string]string{
		"grant_type=refresh_token":                               "invalid_request",
		refreshBody("a b"):                                       "invalid_request",
		refreshBody(strings.Repeat("x", 16<<10+1)):               "invalid_request",
		"refresh_token=x":                                        "invalid_request",
		"refresh_token=x&device_code=y":                          "invalid_request",
		refreshBody("x") + "&client_id=other":                    "invalid_client",
		"grant_type=client_credentials":                          "unsupported_grant_type",
		"grant_type=authorization_code&device_code=x&scope=open": "unsupported_grant_type",
	} {
		w := f.Post(tokenPath, body)
		if w.Code != 400 || !strings.Contains(w.Body.String(), `"error":"`+want+`"`) ||
			!strings.Contains(w.Body.String(), `"code":"invalid-parameter"`) {
			t.Errorf("%.40s: got %d %s, want %s", body, w.Code, w.Body, want)
		}
	}
	if n := len(f.Calls("/oauth2/token")); n != 0 {
		t.Errorf("got %d calls at Kinde", n)
	}
}

// x/oauth2's TokenSource renews a device's expired token here.
func TestOAuth2TokenSourceRenews(t *testing.T) {
	f := start(t, kindetest.Options{})
	server := httptest.NewServer(f.Handler())
	defer server.Close()
	config := oauth2.Config{ClientID: kindetest.DeviceClientID, Endpoint: oauth2.Endpoint{
		TokenURL: server.URL + tokenPath, AuthStyle: oauth2.AuthStyleInParams,
	}}
	old := &oauth2.Token{
		AccessToken: "expired", RefreshToken: f.MintRefresh(kindetest.FromDevice()), Expiry: time.Now().Add(-time.Hour),
	}
	source := config.TokenSource(t.Context(), old)
	renewed, err := source.Token()
	if err != nil || renewed.AccessToken == "expired" || !renewed.Valid() {
		t.Fatalf("got %v", err)
	}
	old.RefreshToken = "no-such-token"
	_, err = config.TokenSource(t.Context(), old).Token()
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || refusal.ErrorCode != "invalid_grant" {
		t.Errorf("got %v, want invalid_grant", err)
	}
}
