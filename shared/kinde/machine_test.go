package kinde

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/store"
)

// clock is a clock that a test sets; safe for concurrent use.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// tenant is an embedded Kinde and a client of it.
type tenant struct {
	*kindetest.Kinde
	url    string
	client *Client
	clock  *clock
	token  string // a user's, for a year
}

func newTenant(t *testing.T, options kindetest.Options) *tenant {
	t.Helper()
	c := &clock{t: time.Now()}
	options.Now = c.now
	server, err := kindetest.Serve(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	client := New(server.URL, server.Kinde.Management(), outbound.New(time.Second))
	return &tenant{server.Kinde, server.URL, client, c, server.Kinde.Mint(kindetest.ExpiresIn(365 * 24 * time.Hour))}
}

func (w *tenant) machine(shared store.Store) *Machine {
	m := NewMachine(w.client, kindetest.M2MClientID, kindetest.M2MClientSecret, shared, time.Second)
	m.now = w.clock.now
	return m
}

// tokenRequests returns the number of requests for tokens since its last call.
func (w *tenant) tokenRequests() int {
	n := 0
	for _, call := range w.Calls("/oauth2/token") {
		if call.Form.Get("grant_type") == "client_credentials" {
			n++
		}
	}
	w.ForgetCalls()
	return n
}

func (w *tenant) introspect(t *testing.T, m *Machine) error {
	t.Helper()
	got, err := w.client.Introspect(t.Context(), m, w.token, "")
	if err == nil && !strings.Contains(string(got), `"active":true`) {
		t.Errorf("got %s, want an active token", got)
	}
	return err
}

func TestMachineTokenIsUsedForItsLifetimeLessAMinute(t *testing.T) {
	w := newTenant(t, kindetest.Options{AccessTTL: time.Hour})
	m := w.machine(nil)
	for range 3 {
		if err := w.introspect(t, m); err != nil {
			t.Fatal(err)
		}
	}
	calls := w.Calls("/oauth2/token")
	if len(calls) != 1 {
		t.Fatalf("got %d requests for tokens, want 1", len(calls))
	}
	form, want := calls[0].Form, url.Values{"grant_type": {"client_credentials"}, "client_id": {kindetest.M2MClientID},
		"client_secret": {kindetest.M2MClientSecret}, "audience": {w.Management() + "/api"}}
	if form.Encode() != want.Encode() || calls[0].Header.Get("Authorization") != "" {
		t.Errorf("got form %v, header %v, want form %v and no Authorization", form, calls[0].Header, want)
	}
	w.ForgetCalls()
	w.clock.advance(59*time.Minute - time.Second)
	if err := w.introspect(t, m); err != nil || w.tokenRequests() != 0 {
		t.Errorf("a second before the last minute: got %v, want no error and no request", err)
	}
	w.clock.advance(2 * time.Second)
	if err := w.introspect(t, m); err != nil || w.tokenRequests() != 1 {
		t.Errorf("in the last minute: got %v, want no error and one request", err)
	}
}

func TestConcurrentCallsRequestOneToken(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	w.Fault("/oauth2/token", kindetest.Fault{Delay: 50 * time.Millisecond})
	m := w.machine(nil)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := w.introspect(t, m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.tokenRequests(); n != 1 {
		t.Errorf("got %d requests for tokens, want 1", n)
	}
}

// A refused token is replaced unless it is new: the tenant may have changed its keys.
func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	for name, shared := range map[string]store.Store{"alone": nil, "shared": store.NewMemory(100, nil)} {
		t.Run(name, func(t *testing.T) {
			w := newTenant(t, kindetest.Options{})
			m := w.machine(shared)
			if err := w.introspect(t, m); err != nil || w.tokenRequests() != 1 {
				t.Fatal(err)
			}
			w.clock.advance(2 * time.Minute)
			w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Times: 1})
			if err := w.introspect(t, m); err != nil || w.tokenRequests() != 1 {
				t.Errorf("one refusal: got %v, want no error and one request", err)
			}
			w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Body: `{"error":"request_unauthorized"}`, Times: 1})
			p := problem.From(w.introspect(t, m))
			if p.Code != problem.UpstreamMisconfigured || p.Remedy == "" || w.tokenRequests() != 0 {
				t.Errorf("refusal of a new token: got %v, remedy %q, want %s, a remedy and no request",
					p, p.Remedy, problem.UpstreamMisconfigured)
			}
			if err := w.introspect(t, m); err != nil || w.tokenRequests() != 0 {
				t.Errorf("afterwards: got %v, want no error and no request", err)
			}
		})
	}
}

