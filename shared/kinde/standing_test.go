package kinde

import (
	"errors"
	"slices"
	"testing"

	"kinde-functions/shared/kindetest"
)

func TestStandingIsWhatTheTokenSays(t *testing.T) {
	w := newWorld(t, kindetest.Options{})
	m := w.machine(nil)
	if err := w.ask(t, m); err != nil {
		t.Fatal(err)
	}
	got, err := m.Standing(t.Context())
	if err != nil || !slices.Equal(got.Audiences, []string{w.url + "/api"}) || !slices.Contains(got.Scopes, "create:connected_apps") {
		t.Errorf("%+v, %v", got, err)
	}
	if n := w.asked(); n != 1 {
		t.Errorf("%d tokens were asked for, though one was held", n)
	}
}

func TestStandingOfNoToken(t *testing.T) {
	w := newWorld(t, kindetest.Options{})
	w.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"opaque","expires_in":60}`, Times: 1})
	if got, err := w.machine(nil).Standing(t.Context()); !errors.Is(err, ErrUnusable) {
		t.Errorf("%+v, %v", got, err)
	}
	w.Fault("/oauth2/token", kindetest.Fault{Status: 401, Body: kindetest.ErrorBody(kindetest.ShapeC, "invalid_client", "")})
	if got, err := w.machine(nil).Standing(t.Context()); err == nil {
		t.Errorf("%+v without a token", got)
	}
}

// A sparing machine spends one token, however often Kinde refuses it.
func TestSparing(t *testing.T) {
	w := newWorld(t, kindetest.Options{})
	m := w.machine(nil).Sparing()
	if err := w.ask(t, m); err != nil {
		t.Fatal(err)
	}
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 403})
	for range 3 {
		if err := w.ask(t, m); err == nil {
			t.Fatal("not refused")
		}
	}
	if n := w.asked(); n > 1 {
		t.Errorf("%d tokens", n)
	}
	w.ClearFaults()
	w.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"e30.e30.c2ln"}`})
	m = w.machine(nil).Sparing()
	for range 3 {
		if _, err := m.Standing(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := w.asked(); n != 1 {
		t.Errorf("%d tokens, of which the first had no lifetime", n)
	}
}
