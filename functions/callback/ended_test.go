package main

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

// sessionsOf returns the sessions of another function of the site.
func sessionsOf(s *signIn) *auth.Sessions {
	var sessions *auth.Sessions
	s.Beside(endpoint.API("user-profile", func(services *endpoint.Services) (endpoint.Handlers, error) {
		sessions = services.Sessions
		serve := func(context.Context, *endpoint.Request) (*endpoint.Response, error) {
			return &endpoint.Response{Status: http.StatusNoContent}, nil
		}
		return endpoint.Handlers{"GET /api/user-profile": {Serve: serve}}, nil
	}))
	return sessions
}

// Kinde keeps a sign-in over a suspension and gives it again without a form. A session of
// it would have ended before it began.
func TestSignInBeforeSuspensionShowsForm(t *testing.T) {
	s := start(t, "REDIS_URL", "redis://"+miniredis.RunT(t).Addr())
	if err := sessionsOf(s).EndSessionsOf(t.Context(), kindetest.DemoUser, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	w := s.back("state=" + s.attempt.State + "&code=" + s.code())
	query := authorizeQuery(t, s, w)
	if query.Get("prompt") != "login" || query.Get("org_code") != kindetest.DemoOrg {
		t.Errorf("got %v, want the form, for the same organization", query)
	}
	again, err := s.attemptOf(w, query.Get("state"))
	if err != nil || again.ReturnURL != s.attempt.ReturnURL || !again.Restarted {
		t.Fatalf("got %+v %v, want an attempt that leads to the same page", again, err)
	}
	if _, err := s.Stored(w); err == nil {
		t.Error("a session is set")
	}

	// A second one is an error and no loop.
	s.attempt, s.cookie = again, functiontest.Kept(w.Header())
	wantPage(t, s.back("state="+again.State+"&code="+s.code()), "login-expired")

	other := start(t, "REDIS_URL", "redis://"+miniredis.RunT(t).Addr())
	earlier := time.Now().Add(-time.Minute)
	if err := sessionsOf(other).EndSessionsOf(t.Context(), kindetest.DemoUser, earlier); err != nil {
		t.Fatal(err)
	}
	later := other.back("state=" + other.attempt.State + "&code=" + other.code()).Header().Get("Location")
	if later != site+"/pricing" {
		t.Errorf("a later sign-in: got %s, want %s/pricing", later, site)
	}
}
