package token

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// keysTest is a key set in use, in a synctest bubble.
type keysTest struct {
	*testing.T
	server *endpoint
	keys   *Keys
}

func testKeys(t *testing.T, server *endpoint, test func(k keysTest)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(keysTest{T: t, server: server, keys: server.keys()})
	})
}

// find expects the result of looking for kid ("" for success, "unavailable" or a reason)
// and how many fetches there have been by then.
func (k keysTest) find(kid, want string, fetches int32) {
	k.Helper()
	_, err := k.keys.find(k.Context(), kid)
	got := reasonOf(err)
	if errors.Is(err, ErrKeysUnavailable) {
		got = "unavailable"
	}
	if got != want {
		k.Errorf("%s: got %q, want %q (%v)", kid, got, want, err)
	}
	if n := k.server.fetches.Load(); n != fetches {
		k.Errorf("%s: %d fetches, want %d", kid, n, fetches)
	}
}

// state checks Held and Fetchable.
func (k keysTest) state(held, fetchable bool) {
	k.Helper()
	if k.keys.Held() != held || k.keys.Fetchable() != fetchable {
		k.Errorf("Held %t, Fetchable %t; want %t, %t", k.keys.Held(), k.keys.Fetchable(), held, fetchable)
	}
}

func TestKeysAreFetchedOnNeed(t *testing.T) {
	testKeys(t, &endpoint{body: goodKeySet()}, func(k keysTest) {
		k.state(false, true)
		if k.server.fetches.Load() != 0 {
			t.Error("fetched without need")
		}
		k.find(testKid, "", 1)
		k.state(true, false)
		time.Sleep(10*time.Minute - time.Second)
		k.find(testKid, "", 1)
		k.state(true, true)
		time.Sleep(time.Second)
		k.find(testKid, "", 2)
	})
}

func TestKeysRotation(t *testing.T) {
	testKeys(t, &endpoint{body: goodKeySet()}, func(k keysTest) {
		k.find(testKid, "", 1)
		time.Sleep(5 * time.Second)
		k.server.set(200, keySetOf(jwkOf(otherKey(), "key-two")))
		k.find("key-two", "unknown-key", 1)
		k.find(testKid, "", 1)
		time.Sleep(30*time.Second - 5*time.Second)
		k.find("key-two", "", 2)
		k.find(testKid, "unknown-key", 2) // replaced whole
	})
}

