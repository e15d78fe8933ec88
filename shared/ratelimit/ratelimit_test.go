package ratelimit

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"kinde-functions/shared/store"
)

// clock is set by the test, for the process and for the Redis.
type clock struct {
	mu     sync.Mutex
	time   time.Time
	server *miniredis.Miniredis // nil: none
}

func newClock() *clock { return &clock{time: time.Unix(1_790_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
	if c.server != nil {
		c.server.SetTime(c.time)
		c.server.FastForward(max(d, 0))
	}
}

var quarter = Policy{Requests: 100, Window: 15 * time.Minute}

func plain(name string) string { return name }

// limiter is one of function device. shared may be nil.
func limiter(t testing.TB, policy Policy, shared store.Evaluator, c *clock) *Limiter {
	t.Helper()
	l, err := newLimiter(policy, "device", shared, plain, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// redis returns a client of a Redis whose clock is c.
func redis(t testing.TB, c *clock) *store.Redis {
	t.Helper()
	if c.server == nil {
		c.server = miniredis.RunT(t)
		c.server.SetTime(c.time)
	}
	r, err := store.NewRedis("redis://"+c.server.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// both calls test with limiters in memory and in a Redis.
func both(t *testing.T, test func(t *testing.T, c *clock, shared store.Evaluator)) {
	t.Run("memory", func(t *testing.T) { test(t, newClock(), nil) })
	t.Run("redis", func(t *testing.T) {
		c := newClock()
		test(t, c, redis(t, c))
	})
}

// passed makes n requests, one after another, and counts those that are allowed.
func passed(t testing.TB, l *Limiter, caller string, n int) (count int) {
	t.Helper()
	for range n {
		if l.Take(t.Context(), caller).Allowed {
			count++
		}
	}
	return count
}

// passedAtOnce makes n requests in parallel with each limiter.
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

func TestQuotaIsUsedAndRestored(t *testing.T) {
	const us = time.Microsecond
	both(t, func(t *testing.T, c *clock, shared store.Evaluator) {
		l := limiter(t, quarter, shared, c)
		for i, row := range []struct {
			after     time.Duration
			requests  int
			allowed   bool // the last of them
			remaining int
			reset     time.Duration
			retry     time.Duration
		}{
			{0, 1, true, 99, 9 * time.Second, 0},
			{0, 49, true, 50, 450 * time.Second, 0},
			{9 * time.Second, 1, true, 50, 450 * time.Second, 0},
			{0, 49, true, 1, 891 * time.Second, 0},
			{0, 1, true, 0, 900 * time.Second, 9 * time.Second}, // the hundredth at once
			{0, 1, false, 0, 900 * time.Second, 9 * time.Second},
			{0, 500, false, 0, 900 * time.Second, 9 * time.Second}, // refusals use nothing up
			{9*time.Second - us, 1, false, 0, 891*time.Second + us, us},
			{us, 1, true, 0, 900 * time.Second, 9 * time.Second},
			{0, 1, false, 0, 900 * time.Second, 9 * time.Second},
			{10 * time.Second, 1, true, 0, 899 * time.Second, 8 * time.Second},
			{899 * time.Second, 100, true, 0, 900 * time.Second, 9 * time.Second}, // a window later: all of it
			{0, 1, false, 0, 900 * time.Second, 9 * time.Second},
			{90 * time.Second, 10, true, 0, 900 * time.Second, 9 * time.Second},
			{0, 1, false, 0, 900 * time.Second, 9 * time.Second},
			{24 * time.Hour, 1, true, 99, 9 * time.Second, 0}, // and no more than all of it
		} {
			c.move(row.after)
			passed(t, l, "sub:kp_1", row.requests-1)
			want := Result{row.allowed, 100, row.remaining, row.reset, row.retry, quarter.Window}
			if got := l.Take(t.Context(), "sub:kp_1"); got != want {
				t.Errorf("row %d: got %+v, want %+v", i, got, want)
			}
		}
	})
}

func TestRequestsInEachWindow(t *testing.T) {
	both(t, func(t *testing.T, c *clock, shared store.Evaluator) {
		for _, policy := range []Policy{quarter, {1, time.Second}, {7, 10 * time.Second}, {3, 24 * time.Hour}} {
			l := limiter(t, policy, shared, c)
			if n := passed(t, l, "sub:kp_1", policy.Requests+5); n != policy.Requests {
				t.Errorf("%v: %d passed at once, want %d", policy, n, policy.Requests)
			}
			n, steps := 0, 4*policy.Requests
			for range steps { // restored evenly
				c.move(policy.Window / time.Duration(steps))
				n += passed(t, l, "sub:kp_1", 2)
			}
			if n < policy.Requests-1 || n > policy.Requests {
				t.Errorf("%v: %d passed in the next window, want %d", policy, n, policy.Requests)
			}
			c.move(policy.Window)
			if n := passed(t, l, "sub:kp_1", policy.Requests+5); n != policy.Requests {
				t.Errorf("%v: %d passed after a window, want %d", policy, n, policy.Requests)
			}
		}
	})
}

func TestClockSetBackDelaysByAtMostAWindow(t *testing.T) {
	for _, back := range []time.Duration{time.Microsecond, time.Minute, 15 * time.Minute, 24 * time.Hour,
		87600 * time.Hour} {
		both(t, func(t *testing.T, c *clock, shared store.Evaluator) {
			l := limiter(t, quarter, shared, c)
			passed(t, l, "sub:kp_1", 100)
			c.move(-back)
			r := l.Take(t.Context(), "sub:kp_1")
			if r.Allowed || r.Reset > quarter.Window || r.RetryAfter > 9*time.Second || r.Remaining != 0 {
				t.Errorf("%v: got %+v, want a refusal of at most a window", back, r)
			}
			c.move(9 * time.Second)
			if n := passed(t, l, "sub:kp_1", 5); n != 1 {
				t.Errorf("%v: %d passed after nine seconds, want 1", back, n)
			}
			c.move(15 * time.Minute)
			if n := passed(t, l, "sub:kp_1", 110); n != 100 {
				t.Errorf("%v: %d passed after a window, want 100", back, n)
			}
		})
	}
}

func TestCallersFunctionsAndPoliciesCountApart(t *testing.T) {
	both(t, func(t *testing.T, c *clock, shared store.Evaluator) {
		l := limiter(t, quarter, shared, c)
		if n := passed(t, l, "sub:kp_1", 110); n != 100 {
			t.Errorf("%d passed, want 100", n)
		}
		other, err := newLimiter(quarter, "revoke", shared, plain, c.now)
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]Result{
			"another caller":         l.Take(t.Context(), "sub:kp_2"),
			"an IP of the same name": l.Take(t.Context(), "ip:kp_1"),
			"another function":       other.Take(t.Context(), "sub:kp_1"),
			"another policy":         limiter(t, Policy{100, time.Second}, shared, c).Take(t.Context(), "sub:kp_1"),
		} {
			if r.Remaining != 99 {
				t.Errorf("%s: got %+v, want 99 remaining", name, r)
			}
		}
	})
}

func TestLongNamesCountApartAndAreHashed(t *testing.T) {
	l, err := New(Policy{1, time.Minute}, "device", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	long := "sub:" + strings.Repeat("x", 16<<10)
	a, again, b := l.Take(t.Context(), long), l.Take(t.Context(), long), l.Take(t.Context(), long+"y")
	if !a.Allowed || again.Allowed || !b.Allowed {
		t.Errorf("got %+v, %+v, %+v; want the second refused alone", a, again, b)
	}
	if n := len(l.name(long)); n > 32 {
		t.Errorf("a name takes %d bytes, want at most 32", n)
	}
}

func TestZeroPolicyLimitsNothing(t *testing.T) {
	l, err := New(Policy{}, "device", nil, nil)
	if l != nil || err != nil {
		t.Fatalf("got %v, %v; want nil", l, err)
	}
	if r := l.Take(t.Context(), "sub:kp_1"); r != (Result{Allowed: true}) {
		t.Errorf("got %+v, want allowed", r)
	}
}

func TestInvalidLimitersAreRefused(t *testing.T) {
	for _, policy := range []Policy{
		{0, time.Minute}, {-1, time.Minute}, {1, 0}, {1, -time.Minute}, {1_000_001, time.Second}, {1 << 62, time.Hour},
	} {
		if l, err := New(policy, "device", nil, nil); l != nil || err == nil {
			t.Errorf("%v: got %v, %v; want an error", policy, l, err)
		}
	}
	if l, err := New(quarter, "device", redis(t, newClock()), nil); l != nil || err == nil {
		t.Errorf("shared names without a hash: got %v, %v; want an error", l, err)
	}
}

func TestParallelRequestsShareOneQuota(t *testing.T) {
	for range 10 {
		l := limiter(t, quarter, nil, newClock())
		if n := passedAtOnce(t, "sub:kp_1", 100, l, l, l); n != 100 {
			t.Fatalf("%d passed, want 100", n)
		}
	}
}

func TestFloodUsesBoundedMemory(t *testing.T) {
	c := newClock()
	l := limiter(t, quarter, nil, c)
	before := heap()
	for i := range 100_000 {
		l.Take(t.Context(), fmt.Sprintf("ip:2001:db8:%x:%x::1", i>>16, i&0xffff))
		if i == 90_001 {
			passed(t, l, "sub:kp_1", 100)
		}
	}
	if grown := heap() - before; grown > 5<<20 {
		t.Errorf("the limiter takes %d bytes, want at most 5 MiB", grown)
	}
	if r := l.Take(t.Context(), "sub:kp_1"); r.Allowed {
		t.Errorf("got %+v, want a refusal: fewer than %d others have called since", r, remembered)
	}
	runtime.KeepAlive(l)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkTake(b *testing.B) {
	l, err := New(quarter, "device", nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Take(b.Context(), "sub:kp_0123456789abcdef0123456789abcdef")
	}
}
