package token

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

const (
	freshFor     = 10 * time.Minute // how long a key set serves before it is fetched again
	staleFor     = 24 * time.Hour   // how long it serves when that fails
	cooldown     = 30 * time.Second // the least from the start of one fetch to the next
	fetchTimeout = 2 * time.Second
)

var errUnknownKey = errors.New("token: the key set has no such key")

// Keys holds an issuer's signing keys in memory and fetches them when a token
// needs them: when none are held, when those held are older than 10 minutes, and
// when a token names one that is not held. It is safe for concurrent use.
//
//   - One fetch is in flight at most; all who need it wait for it, each no longer
//     than its own context. It takes 2 s at most and continues when the caller that started it has gone.
//   - 30 s pass from the start of one fetch to the next, failed or not, so that
//     tokens cannot have the set fetched at will. So after a rotation a token with
//     the new kid may be refused (unknown-key) until 30 s after the last fetch: an
//     issuer that publishes a key 10 minutes before it signs with it never shows this.
//   - A new set replaces the old one whole, so that a withdrawn key is refused after
//     10 minutes. When fetching fails, or brings no usable key, the old set serves for
//     24 hours in all. An unknown kid is then ErrKeysUnavailable, since it may be new.
//   - Time is wall time: a Lambda function is frozen between requests, and timers and
//     the monotonic clock with it. Nothing runs in the background but that one fetch.
type Keys struct {
	url    string
	client http.Client
	now    func() time.Time // time.Now, but in tests
	lookup keyfunc.Keyfunc

	mu      sync.Mutex
	set     *jwkset.MemoryJWKSet
	loaded  time.Time     // when the fetch that brought set began; zero: none has
	tried   time.Time     // when the last fetch began
	failure error         // of the last fetch that ended
	flight  chan struct{} // closed when the fetch in flight ends; nil: none is
}

// NewKeys makes Keys for the JWK set at url, without fetching it yet. Of client
// (nil: http.DefaultClient) only the Transport is used: no redirect is followed, no
// cookie and no Authorization header sent, even when url holds a password.
func NewKeys(url string, client *http.Client) *Keys {
	if client == nil {
		client = http.DefaultClient
	}
	k := &Keys{url: url, now: time.Now, set: jwkset.NewMemoryStorage()}
	k.client.Transport = client.Transport
	k.client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	var err error
	if k.lookup, err = keyfunc.New(keyfunc.Options{Storage: storage{k.set, k}}); err != nil {
		panic(err) // for a nil Storage alone
	}
	return k
}

// Held reports whether keys are in memory that may be used, fresh or stale.
func (k *Keys) Held() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.usable(k.wallClock())
}

// Fetchable reports whether a token that needs a fetch would get one now: one is
// in flight, or the cooldown is over.
func (k *Keys) Fetchable() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.flight != nil || !within(cooldown, k.tried, k.wallClock())
}

// find gives the public key named kid.
func (k *Keys) find(ctx context.Context, kid string) (key any, err error) {
	method := jwt.SigningMethodRS256
	key, err = k.lookup.KeyfuncCtx(ctx)(&jwt.Token{
		Method: method,
		Header: map[string]any{"alg": method.Alg(), jwkset.HeaderKID: kid},
	})
	if err == nil {
		return key, nil
	}
	// Without keyfunc's own words, which may quote the token.
	if unavailable, ok := errors.AsType[*unavailableError](err); ok {
		return nil, unavailable
	}
	return nil, refuse(reasonUnknownKey)
}

// storage is what keyfunc reads. It reads a single key each time, since a token
// without a kid never gets that far.
type storage struct {
	*jwkset.MemoryJWKSet
	keys *Keys
}

func (s storage) KeyRead(ctx context.Context, kid string) (jwkset.JWK, error) {
	return s.keys.read(ctx, kid)
}

// read gives the key named kid, fetching the set first where Keys says so. The
// error is errUnknownKey or an *unavailableError.
func (k *Keys) read(ctx context.Context, kid string) (jwkset.JWK, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	// Twice, since a fetch may have begun before the process was frozen: what it
	// brings is then too old to return.
	for range 2 {
		now := k.wallClock()
		if within(freshFor, k.loaded, now) {
			if key, err := k.set.KeyRead(ctx, kid); err == nil {
				return key, nil
			}
		}
		if k.flight == nil && within(cooldown, k.tried, now) {
			break
		}
		if err := k.await(ctx, now); err != nil {
			return jwkset.JWK{}, &unavailableError{err}
		}
	}
	if k.usable(k.wallClock()) {
		if key, err := k.set.KeyRead(ctx, kid); err == nil {
			return key, nil
		}
	}
	if k.failure != nil {
		return jwkset.JWK{}, &unavailableError{k.failure}
	}
	return jwkset.JWK{}, errUnknownKey
}

// await starts a fetch unless one is in flight, and waits for its end. The caller
// holds mu, which is released meanwhile. The error is ctx's alone.
func (k *Keys) await(ctx context.Context, now time.Time) error {
	if k.flight == nil {
		k.tried = now
		k.flight = make(chan struct{})
		go k.fly(now)
	}
	flight := k.flight
	k.mu.Unlock()
	defer k.mu.Lock()
	select {
	case <-flight:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fly is the one fetch in flight.
func (k *Keys) fly(began time.Time) {
	// No caller's context: others wait for it too.
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	keys, err := k.fetch(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure = err; err == nil {
		k.failure = k.set.KeyReplaceAll(ctx, keys)
		k.loaded = began
	}
	close(k.flight)
	k.flight = nil
}

// fetch gets the key set and gives the keys that may be used, at least one. A panic
// becomes an error, since in its own goroutine it would end the process.
func (k *Keys) fetch(ctx context.Context) (keys []jwkset.JWK, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			keys, err = nil, fmt.Errorf("fetching the key set panicked: %v", cause)
		}
	}()
	body, err := get(ctx, &k.client, k.url)
	if err != nil {
		return nil, err
	}
	return readKeySet(body)
}

// usable reports whether set may be used. The caller holds mu.
func (k *Keys) usable(now time.Time) bool { return within(staleFor, k.loaded, now) }

// wallClock is now without its monotonic reading, which stops in a freeze.
func (k *Keys) wallClock() time.Time { return k.now().Round(0) }

// within reports whether now is less than d after start, or before it: by no more
// than d either, in case the clock was put back.
func within(d time.Duration, start, now time.Time) bool {
	return !start.IsZero() && now.Sub(start).Abs() < d
}