// When new tokens are refused too, the token is not the cause. All instances together
// request few tokens meanwhile, and request a new one within an hour of the fix.
func TestPersistentRefusalCostsFewTokens(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	shared := store.NewMemory(100, w.clock.now)
	instances := []*Machine{w.machine(shared), w.machine(shared), w.machine(shared)}
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 403})
	var wg sync.WaitGroup
	for range 20 { // a cold start under load
		wg.Go(func() { _ = w.introspect(t, instances[0]) })
	}
	wg.Wait()
	spent := w.tokenRequests()
	if spent != 1 {
		t.Errorf("at the start: got %d tokens, want 1", spent)
	}
	for minute := range 24 * 60 {
		w.clock.advance(time.Minute)
		if err := w.introspect(t, instances[minute%3]); err == nil {
			t.Fatal("got no error, want a refusal")
		}
		spent += w.tokenRequests()
	}
	if spent > 32 {
		t.Errorf("got %d tokens in a day, want at most 32", spent)
	}
	w.ClearFaults()
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 403, Times: 1}) // the old token lacks the scope
	w.clock.advance(time.Hour)
	if err := w.introspect(t, instances[0]); err != nil || w.tokenRequests() != 1 {
		t.Errorf("an hour after the fix: got %v, want no error and one request", err)
	}
}

// An instance whose token is refused uses the newer one that another instance has
// stored, even if its own is new.
func TestNewerTokenInTheStoreIsUsed(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	shared := store.NewMemory(100, w.clock.now)
	m, other := w.machine(shared), w.machine(shared)
	if err := w.introspect(t, m); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(2 * time.Minute)
	if err := w.introspect(t, other); err != nil {
		t.Fatal(err)
	}
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Times: 1})
	w.tokenRequests()
	if err := w.introspect(t, other); err != nil || w.tokenRequests() != 1 {
		t.Errorf("first refusal: got %v, want no error and one request", err)
	}
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Times: 1})
	if err := w.introspect(t, m); err != nil || w.tokenRequests() != 0 {
		t.Errorf("instance with the old token: got %v, want no error and no request", err)
	}
}

