package kindetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestChangesOfAUserAreSentToTheSite(t *testing.T) {
	target, received := receiver(t, 200)
	tn := newTenant(t, func(o *Options) { o.WebhookURL = target })
	change := func(what string) response {
		return tn.post("/dev/users", url.Values{"person": {StudioUser}, "change": {what}})
	}
	for i, row := range []struct{ change, kind, shows string }{
		{"suspend", "user.updated", "sessions have ended"},
		{"reinstate", "user.updated", "can sign in again"},
		{"plan", "customer.plan_changed", "sessions refresh"},
	} {
		page := change(row.change)
		if page.status != http.StatusOK || !strings.Contains(page.body, "accepted the event") ||
			!strings.Contains(page.body, row.shows) {
			t.Errorf("%s: got %d %s, want %q", row.change, page.status, page.body, row.shows)
		}
		if len(*received) != i+1 {
			t.Fatalf("%s: got %d events, want %d", row.change, len(*received), i+1)
		}
		if _, claims := part(t, (*received)[i].Get("Body"), 1); claims["type"] != row.kind {
			t.Errorf("%s: got an event %v, want %s", row.change, claims["type"], row.kind)
		}
		if suspended := tn.Kinde.isSuspended(StudioUser); suspended != (row.change == "suspend") {
			t.Errorf("%s: got suspended %v", row.change, suspended)
		}
	}
	if page := change("nonsense"); page.status != http.StatusUnprocessableEntity || len(*received) != 3 {
		t.Errorf("an unknown change: got %d and %d events, want 422 and 3", page.status, len(*received))
	}
	page := tn.post("/dev/users", url.Values{"person": {"kp_unknown"}, "change": {"suspend"}})
	if page.status != http.StatusUnprocessableEntity || len(*received) != 3 {
		t.Errorf("an unknown user: got %d and %d events, want 422 and 3", page.status, len(*received))
	}
}

func (k *Kinde) isSuspended(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.user(id).Suspended
}

func TestPageShowsWhatTheSiteRefuses(t *testing.T) {
	target, received := receiver(t, 503)
	tn := newTenant(t, func(o *Options) { o.WebhookURL = target })
	page := tn.post("/dev/users", url.Values{"person": {StudioUser}, "change": {"suspend"}})
	if !strings.Contains(page.body, "did not accept the event: status 503") || len(*received) != 1 {
		t.Errorf("got %s after %d tries, want the status after 1", page.body, len(*received))
	}
	if page := newTenant(t).get("/dev/users", ""); !strings.Contains(page.body, "There is no webhook") {
		t.Errorf("without a webhook: got %s", page.body)
	}
}

func TestPlanChangeReachesTokensAfterRefreshClaims(t *testing.T) {
	tn := newTenant(t)
	before := permissionsOf(t, tn.tokens().AccessToken)
	if err := tn.Kinde.switchPlan(DemoUser); err != nil {
		t.Fatal(err)
	}
	if got := permissionsOf(t, tn.tokens().AccessToken); !slices.Equal(got, before) {
		t.Errorf("got %v, want %v while the claims are kept", got, before)
	}
	_ = tn.Kinde.UpdateUser(DemoUser, func(*User) {})
	if got := permissionsOf(t, tn.tokens().AccessToken); slices.Contains(got, proPermission) {
		t.Errorf("on the Basic plan: got %v, want no %s", got, proPermission)
	}
	if err := tn.Kinde.switchPlan(DemoUser); err != nil {
		t.Fatal(err)
	}
	_ = tn.Kinde.UpdateUser(DemoUser, func(*User) {})
	if got := permissionsOf(t, tn.tokens().AccessToken); !slices.Contains(got, proPermission) {
		t.Errorf("on the Pro plan: got %v, want %s", got, proPermission)
	}
}
