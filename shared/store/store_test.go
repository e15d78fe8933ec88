package store

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// wantValue checks the value of s under key; want "" means none.
func wantValue(t *testing.T, s Store, key, want string) {
	t.Helper()
	value, found, err := s.Get(t.Context(), key)
	if err != nil || found != (want != "") || string(value) != want {
		t.Errorf("Get(%s) = %q, %t, %v; want %q", key, value, found, err, want)
	}
}

func set(t *testing.T, s Store, key, value string, ttl time.Duration) {
	t.Helper()
	if err := s.Set(t.Context(), key, []byte(value), ttl); err != nil {
		t.Fatalf("Set(%s): %v", key, err)
	}
}

// acquire checks whether the lease is free and returns its release.
func acquire(t *testing.T, s Store, key string, ttl time.Duration, want bool) func(context.Context) {
	t.Helper()
	release, ok, err := s.Acquire(t.Context(), key, ttl)
	if err != nil || ok != want || (release != nil) != want {
		t.Fatalf("Acquire(%s) = %t, %v; want %t", key, ok, err, want)
	}
	return release
}

// backends calls test for each implementation, with a function that moves its clock.
func backends(t *testing.T, test func(t *testing.T, s Store, advance func(time.Duration))) {
	t.Run("memory", func(t *testing.T) {
		now := time.Unix(1_800_000_000, 0)
		test(t, NewMemory(100, func() time.Time { return now }), func(d time.Duration) { now = now.Add(d) })
	})
	t.Run("redis", func(t *testing.T) {
		server := miniredis.RunT(t)
		test(t, newRedis(t, "redis://"+server.Addr()), server.FastForward)
	})
}

func TestValueExpiresAfterTTL(t *testing.T) {
	backends(t, func(t *testing.T, s Store, advance func(time.Duration)) {
		wantValue(t, s, "a", "")
		set(t, s, "a", "one\r\n\x00", time.Minute)
		set(t, s, "b", strings.Repeat("v", MaxValue), time.Hour)
		advance(time.Minute - time.Millisecond)
		wantValue(t, s, "a", "one\r\n\x00")
		advance(time.Millisecond)
		wantValue(t, s, "a", "")
		wantValue(t, s, "b", strings.Repeat("v", MaxValue))
		set(t, s, "b", "shorter", time.Second)
		advance(time.Second)
		wantValue(t, s, "b", "")
		set(t, s, "short", "v", time.Nanosecond) // Redis itself refuses 0 ms
	})
}

func TestEmptyValueIsFound(t *testing.T) {
	backends(t, func(t *testing.T, s Store, _ func(time.Duration)) {
		set(t, s, "k", "", time.Minute)
		if value, found, err := s.Get(t.Context(), "k"); len(value) != 0 || !found || err != nil {
			t.Errorf("Get = %q, %t, %v; want an empty value", value, found, err)
		}
	})
}

func TestLeaseIsReleasedOnlyByItsHolder(t *testing.T) {
	backends(t, func(t *testing.T, s Store, advance func(time.Duration)) {
		first := acquire(t, s, "k", time.Second, true)
		acquire(t, s, "k", time.Second, false)
		acquire(t, s, "other", time.Second, true)
		wantValue(t, s, "k", "") // values have their own keys
		advance(time.Second)
		second := acquire(t, s, "k", time.Second, true)
		first(t.Context())
		acquire(t, s, "k", time.Second, false)
		second(t.Context())
		acquire(t, s, "k", time.Second, true)
		second(t.Context())
		acquire(t, s, "k", time.Second, false)
	})
}

func TestOneOfManyAcquiresLease(t *testing.T) {
	backends(t, func(t *testing.T, s Store, _ func(time.Duration)) {
		var wg sync.WaitGroup
		var got atomic.Int32
		for range 20 {
			wg.Go(func() {
				if _, ok, _ := s.Acquire(t.Context(), "k", time.Hour); ok {
					got.Add(1)
				}
			})
		}
		wg.Wait()
		if got.Load() != 1 {
			t.Errorf("%d callers got the lease, want 1", got.Load())
		}
	})
}

func TestInvalidArgumentsAreRefused(t *testing.T) {
	backends(t, func(t *testing.T, s Store, _ func(time.Duration)) {
		for name, call := range map[string]func() error{
			"zero ttl":     func() error { return s.Set(t.Context(), "k", nil, 0) },
			"negative ttl": func() error { return s.Set(t.Context(), "k", nil, -1) },
			"large value":  func() error { return s.Set(t.Context(), "k", make([]byte, MaxValue+1), time.Hour) },
			"lease":        func() error { _, _, err := s.Acquire(t.Context(), "k", 0); return err },
		} {
			if err := call(); err == nil || !strings.HasPrefix(err.Error(), "store: ") {
				t.Errorf("%s: got %v, want an error of the store", name, err)
			}
		}
		wantValue(t, s, "k", "")
	})
}