func TestInstancesShareTheToken(t *testing.T) {
	w := newTenant(t, kindetest.Options{AccessTTL: time.Hour})
	shared := store.NewMemory(100, w.clock.now)
	w.Fault("/oauth2/token", kindetest.Fault{Delay: 50 * time.Millisecond})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := w.introspect(t, w.machine(shared)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.tokenRequests(); n != 1 {
		t.Errorf("got %d requests for tokens, want 1", n)
	}
	w.clock.advance(2 * time.Hour)
	if err := w.introspect(t, w.machine(shared)); err != nil || w.tokenRequests() != 1 {
		t.Errorf("after it has expired: got %v, want no error and one request", err)
	}
}

// brokenStore is a store that is unavailable.
type brokenStore struct{ store.Store }

func (brokenStore) Get(context.Context, string) ([]byte, bool, error) {
	return nil, false, store.ErrUnavailable
}
func (brokenStore) Set(context.Context, string, []byte, time.Duration) error {
	return store.ErrUnavailable
}
func (brokenStore) Acquire(context.Context, string, time.Duration) (func(context.Context), bool, error) {
	return nil, false, store.ErrUnavailable
}

func TestUnavailableStoreCostsATokenPerInstance(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	m := w.machine(brokenStore{})
	for range 3 {
		if err := w.introspect(t, m); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.tokenRequests(); n != 1 {
		t.Errorf("got %d requests for tokens, want 1", n)
	}
}

func TestRefusedTokenRequests(t *testing.T) {
	for name, row := range map[string]struct {
		fault  kindetest.Fault
		want   problem.Code
		remedy string
	}{
		"secret": {kindetest.Fault{Status: 401, Body: `{"error":"invalid_client"}`},
			problem.UpstreamMisconfigured, "KINDE_M2M_CLIENT_SECRET"},
		"not allowed": {kindetest.Fault{Status: 400, Body: `{"error":"unauthorized_client"}`},
			problem.UpstreamMisconfigured, "authorize"},
		"audience": {kindetest.Fault{Status: 400, Body: `{"error":"invalid_request"}`},
			problem.UpstreamMisconfigured, "KINDE_MANAGEMENT_URL"},
		"throttled": {kindetest.Fault{Status: 429}, problem.UpstreamThrottled, ""},
		"down":      {kindetest.Fault{Status: 500}, problem.UpstreamFailed, ""},
		"hangs":     {kindetest.Fault{Hang: true}, problem.UpstreamTimeout, ""},
		"no token":  {kindetest.Fault{Body: `{"expires_in":60}`}, problem.UpstreamFailed, ""},
		"not JSON":  {kindetest.Fault{Malformed: true}, problem.UpstreamFailed, ""},
	} {
		w := newTenant(t, kindetest.Options{})
		w.Fault("/oauth2/token", row.fault)
		p := problem.From(w.introspect(t, w.machine(nil)))
		if p.Code != row.want || !strings.Contains(p.Remedy, row.remedy) || len(w.Calls("/oauth2/introspect")) != 0 {
			t.Errorf("%s: got %v, remedy %q, want %s, remedy with %q", name, p, p.Remedy, row.want, row.remedy)
		}
		if strings.Contains(p.Error()+p.Remedy, kindetest.M2MClientSecret) {
			t.Errorf("%s: got an error with the secret", name)
		}
	}
}

// A token with an invalid lifetime, or without one, is used for one call.
func TestTokenWithoutALifetimeIsNotKept(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	token := w.Mint(kindetest.Machine())
	w.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"` + token + `","expires_in":"3600"}`})
	m := w.machine(nil)
	for range 2 {
		if err := w.introspect(t, m); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.tokenRequests(); n != 1 {
		t.Errorf("lifetime as a string: got %d requests for tokens, want 1", n)
	}
	for _, life := range []string{``, `,"expires_in":0`, `,"expires_in":-5`, `,"expires_in":30`} {
		w := newTenant(t, kindetest.Options{})
		token := w.Mint(kindetest.Machine())
		w.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"` + token + `"` + life + `}`})
		m := w.machine(store.NewMemory(10, nil))
		for range 2 {
			if err := w.introspect(t, m); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.tokenRequests(); n != 2 {
			t.Errorf("%s: got %d requests for tokens, want 2", life, n)
		}
	}
}

// A tenant with a custom domain issues machines' tokens on its kinde.com host.
func TestMachineTokenComesFromTheManagementHost(t *testing.T) {
	w := newTenant(t, kindetest.Options{SeparateManagement: true})
	if err := w.introspect(t, w.machine(nil)); err != nil {
		t.Fatal(err)
	}
	for path, origin := range map[string]string{"/oauth2/token": w.Management(), "/oauth2/introspect": w.url} {
		if calls := w.Calls(path); len(calls) != 1 || "http://"+calls[0].Host != origin {
			t.Errorf("%s: got %d calls, want one to %s", path, len(calls), origin)
		}
	}
}

func TestIntrospectDisclosesOnlyActiveTokens(t *testing.T) {
	for body, want := range map[string]string{
		`{"active":true,"exp":1,"new":[1.50]}`:   `{"active":true,"exp":1,"new":[1.50]}`,
		`{"active":false,"client_id":"another"}`: `{"active":false}`,
		`{"active": false}`:                      `{"active":false}`,
		`{}`:                                     "", `{"active":null}`: "", `{"active":"true"}`: "", `[]`: "", ` `: "",
		`{"error":"x"}`: "",
	} {
		w := newTenant(t, kindetest.Options{})
		w.Fault("/oauth2/introspect", kindetest.Fault{Body: body})
		got, err := w.client.Introspect(t.Context(), w.machine(nil), "token", "refresh_token")
		if string(got) != want || (want == "") != errors.Is(err, ErrUnusable) {
			t.Errorf("%s: got %s, %v, want %q", body, got, err, want)
		}
		if err == nil && !json.Valid(got) {
			t.Errorf("%s: got %s, want JSON", body, got)
		}
		form := w.Calls("/oauth2/introspect")[0].Form
		if form.Get("token") != "token" || form.Get("token_type_hint") != "refresh_token" {
			t.Errorf("got form %v, want token and token_type_hint=refresh_token", form)
		}
	}
}
