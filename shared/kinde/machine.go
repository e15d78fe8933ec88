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
	// tokenReserve is subtracted from a token's lifetime, so that it does not expire
	// during a call.
	tokenReserve = time.Minute
	// A token that Kinde refuses is replaced once it is older than its pause. When the
	// replacement is soon refused too, the token is not the cause but, for example, a
	// scope. New tokens count against the plan, so the pause doubles each time, up to
	// the longest that a deployer waits for a fix to take effect.
	firstPause   = time.Minute
	longestPause = time.Hour
	// maxTokenLife is the longest lifetime that is believed.
	maxTokenLife = 7 * 24 * time.Hour
	// leaseSlack is the time a lease lasts beyond the upstream's timeout.
	leaseSlack = 2 * time.Second
)

// Machine calls the tenant with the token of a machine-to-machine application. Plans
// limit how many of these tokens are issued each month, so a token is used for its
// lifetime less a minute, only one request for it is in flight at a time, and instances
// share it where they share a store. The token is sent to Kinde only.
type Machine struct {
	client     *Client
	id, secret string
	shared     store.Store // nil: none; values sealed and keys hashed by it
	once       *store.Once[machineToken]
	now        func() time.Time
	oneToken   bool // see SingleToken

	mu   sync.Mutex
	held machineToken
}

// machineToken is the token that instances share.
type machineToken struct {
	Value       string
	Asked, Ends time.Time
	Pause       time.Duration // the age from which a refused token is replaced
}

// NewMachine returns a Machine with the application's credentials. shared may be nil.
// timeout is that of one upstream attempt. The first call requests the token.
func NewMachine(c *Client, id, secret string, shared store.Store, timeout time.Duration) *Machine {
	return &Machine{client: c, id: id, secret: secret, shared: shared, now: time.Now,
		once: store.NewOnce[machineToken](shared, timeout+leaseSlack)}
}

// do sends a request with the machine's token. When Kinde refuses the token, which the
// tenant may have revoked or signed with a replaced key, do sends the request once more
// with a newer token if one is available or due. Its errors are outbound's, or those of
// requesting the token.
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

// token returns a token other than the refused one, or the refused one itself while it
// is too young to be replaced.
func (m *Machine) token(ctx context.Context, refused machineToken) (machineToken, error) {
	m.mu.Lock()
	held := m.held
	m.mu.Unlock()
	if m.usable(held, refused) {
		return held, nil
	}
	if refused.Value != "" && m.wallClock().Before(refused.Asked.Add(refused.Pause)) {
		if other := m.stored(ctx); m.usable(other, refused) {
			return m.keep(other), nil
		}
		return refused, nil
	}
	for range 2 { // the first may join a request that began before the refusal
		got, err := m.once.Do(ctx, m.sharedKey(),
			func() (machineToken, bool, error) {
				t := m.stored(ctx)
				return t, m.usable(t, refused), nil
			},
			func() (machineToken, error) { return m.request(ctx, refused) })
		if err != nil {
			return machineToken{}, err
		}
		if got.Value != refused.Value {
			return m.keep(got), nil
		}
	}
	return refused, nil
}

// keep stores a token for later calls, unless a newer one is stored already.
func (m *Machine) keep(t machineToken) machineToken {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.Asked.After(m.held.Asked) {
		m.held = t
	}
	return t
}

func (m *Machine) usable(t, refused machineToken) bool {
	return t.Value != "" && (m.oneToken || t.Value != refused.Value && m.wallClock().Before(t.Ends))
}

// wallClock has no monotonic reading, which stands still while a Lambda is frozen.
func (m *Machine) wallClock() time.Time { return m.now().Round(0) }

// sharedKey names the application and the tenant, so that a change of either does not
// find the other's token.
func (m *Machine) sharedKey() string { return "machine:" + m.client.management + " " + m.id }

// stored returns the token that another instance has stored, if any.
func (m *Machine) stored(ctx context.Context) (t machineToken) {
	if m.shared == nil {
		return machineToken{}
	}
	value, found, err := m.shared.Get(ctx, m.sharedKey())
	if err == nil && found {
		_ = json.Unmarshal(value, &t) // written by another version: not found
	}
	return t
}

// request requests a token (RFC 6749 section 4.4 with Kinde's audience) in place of the
// refused one and stores it for other instances. A token without a lifetime is used for
// this call only.
func (m *Machine) request(ctx context.Context, refused machineToken) (machineToken, error) {
	origin := m.client.management
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {m.id}, "client_secret": {m.secret},
		"audience": {origin + "/api"},
	}
	resp, err := m.client.out.Do(ctx, outbound.Request{
		Method: http.MethodPost, URL: origin + "/oauth2/token", Form: form,
	})
	if err != nil {
		return machineToken{}, err
	}
	if !succeeded(resp) {
		return machineToken{}, refusalOfApp(resp, func(e *Error) string { return MachineRemedy(e, origin) })
	}
	var sent struct {
		Token     string          `json:"access_token"`
		ExpiresIn json.RawMessage `json:"expires_in"`
	}
	if json.Unmarshal(resp.Body, &sent) != nil || sent.Token == "" {
		return machineToken{}, unusable("the token endpoint sent no machine token")
	}
	now, left := m.wallClock(), seconds(sent.ExpiresIn, maxTokenLife)-tokenReserve
	t := machineToken{Value: sent.Token, Asked: now, Ends: now.Add(left), Pause: firstPause}
	if refused.Value != "" && now.Before(refused.Asked.Add(2*refused.Pause)) {
		t.Pause = min(2*refused.Pause, longestPause)
	}
	if m.shared != nil && left > 0 {
		if value, err := json.Marshal(t); err == nil {
			_ = m.shared.Set(ctx, m.sharedKey(), value, left) // on failure, instances request their own
		}
	}
	return t, nil
}

// refusalOfMachine returns the problem for a refused call with the machine's token.
// scope is the one that the call needs, or empty where Kinde documents none.
func refusalOfMachine(resp *outbound.Response, scope string) *problem.Error {
	return refusalOfApp(resp, func(e *Error) string {
		if refusesToken(resp) || e.Has("MISSING_AUDIENCE") {
			return ManagementRemedy(e, scope)
		}
		return e.Remedy() // AppRemedy is about the web application's credentials
	})
}
