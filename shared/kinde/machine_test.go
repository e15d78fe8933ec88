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

	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/store"
)

// clock is one that a test moves; safe for concurrent use.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type world struct {
	*kindetest.Kinde
	url    string
	client *Client
	clock  *clock
}

func newWorld(t *testing.T, options kindetest.Options) *world {
	t.Helper()
	c := &clock{t: time.Now()}
	options.Now = c.now
	server, err := kindetest.Serve(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return &world{server.Kinde, server.URL, New(server.URL, server.Kinde.Management(), outbound.New(time.Second)), c}
}

func (w *world) machine(shared store.Store) *Machine {
	m := NewMachine(w.client, kindetest.M2MClientID, kindetest.M2MClientSecret, shared, time.Second)
	m.now = w.clock.now
	return m
}

// asked is how many tokens were asked for since the last call.
func (w *world) asked() int {
	n := 0
	for _, call := range w.Calls("/oauth2/token") {
		if call.Form.Get("grant_type") == "client_credentials" {
			n++
		}
	}
	w.ForgetCalls()
	return n
}

func (w *world) ask(t *testing.T, m *Machine) error {
	t.Helper()
	got, err := w.client.Introspect(t.Context(), m, w.Mint(), "")
	if err == nil && !strings.Contains(string(got), `"active":true`) {
		t.Errorf("not active: %s", got)
	}
	return err
}

func TestOneMachineTokenServesForItsLifetimeLessAMinute(t *testing.T) {
	w := newWorld(t, kindetest.Options{AccessTTL: time.Hour})
	m := w.machine(nil)
	for range 3 {
		if err := w.ask(t, m); err != nil {
			t.Fatal(err)
		}
	}
	calls := w.Calls("/oauth2/token")
	if len(calls) != 1 {
		t.Fatalf("%d tokens asked for", len(calls))
	}
	form, want := calls[0].Form, url.Values{"grant_type": {"client_credentials"}, "client_id": {kindetest.M2MClientID},
		"client_secret": {kindetest.M2MClientSecret}, "audience": {w.Management() + "/api"}}
	if form.Encode() != want.Encode() || calls[0].Header.Get("Authorization") != "" {
		t.Errorf("asked with %v", calls[0].Header)
	}
	w.ForgetCalls()
	w.clock.pass(59*time.Minute - time.Second)
	if err := w.ask(t, m); err != nil || w.asked() != 0 {
		t.Errorf("a little before: %v", err)
	}
	w.clock.pass(2 * time.Second)
	if err := w.ask(t, m); err != nil || w.asked() != 1 {
		t.Errorf("in its last minute: %v", err)
	}
}

func TestOneRequestForATokenIsUnderWay(t *testing.T) {
	w := newWorld(t, kindetest.Options{})
	w.Fault("/oauth2/token", kindetest.Fault{Delay: 50 * time.Millisecond})
	m := w.machine(nil)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := w.ask(t, m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.asked(); n != 1 {
		t.Errorf("%d tokens asked for", n)
	}
}

// A token that was kept and is refused is replaced once. When the new one is refused
// too, the fault lies elsewhere, and no more are spent on it for a while, by no
// instance.
func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	for name, shared := range map[string]store.Store{"alone": nil, "shared": store.NewMemory(100, nil)} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, kindetest.Options{})
			m := w.machine(shared)
			if err := w.ask(t, m); err != nil || w.asked() != 1 {
				t.Fatal(err)
			}
			w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Times: 1})
			if err := w.ask(t, m); err != nil || w.asked() != 1 {
				t.Errorf("one refusal: %v", err)
			}
			w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Body: `{"error":"request_unauthorized"}`})
			for i, want := range []int{1, 0, 0} {
				err := w.ask(t, m)
				if problem.From(err).Code != problem.UpstreamMisconfigured || problem.From(err).Remedy == "" || w.asked() != want {
					t.Errorf("refusal %d: %v", i, err)
				}
			}
			another := w.machine(shared)
			_ = w.ask(t, another)
			if n := w.asked(); shared != nil && n != 0 || shared == nil && n != 1 {
				t.Errorf("another instance asked for %d", n)
			}
			w.ClearFaults()
			if err := w.ask(t, m); err != nil || w.asked() != 0 {
				t.Errorf("after the trouble: %v", err)
			}
		})
	}
}

