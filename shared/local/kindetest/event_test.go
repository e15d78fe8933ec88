package kindetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
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

func TestSuspendedUserGetsNothing(t *testing.T) {
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

func TestDeliverTriesAgainWithTheSameID(t *testing.T) {
	target, received := receiver(t, 503, 302, 200)
	tn := newTenant(t, func(o *Options) {
		o.WebhookURL, o.WebhookRetries = target, []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
	})
	event := tn.Kinde.Event("customer.plan_changed", map[string]any{"plan": "pro"}, With("event_id", "event_1"))
	if err := tn.Kinde.Deliver(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	if len(*received) != 3 {
		t.Fatalf("got %d tries, want 3", len(*received))
	}
	for _, h := range *received {
		if h.Get("Content-Type") != "application/jwt" || h.Get("webhook-id") != "event_1" || h.Get("Body") != event {
			t.Errorf("got %v", h)
		}
	}
}

func TestDeliverGivesUp(t *testing.T) {
	target, received := receiver(t, 500)
	tn := newTenant(t, func(o *Options) { o.WebhookURL, o.WebhookRetries = target, []time.Duration{time.Millisecond} })
	event := tn.Kinde.UserEvent("user.updated", DemoUser)
	if err := tn.Kinde.Deliver(t.Context(), event); !errors.Is(err, errNotHandled) || len(*received) != 2 {
		t.Errorf("got %v after %d tries, want errNotHandled after 2", err, len(*received))
	}
	patient := newTenant(t, func(o *Options) { o.WebhookURL = target })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := patient.Kinde.Deliver(ctx, event); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
	if !slices.Equal(patient.Kinde.opt.WebhookRetries,
		[]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute}) {
		t.Errorf("got %v, want Kinde's first waits", patient.Kinde.opt.WebhookRetries)
	}
	if err := newTenant(t).Kinde.Deliver(t.Context(), event); !errors.Is(err, errNoWebhook) {
		t.Errorf("got %v, want errNoWebhook", err)
	}
}
