package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
	"kinde-functions/shared/token"
)

// deployment is an Authenticator with a shared store, and its tenant.
type deployment struct {
	*Authenticator
	t      *testing.T
	tenant *kindetest.Kinde
}

func deploy(t *testing.T) *deployment {
	t.Helper()
	tenant, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	s := &config.Settings{
		Issuer: tenant.URL, Management: tenant.URL, ClientID: kindetest.ClientID, ClientSecret: kindetest.ClientSecret,
		Site:        site,
		SessionKeys: [][]byte{make([]byte, 32)}, UpstreamTimeout: time.Second, Scopes: "openid offline",
	}
	upstream := outbound.New(s.UpstreamTimeout)
	keys := token.NewKeys(s.Issuer+kinde.KeysPath, upstream.HTTP())
	verifier, err := token.NewVerifier(token.Config{Issuer: s.Issuer, ClientIDs: s.ClientIDs(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	shared, err := sealed(s, store.NewMemory(100, nil))
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := NewSessions(s, "session", kinde.New(s.Issuer, s.Management, upstream), verifier, shared)
	if err != nil {
		t.Fatal(err)
	}
	return &deployment{NewAuthenticator(s, verifier, keys, sessions), t, tenant.Kinde}
}

// authenticate authenticates a request of a page with that session.
func (d *deployment) authenticate(s session.Session) (Caller, error) {
	d.t.Helper()
	h := http.Header{}
	if err := d.sessions.Cookies.Write(h, s); err != nil {
		d.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(d.t.Context(), "GET", site+"/api/user-profile", nil)
	for _, cookie := range (&http.Response{Header: h}).Cookies() {
		if cookie.Value != "" {
			r.AddCookie(cookie)
		}
	}
	r.Header.Set("X-CSRF", "1")
	return d.Authenticate(r.Context(), route.Of("user-profile")[0], r)
}

func (d *deployment) newSession(age time.Duration) session.Session {
	tokens := session.Tokens{Access: d.tenant.Mint(kindetest.ExpiresIn(age)), Refresh: d.tenant.MintRefresh()}
	return session.New(tokens, kindetest.DemoUser, time.Now().Add(-time.Minute).Truncate(time.Millisecond).UTC(),
		session.Organizations{})
}

func code(err error) problem.Code {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

// The user signs out while a refresh is under way: the response must not sign them in
// again.
func TestRefreshStopsAfterSignOut(t *testing.T) {
	d := deploy(t)
	s := d.newSession(-time.Minute)
	grant := d.sessions.refresher.grant
	d.sessions.refresher.grant = func(ctx context.Context, refresh string) (kinde.Grant, error) {
		granted, err := grant(ctx, refresh)
		d.sessions.SignOut(ctx, http.Header{}, httptest.NewRequest("POST", site, nil), Caller{Session: s}, false)
		return granted, err
	}
	caller, err := d.authenticate(s)
	if code(err) != problem.SessionExpired || len(caller.SetCookies["Set-Cookie"]) != 0 || caller.Subject != "" {
		t.Errorf("got %v and cookies %q, want session-expired and none", err, caller.SetCookies["Set-Cookie"])
	}
}

// A copy of the cookies of an ended session is refused.
func TestEndedSessionIsExpired(t *testing.T) {
	for name, end := range map[string]func(*deployment, session.Session){
		"sign-out": func(d *deployment, s session.Session) {
			d.sessions.SignOut(t.Context(), http.Header{}, httptest.NewRequest("POST", site, nil), Caller{Session: s}, false)
		},
		"sign-out of all sessions elsewhere": func(d *deployment, _ session.Session) {
			d.sessions.SignOut(t.Context(), http.Header{}, httptest.NewRequest("POST", site, nil),
				Caller{Subject: kindetest.DemoUser}, true)
		},
		"suspension": func(d *deployment, s session.Session) {
			_ = d.sessions.EndSessionsOf(t.Context(), s.Subject, s.Started.Add(time.Second))
		},
		"another sign-in": func(d *deployment, s session.Session) { d.sessions.ended.end(t.Context(), s.ID) },
	} {
		for _, age := range []time.Duration{time.Hour, -time.Minute} {
			d := deploy(t)
			s := d.newSession(age)
			if caller, err := d.authenticate(s); err != nil || caller.Subject != kindetest.DemoUser {
				t.Fatalf("%s: before it: %v", name, err)
			}
			s.Refresh = d.tenant.MintRefresh()
			end(d, s)
			if _, err := d.authenticate(s); code(err) != problem.SessionExpired {
				t.Errorf("%s: got %v, want session-expired", name, err)
			}
		}
	}
}

// An event makes each of the user's sessions refresh once.
func TestRefreshDueSessionIsRefreshedOnce(t *testing.T) {
	d := deploy(t)
	s := d.newSession(time.Hour)
	event := s.Started.Add(time.Second)
	if err := d.sessions.MarkRefreshDue(t.Context(), s.Subject, event); err != nil {
		t.Fatal(err)
	}
	caller, err := d.authenticate(s)
	if err != nil || !caller.Refreshed || caller.Token == s.Access || !caller.Session.Noted.Equal(event) ||
		caller.Session.ID != s.ID {
		t.Fatalf("got %+v, %v, want the same session refreshed", caller, err)
	}
	if calls := d.tenant.Calls("/oauth2/revoke"); len(calls) != 1 || calls[0].Form.Get("token") != s.Access {
		t.Errorf("revoked %+v, want the access token", calls)
	}
	if again, err := d.authenticate(caller.Session); err != nil || again.Refreshed {
		t.Errorf("the next request: refreshed %v, %v, want not", again.Refreshed, err)
	}
	later := event.Add(time.Second)
	if err := d.sessions.MarkRefreshDue(t.Context(), s.Subject, later); err != nil {
		t.Fatal(err)
	}
	d.tenant.Fault("/oauth2/token", kindetest.Fault{Status: 500})
	failed, err := d.authenticate(caller.Session)
	if code(err) != problem.UpstreamFailed || len(failed.SetCookies["Set-Cookie"]) == 0 {
		t.Errorf("a refresh that fails: got %v, want upstream-failed and the session sealed as refresh-due", err)
	}
}

// The store is down: requests are served as without one.
func TestUnavailableStoreKeepsSession(t *testing.T) {
	d := deploy(t)
	d.sessions.ended.shared = down{}
	if caller, err := d.authenticate(d.newSession(time.Hour)); err != nil || caller.Subject != kindetest.DemoUser {
		t.Errorf("got %v, want the caller", err)
	}
	if failure := d.sessions.SignOut(t.Context(), http.Header{}, httptest.NewRequest("POST", site, nil), Caller{},
		true); failure != nil {
		t.Errorf("signing out: got %v, want nil", failure)
	}
}

func TestDeviceTokensOpenDeviceRowsOnly(t *testing.T) {
	d := deploy(t)
	verifier, err := token.NewVerifier(token.Config{Issuer: d.tenant.Issuer(),
		ClientIDs: []string{kindetest.ClientID, kindetest.DeviceClientID}, Keys: d.keys})
	if err != nil {
		t.Fatal(err)
	}
	d.verifier, d.deviceClient = verifier, kindetest.DeviceClientID
	for _, row := range route.Table {
		if row.Access != route.User {
			continue
		}
		r := httptest.NewRequestWithContext(t.Context(), row.Method, site, nil)
		r.Header.Set("Authorization", "Bearer "+d.tenant.Mint(kindetest.FromDevice()))
		_, err := d.Authenticate(r.Context(), row, r)
		if accepted := err == nil; accepted != row.Device || !accepted && code(err) != problem.InvalidToken {
			t.Errorf("%s: got %v, want accepted %v", row.Name(), err, row.Device)
		}
		if err != nil && strings.Contains(err.Error(), "Bearer") {
			t.Errorf("%s: the error shows the header", row.Name())
		}
	}
}
