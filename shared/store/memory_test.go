package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// holds checks what s has under key; want "" means nothing.
func holds(t *testing.T, s Store, key, want string) {
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

// acquire checks whether the lease can be had, and gives its release.
func acquire(t *testing.T, s Store, key string, ttl time.Duration, want bool) func(context.Context) {
	t.Helper()
	release, ok, err := s.Acquire(t.Context(), key, ttl)
	if err != nil || ok != want || (release != nil) != want {
		t.Fatalf("Acquire(%s) = %t, %v; want %t", key, ok, err, want)
	}
	return release
}

func TestMemoryKeepsValuesForTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(10, nil)
		holds(t, m, "a", "")
		set(t, m, "a", "one", time.Minute)
		set(t, m, "b", "two", time.Hour)
		time.Sleep(time.Minute - time.Nanosecond)
		holds(t, m, "a", "one")
		time.Sleep(time.Nanosecond)
		holds(t, m, "a", "")
		holds(t, m, "b", "two")
		set(t, m, "b", "three", time.Second) // a shorter time than it had left
		time.Sleep(time.Second)
		holds(t, m, "b", "")
		set(t, m, "c", "four", time.Hour)
		if err := m.Delete(t.Context(), "c"); err != nil {
			t.Error(err)
		}
		holds(t, m, "c", "")
		if err := m.Delete(t.Context(), "never"); err != nil {
			t.Error(err)
		}
	})
}

func TestMemorySharesNoBytesWithItsCallers(t *testing.T) {
	m := NewMemory(1, nil)
	given := []byte("value")
	if err := m.Set(t.Context(), "k", given, time.Hour); err != nil {
		t.Fatal(err)
	}
	given[0] = 'X'
	got, _, _ := m.Get(t.Context(), "k")
	got[1] = 'X'
	holds(t, m, "k", "value")
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(3, nil)
		set(t, m, "late", "1", 3*time.Hour)
		set(t, m, "soonest", "2", time.Hour)
		set(t, m, "middle", "3", 2*time.Hour)
		set(t, m, "late", "4", 3*time.Hour) // none too many
		holds(t, m, "soonest", "2")
		set(t, m, "new", "5", 4*time.Hour)
		holds(t, m, "soonest", "")
		holds(t, m, "middle", "3")
		time.Sleep(2 * time.Hour) // middle ends, so that there is room
		set(t, m, "newer", "6", time.Minute)
		for key, want := range map[string]string{"late": "4", "new": "5", "newer": "6"} {
			holds(t, m, key, want)
		}
		for i := range 1000 {
			set(t, m, fmt.Sprint(i), "x", time.Duration(1+i*7919%1000)*time.Minute)
			if len(m.values.entries) > 3 || len(m.values.order) != len(m.values.entries) {
				t.Fatalf("%d entries, %d in order", len(m.values.entries), len(m.values.order))
			}
		}
	})
}

func TestMemoryDropsNoLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(0, nil) // one at least
		acquire(t, m, "a", time.Minute, true)
		if _, ok, err := m.Acquire(t.Context(), "b", time.Minute); ok || err == nil {
			t.Errorf("a lease too many: %t, %v", ok, err)
		}
		set(t, m, "a", "value", time.Hour) // values have room and keys of their own
		acquire(t, m, "a", time.Minute, false)
		time.Sleep(time.Minute)
		acquire(t, m, "b", time.Minute, true)
		holds(t, m, "a", "value")
	})
}

func TestMemoryLeaseIsReleasedOnlyByItsHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(4, nil)
		first := acquire(t, m, "k", time.Second, true)
		acquire(t, m, "k", time.Second, false)
		acquire(t, m, "other", time.Second, true)
		time.Sleep(time.Second)
		second := acquire(t, m, "k", time.Second, true)
		first(t.Context()) // it is the second's now
		acquire(t, m, "k", time.Second, false)
		second(t.Context())
		second(t.Context())
		third := acquire(t, m, "k", time.Second, true)
		second(t.Context())
		acquire(t, m, "k", time.Second, false)
		third(t.Context())
	})
}

func TestOneOfManyGetsTheLease(t *testing.T) {
	m := NewMemory(100, nil)
	var wg sync.WaitGroup
	var got atomic.Int32
	for i := range 50 {
		wg.Go(func() {
			if _, ok, _ := m.Acquire(t.Context(), "k", time.Hour); ok {
				got.Add(1)
			}
			key := fmt.Sprint(i % 7)
			_ = m.Set(t.Context(), key, []byte("v"), time.Hour)
			_, _, _ = m.Get(t.Context(), key)
			_ = m.Delete(t.Context(), key)
		})
	}
	wg.Wait()
	if got.Load() != 1 {
		t.Errorf("%d have the lease", got.Load())
	}
}

func TestWhatNoStoreTakes(t *testing.T) {
	fake := newFake(t, always("+OK\r\n"))
	for name, s := range map[string]Store{"memory": NewMemory(9, nil), "redis": fake.redis(t)} {
		for what, try := range map[string]func() error{
			"no time":       func() error { return s.Set(t.Context(), "k", nil, 0) },
			"negative time": func() error { return s.Set(t.Context(), "k", nil, -1) },
			"large value":   func() error { return s.Set(t.Context(), "k", make([]byte, MaxValue+1), time.Hour) },
			"long key":      func() error { return s.Set(t.Context(), strings.Repeat("k", maxKey+1), nil, time.Hour) },
			"lease no time": func() error { _, _, err := s.Acquire(t.Context(), "k", 0); return err },
			"lease key": func() error {
				_, _, err := s.Acquire(t.Context(), strings.Repeat("k", maxKey+1), time.Hour)
				return err
			},
		} {
			if err := try(); err == nil || strings.Contains(err.Error(), "kkk") || !strings.HasPrefix(err.Error(), "store: ") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		set(t, s, strings.Repeat("k", maxKey), strings.Repeat("v", MaxValue), time.Hour)
	}
	if sent := fake.sent(); len(sent) != 1 {
		t.Errorf("the Redis got %d commands", len(sent))
	}
}

func TestMemoryTakesItsClock(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m := NewMemory(2, func() time.Time { return now })
	set(t, m, "k", "v", time.Minute)
	now = now.Add(59 * time.Second)
	holds(t, m, "k", "v")
	now = now.Add(time.Second)
	holds(t, m, "k", "")
	if order := slices.Clone(m.values.order); len(order) != 1 {
		t.Fatal("an ended value is dropped when there is need of its room, not before")
	}
}
