package kindetest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

func TestEventIsSignedByTheTenant(t *testing.T) {
	tn := newTenant(t)
	event, err := tn.Kinde.Suspend(DemoUser, true)
	if err != nil {
		t.Fatal(err)
	}
	keys := oidc.NewRemoteKeySet(t.Context(), tn.URL+"/.well-known/jwks")
	if _, err := keys.VerifySignature(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	_, claims := part(t, event, 1)
	stamp, err := time.Parse(time.RFC3339, claims["timestamp"].(string))
	if err != nil || time.Since(stamp).Abs() > time.Minute || claims["event_timestamp"] != claims["timestamp"] {
		t.Errorf("got timestamps %v %v: %v", claims["timestamp"], claims["event_timestamp"], err)
	}
	user := claims["data"].(map[string]any)["user"].(map[string]any)
	if claims["type"] != "user.updated" || claims["event_id"] == "" || claims["source"] != "admin" ||
		user["id"] != DemoUser || user["is_suspended"] != true {
		t.Errorf("got %v", claims)
	}
	for _, name := range []string{"iss", "aud", "exp", "sub", "azp", "scp", "nonce"} {
		if claims[name] != nil {
			t.Errorf("got a claim %s, which Kinde's events lack", name)
		}
	}
	_, other := part(t, tn.Kinde.UserEvent("user.updated", DemoUser, With("event_id", "event_1")), 1)
	if other["event_id"] != "event_1" {
		t.Errorf("got event_id %v, want event_1", other["event_id"])
	}
}

func TestSuspendedUserIsRefused(t *testing.T) {
	tn := newTenant(t)
	refresh := tn.tokens().RefreshToken
	if _, err := tn.Kinde.Suspend(DemoUser, true); err != nil {
		t.Fatal(err)
	}
	if got := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", refresh)); oauthCode(t,
		got) != "invalid_grant" {
		t.Errorf("refresh: got %d %s, want invalid_grant", got.status, got.body)
	}
	if got := tn.get(tn.authURL("prompt", "none"), "").location(t).Query().Get("error"); got != "login_required" {
		t.Errorf("silent sign-in: got %q, want login_required", got)
	}
	page := tn.get(tn.authURL("prompt", "login"), "")
	if got := tn.post(formAction(t, page),
		map[string][]string{"person": {DemoUser}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("sign-in: got %d, want 422", got.status)
	}
	if _, err := tn.Kinde.Suspend(DemoUser, false); err != nil {
		t.Fatal(err)
	}
	if got := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", refresh)); got.status != http.StatusOK {
		t.Errorf("refresh after the suspension: got %d, want 200", got.status)
	}
}

func TestDeletedUserIsGone(t *testing.T) {
	tn := newTenant(t)
	refresh := tn.tokens().RefreshToken
	event, err := tn.Kinde.Delete(DemoUser)
	if err != nil {
		t.Fatal(err)
	}
	_, claims := part(t, event, 1)
	if user := claims["data"].(map[string]any)["user"].(map[string]any); user["id"] != DemoUser || len(user) != 1 {
		t.Errorf("got %v, want the id alone", user)
	}
	if got := tn.post("/oauth2/token", grantForm(grantRefresh, "refresh_token", refresh)); oauthCode(t,
		got) != "invalid_grant" {
		t.Errorf("refresh: got %d, want invalid_grant", got.status)
	}
	if _, err := tn.Kinde.Delete(DemoUser); !errors.Is(err, errNoUser) {
		t.Errorf("again: got %v, want errNoUser", err)
	}
}

// receiver is a site's webhook endpoint that gives those statuses in turn.
func receiver(t *testing.T, statuses ...int) (target string, received *[]http.Header) {
	received = &[]http.Header{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Header.Set("Body", string(body))
		*received = append(*received, r.Header)
		w.WriteHeader(statuses[min(len(*received), len(statuses))-1])
	}))
	t.Cleanup(server.Close)
	return server.URL, received
}

func TestEventIsPosted(t *testing.T) {
	target, received := receiver(t, 200, 302, 503)
	event := newTenant(t).Kinde.Event("customer.plan_changed", map[string]any{"plan": "pro"}, With("event_id", "event_1"))
	for _, want := range []string{"", "status 302", "status 503"} {
		if err := post(t.Context(), target, event); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if len(*received) != 3 {
		t.Fatalf("got %d requests, want 3", len(*received))
	}
	for _, h := range *received {
		if h.Get("Content-Type") != "application/jwt" || h.Get("webhook-id") != "event_1" || h.Get("Body") != event {
			t.Errorf("got %v, want the event with its id", h)
		}
	}
}
