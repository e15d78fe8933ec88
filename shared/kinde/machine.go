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
	// A token that Kinde refuses is replaced when it is older than its pause. One that
	// was replaced for it a short while ago shows that the fault lies elsewhere, in a
	// scope for example, and each new one counts against the plan: the pause doubles,
	// up to what a deployer who has mended it may have to wait.
	firstPause   = time.Minute
	longestPause = time.Hour
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

	mu   sync.Mutex
	held machineToken
}

// machineToken is what instances share.
type machineToken struct {
	Value       string
	Asked, Ends time.Time
	Pause       time.Duration // how old it must be to be replaced when it is refused
}

// NewMachine makes a Machine with the application's credentials. shared may be nil.
// timeout is the longest that one attempt upstream takes. Nothing is asked for yet.
func NewMachine(c *Client, id, secret string, shared store.Store, timeout time.Duration) *Machine {
	return &Machine{client: c, id: id, secret: secret, shared: shared, now: time.Now,
		once: store.NewOnce[machineToken](shared, timeout+leaseSlack)}
}

// do makes a call with the machine's token. When Kinde refuses it, the call is made
// once more with a newer one, if there is one or it is due: the tenant may have changed
// its keys or revoked it. Its errors are outbound's, or those of asking for the token.
func (m *Machine) do(ctx context.Context, req outbound.Request) (*outbound.Response, error) {
	token, err := m.token(ctx, machineToken{})
	if err != nil {
		return nil, err
	}
	req.Bearer = token.Value
	resp, err := m.client.out.Do(ctx, req)
	if err != nil || !refusesToken(resp) {
		return resp, err
	}
	newer, err := m.token(ctx, token)
	if err != nil {
		return nil, err
	}
	if newer.Value == token.Value {
		return resp, nil
	}
	req.Bearer = newer.Value
	return m.client.out.Do(ctx, req)
}

func refusesToken(resp *outbound.Response) bool {
	return resp.Status == http.StatusUnauthorized || resp.Status == http.StatusForbidden
}

// token gives one that is not the refused one; that one again while it is too young to
// be replaced.
func (m *Machine) token(ctx context.Context, refused machineToken) (machineToken, error) {
	m.mu.Lock()
	held := m.held
	m.mu.Unlock()
	if m.usable(held, refused) {
		return held, nil
	}
	if refused.Value != "" && m.wallClock().Before(refused.Asked.Add(refused.Pause)) {
		if other := m.look(ctx); m.usable(other, refused) {
			return m.hold(other), nil
		}
		return refused, nil
	}
	for range 2 { // the first may be a flight that began before the refusal
		got, err := m.once.Do(ctx, m.sharedKey(),
			func() (machineToken, bool, error) {
				t := m.look(ctx)
				return t, m.usable(t, refused), nil
			},
			func() (machineToken, error) { return m.ask(ctx, refused) })
		if err != nil {
			return machineToken{}, err
		}
		if got.Value != refused.Value {
			return m.hold(got), nil
		}
	}
	return refused, nil
}

// hold keeps a token for the calls to come, unless a newer one is kept already.
func (m *Machine) hold(t machineToken) machineToken {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.Asked.After(m.held.Asked) {
		m.held = t
	}
	return t
}

func (m *Machine) usable(t, refused machineToken) bool {
	return t.Value != "" && (m.sparing || t.Value != refused.Value && m.wallClock().Before(t.Ends))
}

// wallClock has no monotonic reading, which stands still while a Lambda is frozen.
func (m *Machine) wallClock() time.Time { return m.now().Round(0) }

// sharedKey names the application and the tenant, so that a change of either finds
// nothing of the other's.
func (m *Machine) sharedKey() string { return "machine:" + m.client.management + " " + m.id }

// look gives what another instance has left, if anything.
func (m *Machine) look(ctx context.Context) (t machineToken) {
	if m.shared == nil {
		return machineToken{}
	}
	value, found, err := m.shared.Get(ctx, m.sharedKey())
	if err == nil && found {
		_ = json.Unmarshal(value, &t) // of another version of ours: as not there
	}
	return t
}

// ask gets a token (RFC 6749 section 4.4 with Kinde's audience) in the refused one's
// place, and leaves it where other instances find it. One without a lifetime serves
// for this call alone.
func (m *Machine) ask(ctx context.Context, refused machineToken) (machineToken, error) {
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
		Token     string          `json:"access_token"`
		ExpiresIn json.RawMessage `json:"expires_in"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.Token == "" {
		return machineToken{}, unusable("the token endpoint gave no machine token")
	}
	now, left := m.wallClock(), seconds(answer.ExpiresIn, maxTokenLife)-tokenReserve
	t := machineToken{Value: answer.Token, Asked: now, Ends: now.Add(left), Pause: firstPause}
	if refused.Value != "" && now.Before(refused.Asked.Add(2*refused.Pause)) {
		t.Pause = min(2*refused.Pause, longestPause)
	}
	if m.shared != nil && left > 0 {
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

// refusalOfMachine is the problem of an answer to a call with the machine's token.
// scope is what the call needs; empty: none that Kinde documents.
func refusalOfMachine(resp *outbound.Response, scope string) *problem.Error {
	p := refusalOfApp(resp)
	cause := &Error{Status: resp.Status, Codes: codesIn(resp.Body)}
	p.Remedy = cause.Remedy() // and not the words for our application's own credentials
	if refusesToken(resp) || cause.Has("MISSING_AUDIENCE") {
		p.Remedy = ManagementRemedy(cause, scope)
	}
	return p
}
