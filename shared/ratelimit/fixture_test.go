package ratelimit

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kinde-functions/shared/store"
)

// clock is one that the test moves.
type clock struct{ nanoseconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanoseconds.Store(1_790_000_000_000_000_000)
	return c
}

func (c *clock) now() time.Time       { return time.Unix(0, c.nanoseconds.Load()) }
func (c *clock) move(d time.Duration) { c.nanoseconds.Add(int64(d)) }

var quarter = Policy{Requests: 100, Window: 15 * time.Minute}

func plain(name string) string { return name }

// limiter is one of function device, by c.
func limiter(t testing.TB, policy Policy, shared store.Cells, c *clock) *Limiter {
	t.Helper()
	l, err := newLimiter(policy, "device", shared, plain, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// passed makes n requests one after another and counts those that pass.
func passed(t testing.TB, l *Limiter, caller string, n int) int {
	t.Helper()
	count := 0
	for range n {
		if l.Take(t.Context(), caller).Allowed {
			count++
		}
	}
	return count
}

// passedAtOnce makes n requests in parallel of each limiter.
func passedAtOnce(t testing.TB, caller string, n int, limiters ...*Limiter) int {
	t.Helper()
	var wg sync.WaitGroup
	var count atomic.Int32
	for range n {
		for _, l := range limiters {
			wg.Go(func() {
				if l.Take(t.Context(), caller).Allowed {
					count.Add(1)
				}
			})
		}
	}
	wg.Wait()
	return int(count.Load())
}

// shaky is what instances share, with what may be wrong with it.
type shaky struct {
	*store.Memory
	asked atomic.Int32
	fault atomic.Pointer[error]
	stuck atomic.Bool // nothing is answered
	stale atomic.Bool // no change is ever in time
}

func newShaky(c *clock) *shaky { return &shaky{Memory: store.NewMemory(1000, c.now)} }

func (s *shaky) fail(err error) { s.fault.Store(&err) }

func (s *shaky) trouble(ctx context.Context) error {
	s.asked.Add(1)
	if s.stuck.Load() {
		<-ctx.Done()
	}
	if fault := s.fault.Load(); fault != nil && *fault != nil {
		return *fault
	}
	return ctx.Err()
}

func (s *shaky) GetWithTime(ctx context.Context, key string) (int64, time.Time, error) {
	if err := s.trouble(ctx); err != nil {
		return -1, time.Time{}, err
	}
	return s.Memory.GetWithTime(ctx, key)
}

func (s *shaky) SetIfNotExistsWithTTL(ctx context.Context, key string, number int64, ttl time.Duration) (bool, error) {
	if err := s.trouble(ctx); err != nil || s.stale.Load() {
		return false, err
	}
	return s.Memory.SetIfNotExistsWithTTL(ctx, key, number, ttl)
}

func (s *shaky) CompareAndSwapWithTTL(ctx context.Context, key string, old, new int64, ttl time.Duration) (bool, error) {
	if err := s.trouble(ctx); err != nil || s.stale.Load() {
		return false, err
	}
	return s.Memory.CompareAndSwapWithTTL(ctx, key, old, new, ttl)
}
