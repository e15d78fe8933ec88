package kinde

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/store"
)

const (
	// tokenReserve is what is left of a machine token's life when it is used no
	// more: a call must not meet its end on the way.
	tokenReserve = time.Minute
	// replacePause is how long a token is kept although Kinde refuses it, once a new
	// one was refused as well: then it is not the token, and each new one counts
	// against the plan.
	replacePause = 5 * time.Minute
	// maxTokenLife bounds what an answer may claim.
	maxTokenLife = 7 * 24 * time.Hour
	// leaseSlack is what a lease lasts beyond the upstream's own limit.
	leaseSlack = 2 * time.Second
)

// Machine is the server itself at the tenant: calls with the token of a
// machine-to-machine application. Plans cap how many of these are issued in a month,
// so one token serves for its lifetime less a minute; one request for it is under
// way at a time; and instances share it where they share a store. The token goes to
// Kinde and nowhere else.
type Machine struct {
	client     *Client
	id, secret string
	shared     store.Store // nil: none; values sealed and keys hashed by it
	once       *store.Once[machineToken]
	now        func() time.Time
	sparing    bool // one token for good

	mu      sync.Mutex
	held    machineToken
	resting time.Time // no token is replaced before
}

// machineToken is what instances share.
type machineToken struct {
	Value string
	Ends  time.Time
}

// NewMachine makes a Machine with the application's credentials. shared may be nil.
// timeout is the longest that one attempt upstream takes. Nothing is asked for yet.
func NewMachine(c *Client, id, secret string, shared store.Store, timeout time.Duration) *Machine {
	return &Machine{client: c, id: id, secret: secret, shared: shared, now: time.Now,
		once: store.NewOnce[machineToken](shared, timeout+leaseSlack)}
}

// do makes a call with the machine's token. When Kinde refuses a token that was
// kept, the call is made once more with a new one: the tenant may have changed its
// keys or revoked it. Its errors are outbound's, or those of asking for the token.
func (m *Machine) do(ctx context.Context, req outbound.Request) (*outbound.Response, error) {
	token, fresh, err := m.token(ctx, "")
	if err != nil {
		return nil, err
	}
	req.Bearer = token
	resp, err := m.client.out.Do(ctx, req)
	if err != nil || !refusesToken(resp) {
		return resp, err
	}
	if !fresh && !m.sparing && !m.rests(ctx) {
		if req.Bearer, _, err = m.token(ctx, token); err != nil {
			return nil, err
		}
		if resp, err = m.client.out.Do(ctx, req); err != nil || !refusesToken(resp) {
			return resp, err
		}
	}
	m.rest(ctx)
	return resp, nil
}

func refusesToken(resp *outbound.Response) bool {
	return resp.Status == http.StatusUnauthorized || resp.Status == http.StatusForbidden
}

// rest lets no token be replaced for a while: Kinde has refused a new one too.
func (m *Machine) rest(ctx context.Context) {
	m.mu.Lock()
	m.resting = m.wallClock().Add(replacePause)
	m.mu.Unlock()
	if m.shared != nil {
		_ = m.shared.Set(ctx, m.restKey(), []byte{1}, replacePause) // down: this instance alone rests
	}
}

func (m *Machine) rests(ctx context.Context) bool {
	m.mu.Lock()
	resting := m.wallClock().Before(m.resting)
	m.mu.Unlock()
	if !resting && m.shared != nil {
		_, resting, _ = m.shared.Get(ctx, m.restKey())
	}
	return resting
}

// token gives one that is not the refused one, and whether it was asked for just
// now.
func (m *Machine) token(ctx context.Context, refused string) (value string, fresh bool, err error) {
	m.mu.Lock()
	held := m.held
	m.mu.Unlock()
	if m.usable(held, refused) {
		return held.Value, false, nil
	}
	got, err := m.once.Do(ctx, m.sharedKey(),
		func() (machineToken, bool, error) {
			t := m.look(ctx)
			return t, m.usable(t, refused), nil
		},
		func() (machineToken, error) {
			t, err := m.ask(ctx)
			fresh = err == nil
			return t, err
		})
	if err != nil {
		return "", false, err
	}
	m.mu.Lock()
	m.held = got
	m.mu.Unlock()
	return got.Value, fresh, nil
}

func (m *Machine) usable(t machineToken, refused string) bool {
	return t.Value != "" && (m.sparing || t.Value != refused && m.wallClock().Before(t.Ends))
}

// wallClock has no monotonic reading, which stands still while a Lambda is frozen.
func (m *Machine) wallClock() time.Time { return m.now().Round(0) }

// sharedKey names the application and the tenant, so that a change of either finds
// nothing of the other's.
func (m *Machine) sharedKey() string { return "machine:" + m.client.management + " " + m.id }

func (m *Machine) restKey() string { return m.sharedKey() + " rests" }

// look gives what another instance has left, if anything.
func (m *Machine) look(ctx context.Context) (t machineToken) {
	value, found, err := m.shared.Get(ctx, m.sharedKey())
	if err == nil && found {
		_ = json.Unmarshal(value, &t) // of another version of ours: as not there
	}
	return t
}

// ask gets a token (RFC 6749 section 4.4 with Kinde's audience) and leaves it where
// other instances find it. One without a lifetime serves for this call alone.
func (m *Machine) ask(ctx context.Context) (machineToken, error) {
	origin := m.client.management
	resp, err := m.client.out.Do(ctx, outbound.Request{Method: http.MethodPost, URL: origin + "/oauth2/token", Form: url.Values{
		"grant_type": {"client_credentials"}, "client_id": {m.id}, "client_secret": {m.secret}, "audience": {origin + "/api"},
	}})
	if err != nil {
		return machineToken{}, err
	}
	if resp.Status < 200 || resp.Status > 299 {
		return machineToken{}, m.refusal(resp)
	}
	var answer struct {
		Token     string  `json:"access_token"`
		ExpiresIn float64 `json:"expires_in"` // seconds
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.Token == "" {
		return machineToken{}, unusable("the token endpoint gave no machine token")
	}
	life := time.Duration(min(max(answer.ExpiresIn, 0), maxTokenLife.Seconds()) * float64(time.Second))
	t := machineToken{Value: answer.Token, Ends: m.wallClock().Add(life - tokenReserve)}
	if left := life - tokenReserve; m.shared != nil && left > 0 {
		if value, err := json.Marshal(t); err == nil {
			_ = m.shared.Set(ctx, m.sharedKey(), value, left) // down: others ask for their own
		}
	}
	return t, nil
}

// refusal is the problem of a token that was not given: the deployment's, unless
// Kinde is in trouble.
func (m *Machine) refusal(resp *outbound.Response) *problem.Error {
	p := refusalOfApp(resp)
	p.Remedy = MachineRemedy(&Error{Status: resp.Status, Codes: codesIn(resp.Body)}, m.client.management)
	return p
}