func TestKeysUnknownKidStorm(t *testing.T) {
	testKeys(t, &endpoint{body: goodKeySet(), delay: 20 * time.Millisecond}, func(k keysTest) {
		v := newVerifier(k, func(c *Config) { c.Keys = k.keys })
		good := goodToken()
		strangers := make([]string, 1000)
		for i := range strangers {
			header := jsonOf(with(goodHeader(), fields{"kid": fmt.Sprintf("stranger-%d", i)}))
			strangers[i] = base64Of(header) + good[strings.IndexByte(good, '.'):]
		}
		storm := func() {
			var all sync.WaitGroup
			for _, raw := range strangers {
				all.Go(func() {
					if _, err := v.Access(k.Context(), raw); reasonOf(err) != "unknown-key" {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		storm() // with no keys held
		k.find(testKid, "", 1)
		time.Sleep(30*time.Second - time.Second)
		storm() // in the cooldown
		k.find(testKid, "", 1)
		time.Sleep(time.Second)
		storm() // after it
		k.find(testKid, "", 2)
	})
}

func TestKeysHangingEndpoint(t *testing.T) {
	testKeys(t, &endpoint{hang: true}, func(k keysTest) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(k.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := k.keys.find(ctx, testKid)
		if took := time.Since(start); took != 500*time.Millisecond || !errors.Is(err, ErrKeysUnavailable) {
			t.Errorf("with 500 ms to go: got %v after %v", err, took)
		}
		k.state(false, true) // still in flight
		k.find(testKid, "unavailable", 1)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("without a deadline: got %v", took)
		}
		k.state(false, false)
		k.find(testKid, "unavailable", 1)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("in the cooldown: got %v", took)
		}
	})
}

func TestKeysStalledBody(t *testing.T) {
	testKeys(t, &endpoint{body: goodKeySet()[:100], stall: true}, func(k keysTest) {
		start := time.Now()
		k.find(testKid, "unavailable", 1)
		if took := time.Since(start); took != 2*time.Second {
			t.Error(took)
		}
	})
}

// The fetch belongs to all who wait, not to the one whose request began it.
func TestKeysFetchOutlivesItsStarter(t *testing.T) {
	testKeys(t, &endpoint{body: goodKeySet(), delay: time.Second}, func(k keysTest) {
		ctx, cancel := context.WithCancel(k.Context())
		var both sync.WaitGroup
		both.Go(func() {
			_, err := k.keys.find(ctx, testKid)
			if !errors.Is(err, ErrKeysUnavailable) || !errors.Is(err, context.Canceled) {
				t.Error("the starter:", err)
			}
		})
		synctest.Wait()
		both.Go(func() { k.find(testKid, "", 1) })
		synctest.Wait()
		cancel()
		both.Wait()
	})
}

func TestKeysCooldownAfterFailure(t *testing.T) {
	testKeys(t, &endpoint{status: 503}, func(k keysTest) {
		k.find(testKid, "unavailable", 1)
		k.server.set(200, goodKeySet())
		time.Sleep(30*time.Second - time.Second)
		k.find(testKid, "unavailable", 1)
		time.Sleep(time.Second)
		k.state(false, true)
		k.find(testKid, "", 2)
	})
}

func TestKeysServeStale(t *testing.T) {
	testKeys(t, &endpoint{body: goodKeySet()}, func(k keysTest) {
		k.find(testKid, "", 1)
		k.server.set(500, "")
		time.Sleep(10 * time.Minute)
		k.find(testKid, "", 2)
		k.find("key-two", "unavailable", 2) // may be a new key, so not unknown
		k.find(testKid, "", 2)
		time.Sleep(24*time.Hour - 10*time.Minute - time.Second)
		k.state(true, true)
		k.find(testKid, "", 3)
		time.Sleep(time.Second)
		k.state(false, false)
		k.find(testKid, "unavailable", 3)
		k.server.set(200, goodKeySet())
		time.Sleep(30 * time.Second)
		k.find(testKid, "", 4)
	})
}

func TestBadResponseKeepsKeys(t *testing.T) {
	ec := fields{"kty": "EC", "crv": "P-256", "kid": testKid, "x": "AA", "y": "AA"}
	rows := []struct {
		name   string
		status int
		body   string
	}{
		{"an empty set", 200, `{"keys":[]}`},
		{"no keys at all", 200, `{}`},
		{"keys null", 200, `{"keys":null}`},
		{"no usable key", 200, keySetOf(ec, jwkOf(weakKey(), testKid))},
		{"an empty body", 200, ""},
		{"a page", 200, "<html>"},
		{"an array", 200, "[" + jsonOf(jwkOf(issuerKey(), testKid)) + "]"},
		{"two sets", 200, goodKeySet() + goodKeySet()},
		{"too long", 200, goodKeySet() + strings.Repeat(" ", maxKeySet)},
		{"forbidden", 403, goodKeySet()},
		{"a redirect", 302, goodKeySet()},
		{"no content", 204, goodKeySet()},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			testKeys(t, &endpoint{status: row.status, body: row.body}, func(k keysTest) {
				k.find(testKid, "unavailable", 1)
				k.state(false, false)
				time.Sleep(30 * time.Second)
				k.server.set(200, goodKeySet())
				k.find(testKid, "", 2)
				time.Sleep(10 * time.Minute)
				k.server.set(row.status, row.body)
				k.find(testKid, "", 3)
			})
		})
	}
}

// A function that was frozen in the middle of a fetch must not return what
// that fetch brings an hour later.
func TestKeysFrozenFetch(t *testing.T) {
	server := &endpoint{body: goodKeySet(), delay: time.Second}
	synctest.Test(t, func(t *testing.T) {
		var frozen atomic.Int64 // nanoseconds
		keys := server.keys()
		keys.now = func() time.Time { return time.Now().Add(time.Duration(frozen.Load())) }
		done := make(chan error)
		go func() {
			_, err := keys.find(t.Context(), testKid)
			done <- err
		}()
		synctest.Wait()
		frozen.Store(int64(time.Hour))
		server.set(200, keySetOf(jwkOf(otherKey(), "key-two")))
		if err := <-done; reasonOf(err) != "unknown-key" || server.fetches.Load() != 2 {
			t.Errorf("got %v after %d fetches", err, server.fetches.Load())
		}
	})
}

func TestKeysClock(t *testing.T) {
	clock := time.Now()
	server := &endpoint{body: goodKeySet()}
	keys := server.keys()
	keys.now = func() time.Time { return clock }
	if strings.Contains(keys.wallClock().String(), "m=") {
		t.Error("got a monotonic reading, which stops in a freeze, want none")
	}
	// Put back by a year, keys from the future are no longer fresh, nor usable.
	for i := range int32(2) {
		if _, err := keys.find(t.Context(), testKid); err != nil || server.fetches.Load() != i+1 {
			t.Errorf("got %v after %d fetches", err, server.fetches.Load())
		}
		clock = clock.AddDate(-1, 0, 0)
		if keys.Held() || !keys.Fetchable() {
			t.Error("the clock put back: keys from the future are held")
		}
	}
}
