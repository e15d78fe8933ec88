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

// A token that is refused is replaced when it is not a new one: the tenant may have
// changed its keys.
func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	for name, shared := range map[string]store.Store{"alone": nil, "shared": store.NewMemory(100, nil)} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, kindetest.Options{})
			m := w.machine(shared)
			if err := w.ask(t, m); err != nil || w.asked() != 1 {
				t.Fatal(err)
			}
			w.clock.pass(2 * time.Minute)
			w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Times: 1})
			if err := w.ask(t, m); err != nil || w.asked() != 1 {
				t.Errorf("one refusal: %v", err)
			}
			w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Body: `{"error":"request_unauthorized"}`, Times: 1})
			if err := w.ask(t, m); problem.From(err).Code != problem.UpstreamMisconfigured || problem.From(err).Remedy == "" || w.asked() != 0 {
				t.Errorf("of one that is new: %v", err)
			}
			if err := w.ask(t, m); err != nil || w.asked() != 0 {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// When new tokens are refused too, the fault lies elsewhere: few are spent on it, in
// all instances together, and once it is mended a new one is there within the hour.
func TestAFaultThatLiesElsewhereCostsFewTokens(t *testing.T) {
	w := newWorld(t, kindetest.Options{})
	shared := store.NewMemory(100, w.clock.now)
	instances := []*Machine{w.machine(shared), w.machine(shared), w.machine(shared)}
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 403})
	var wg sync.WaitGroup
	for range 20 { // a cold start under load
		wg.Go(func() { _ = w.ask(t, instances[0]) })
	}
	wg.Wait()
	spent := w.asked()
	if spent != 1 {
		t.Errorf("%d tokens at the start", spent)
	}
	for minute := range 24 * 60 {
		w.clock.pass(time.Minute)
		if err := w.ask(t, instances[minute%3]); err == nil {
			t.Fatal("the fault has gone")
		}
		spent += w.asked()
	}
	if spent > 32 {
		t.Errorf("%d tokens in a day", spent)
	}
	w.ClearFaults()
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 403, Times: 1}) // the old token lacks the scope
	w.clock.pass(time.Hour)
	if err := w.ask(t, instances[0]); err != nil || w.asked() != 1 {
		t.Errorf("an hour after it was mended: %v", err)
	}
}

// An instance that holds a refused token takes the newer one that another has left,
// however young its own is.
func TestANewerTokenInTheStoreIsTaken(t *testing.T) {
	w := newWorld(t, kindetest.Options{})
	shared := store.NewMemory(100, w.clock.now)
	m, other := w.machine(shared), w.machine(shared)
	if err := w.ask(t, m); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(2 * time.Minute)
	if err := w.ask(t, other); err != nil {
		t.Fatal(err)
	}
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Times: 1})
	w.asked()
	if err := w.ask(t, other); err != nil || w.asked() != 1 {
		t.Errorf("the first to be refused: %v", err)
	}
	w.Fault("/oauth2/introspect", kindetest.Fault{Status: 401, Times: 1})
	if err := w.ask(t, m); err != nil || w.asked() != 0 {
		t.Errorf("the one that holds the old token: %v", err)
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

func (broken) Get(context.Context, string) ([]byte, bool, error) {
	return nil, false, store.ErrUnavailable
}
func (broken) Set(context.Context, string, []byte, time.Duration) error { return store.ErrUnavailable }
func (broken) Acquire(context.Context, string, time.Duration) (func(context.Context), bool, error) {
	return nil, false, store.ErrUnavailable
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
	w := newWorld(t, kindetest.Options{})
	w.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"` + w.Mint(kindetest.Machine()) + `","expires_in":"3600"}`})
	m := w.machine(nil)
	for range 2 {
		if err := w.ask(t, m); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.asked(); n != 1 {
		t.Errorf("a lifetime written as text: %d tokens asked for", n)
	}
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
