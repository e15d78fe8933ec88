package kinde

import (
	"errors"
	"slices"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

func TestMachineClaims(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	m := w.machine(nil)
	if err := w.introspect(t, m); err != nil {
		t.Fatal(err)
	}
	got, err := m.Claims(t.Context())
	if err != nil || !slices.Equal(got.Audiences, []string{w.url + "/api"}) ||
		!slices.Contains(got.Scopes, "create:connected_apps") {
		t.Errorf("got %+v, %v, want the audience %s/api and the scope create:connected_apps", got, err, w.url)
	}
	if n := w.tokenRequests(); n != 1 {
		t.Errorf("got %d requests for tokens, want 1", n)
	}
}

func TestMachineClaimsWithoutAToken(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	w.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"opaque","expires_in":60}`, Times: 1})
	if got, err := w.machine(nil).Claims(t.Context()); !errors.Is(err, ErrUnusable) {
		t.Errorf("opaque token: got %+v, %v, want ErrUnusable", got, err)
	}
	w.Fault(
		"/oauth2/token",
		kindetest.Fault{Status: 401, Body: kindetest.ErrorBody(kindetest.ShapeC, "invalid_client", "")},
	)
	if got, err := w.machine(nil).Claims(t.Context()); err == nil {
		t.Errorf("refused: got %+v, want an error", got)
	}
}

func TestSingleTokenIsNotReplacedWhenRefused(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	m := w.machine(nil).SingleToken()
	if err := w.introspect(t, m); err != nil {
		t.Fatal(err)
	}
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 403})
	for range 3 {
		if err := w.introspect(t, m); err == nil {
			t.Fatal("got no error, want a refusal")
		}
	}
	if n := w.tokenRequests(); n > 1 {
		t.Errorf("got %d requests for tokens, want at most 1", n)
	}
	w.ClearFaults()
	w.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"e30.e30.c2ln"}`})
	m = w.machine(nil).SingleToken()
	for range 3 {
		if _, err := m.Claims(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := w.tokenRequests(); n != 1 {
		t.Errorf("token without a lifetime: got %d requests for tokens, want 1", n)
	}
}