func TestInstancesShareTheToken(t *testing.T) {
	w := newWorld(t, kindetest.Options{AccessTTL: time.Hour})
	shared := store.NewMemory(100, w.clock.now)
	w.Fault("/oauth2/token", kindetest.Fault{Delay: 50 * time.Millisecond})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := w.ask(t, w.machine(shared)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.asked(); n != 1 {
		t.Errorf("%d tokens asked for", n)
	}
	w.clock.pass(2 * time.Hour)
	if err := w.ask(t, w.machine(shared)); err != nil || w.asked() != 1 {
		t.Errorf("when it has ended: %v", err)
	}
}

// broken is a store that is down.
type broken struct{ store.Store }

func (broken) Get(context.Context, string) ([]byte, bool, error)        { return nil, false, store.ErrDown }
func (broken) Set(context.Context, string, []byte, time.Duration) error { return store.ErrDown }
func (broken) Acquire(context.Context, string, time.Duration) (func(context.Context), bool, error) {
	return nil, false, store.ErrDown
}

func TestAStoreThatIsDownCostsATokenAnInstance(t *testing.T) {
	w := newWorld(t, kindetest.Options{})
	m := w.machine(broken{})
	for range 3 {
		if err := w.ask(t, m); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.asked(); n != 1 {
		t.Errorf("%d tokens asked for", n)
	}
}

func TestTokensThatAreNotGiven(t *testing.T) {
	for name, row := range map[string]struct {
		fault  kindetest.Fault
		want   problem.Code
		remedy string
	}{
		"secret":      {kindetest.Fault{Status: 401, Body: `{"error":"invalid_client"}`}, problem.UpstreamMisconfigured, "KINDE_M2M_CLIENT_SECRET"},
		"not allowed": {kindetest.Fault{Status: 400, Body: `{"error":"unauthorized_client"}`}, problem.UpstreamMisconfigured, "authorise"},
		"audience":    {kindetest.Fault{Status: 400, Body: `{"error":"invalid_request"}`}, problem.UpstreamMisconfigured, "KINDE_MANAGEMENT_URL"},
		"throttled":   {kindetest.Fault{Status: 429}, problem.UpstreamThrottled, ""},
		"down":        {kindetest.Fault{Status: 500}, problem.UpstreamFailed, ""},
		"hangs":       {kindetest.Fault{Hang: true}, problem.UpstreamTimeout, ""},
		"no token":    {kindetest.Fault{Body: `{"expires_in":60}`}, problem.UpstreamFailed, ""},
		"not JSON":    {kindetest.Fault{Malformed: true}, problem.UpstreamFailed, ""},
	} {
		w := newWorld(t, kindetest.Options{})
		w.Fault("/oauth2/token", row.fault)
		p := problem.From(w.ask(t, w.machine(nil)))
		if p.Code != row.want || !strings.Contains(p.Remedy, row.remedy) || len(w.Calls("/oauth2/introspect")) != 0 {
			t.Errorf("%s: %v, remedy %q", name, p, p.Remedy)
		}
		if strings.Contains(p.Error()+p.Remedy, kindetest.M2MClientSecret) {
			t.Errorf("%s: the secret is in the error", name)
		}
	}
}

// Without a lifetime, or with a senseless one, a token serves for one call.
func TestATokenWithoutALifetimeIsNotKept(t *testing.T) {
	for _, life := range []string{``, `,"expires_in":0`, `,"expires_in":-5`, `,"expires_in":30`} {
		w := newWorld(t, kindetest.Options{})
		w.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"` + w.Mint(kindetest.Machine()) + `"` + life + `}`})
		m := w.machine(store.NewMemory(10, nil))
		for range 2 {
			if err := w.ask(t, m); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.asked(); n != 2 {
			t.Errorf("%s: %d tokens asked for", life, n)
		}
	}
}

// A tenant with a custom domain gives machines their tokens on its own host.
func TestTheMachinesTokenComesFromTheManagementHost(t *testing.T) {
	w := newWorld(t, kindetest.Options{SeparateManagement: true})
	if err := w.ask(t, w.machine(nil)); err != nil {
		t.Fatal(err)
	}
	for path, origin := range map[string]string{"/oauth2/token": w.Management(), "/oauth2/introspect": w.url} {
		if calls := w.Calls(path); len(calls) != 1 || "http://"+calls[0].Host != origin {
			t.Errorf("%s: %d calls, not to %s", path, len(calls), origin)
		}
	}
}

func TestIntrospections(t *testing.T) {
	for body, want := range map[string]string{
		`{"active":true,"exp":1,"new":[1.50]}`:      `{"active":true,"exp":1,"new":[1.50]}`,
		`{"active":false,"client_id":"somebody's"}`: `{"active":false}`,
		`{"active": false}`:                         `{"active":false}`,
		`{}`:                                        "", `{"active":null}`: "", `{"active":"true"}`: "", `[]`: "", ` `: "", `{"error":"x"}`: "",
	} {
		w := newWorld(t, kindetest.Options{})
		w.Fault("/oauth2/introspect", kindetest.Fault{Body: body})
		got, err := w.client.Introspect(t.Context(), w.machine(nil), "token", "refresh_token")
		if string(got) != want || (want == "") != errors.Is(err, ErrUnusable) {
			t.Errorf("%s: %s %v", body, got, err)
		}
		if err == nil && !json.Valid(got) {
			t.Errorf("%s: not JSON", body)
		}
		if form := w.Calls("/oauth2/introspect")[0].Form; form.Get("token") != "token" || form.Get("token_type_hint") != "refresh_token" {
			t.Errorf("asked %v", form)
		}
	}
}
