package ratelimit

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestAQuotaIsUsedUpAndComesBack(t *testing.T) {
	c := newClock()
	l := limiter(t, quarter, nil, c)
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
		{0, 1000, false, 0, 900 * time.Second, 9 * time.Second}, // refusals take nothing
		{9*time.Second - 1, 1, false, 0, 891*time.Second + 1, 1},
		{1, 1, true, 0, 900 * time.Second, 9 * time.Second},
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
			t.Errorf("%d: %+v, want %+v", i, got, want)
		}
	}
}

func TestWhatOneCanDoInAWindow(t *testing.T) {
	for _, policy := range []Policy{quarter, {1, time.Second}, {7, 10 * time.Second}, {3, 24 * time.Hour}, {1_000_000, time.Second}} {
		c := newClock()
		l := limiter(t, policy, nil, c)
		if n := passed(t, l, "sub:kp_1", policy.Requests+5); n != policy.Requests {
			t.Errorf("%v: %d at once", policy, n)
		}
		n, steps := 0, min(4*policy.Requests, 1000)
		for range steps { // restored evenly
			c.move(policy.Window / time.Duration(steps))
			n += passed(t, l, "sub:kp_1", policy.Requests/steps+2)
		}
		if n < policy.Requests-1 || n > policy.Requests {
			t.Errorf("%v: %d in the next window", policy, n)
		}
		c.move(policy.Window)
		if n := passed(t, l, "sub:kp_1", policy.Requests+5); n != policy.Requests {
			t.Errorf("%v: %d after a window", policy, n)
		}
	}
}

func TestAClockPutBackHoldsNobodyForLongerThanAWindow(t *testing.T) {
	for _, back := range []time.Duration{time.Nanosecond, time.Minute, 15 * time.Minute, 24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		c := newClock()
		l := limiter(t, quarter, nil, c)
		passed(t, l, "sub:kp_1", 100)
		c.move(-back)
		if r := l.Take(t.Context(), "sub:kp_1"); r.Allowed || r.Reset > quarter.Window || r.RetryAfter > 9*time.Second || r.Remaining != 0 {
			t.Errorf("%v: %+v", back, r)
		}
		c.move(9 * time.Second)
		if n := passed(t, l, "sub:kp_1", 5); n != 1 {
			t.Errorf("%v: %d after nine seconds", back, n)
		}
		c.move(15 * time.Minute)
		if n := passed(t, l, "sub:kp_1", 200); n != 100 {
			t.Errorf("%v: %d after a window", back, n)
		}
	}
}

func TestCallersFunctionsAndPoliciesAreApart(t *testing.T) {
	c := newClock()
	shared := newShaky(c)
	l := limiter(t, quarter, shared, c)
	if n := passed(t, l, "sub:kp_1", 150); n != 100 {
		t.Errorf("%d passed", n)
	}
	other, err := newLimiter(quarter, "revoke", shared, plain, c.now)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Result{
		"another caller":   l.Take(t.Context(), "sub:kp_2"),
		"the same as IP":   l.Take(t.Context(), "ip:kp_1"),
		"another function": other.Take(t.Context(), "sub:kp_1"),
		"another policy":   limiter(t, Policy{100, time.Second}, shared, c).Take(t.Context(), "sub:kp_1"),
	} {
		if r.Remaining != 99 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	c.move(time.Minute) // the other policy has not shortened the wait
	if n := passed(t, l, "sub:kp_1", 150); n != 6 {
		t.Errorf("%d passed after a minute", n)
	}
}

func TestLongNamesAreToldApart(t *testing.T) {
	c := newClock()
	l, err := newLimiter(Policy{1, time.Minute}, "device", nil, nil, c.now) // names as they are
	if err != nil {
		t.Fatal(err)
	}
	long := "sub:" + strings.Repeat("x", 16<<10)
	if a, again, b := l.Take(t.Context(), long), l.Take(t.Context(), long), l.Take(t.Context(), long+"y"); !a.Allowed || again.Allowed || !b.Allowed {
		t.Errorf("%+v, %+v, %+v", a, again, b)
	}
	if n := len(l.name(long)); n > 96 {
		t.Errorf("a name of %d bytes is kept", n)
	}
}

func TestNoPolicyLimitsNothing(t *testing.T) {
	l, err := New(Policy{}, "device", nil, nil)
	if l != nil || err != nil {
		t.Fatal(l, err)
	}
	if r := l.Take(t.Context(), "sub:kp_1"); r != (Result{Allowed: true}) {
		t.Errorf("%+v", r)
	}
}

func TestPoliciesThatMakeNoSense(t *testing.T) {
	for _, policy := range []Policy{{0, time.Minute}, {-1, time.Minute}, {1, 0}, {1, -time.Minute}, {1_000_001, time.Second}, {1 << 62, time.Hour}} {
		if l, err := New(policy, "device", nil, nil); l != nil || err == nil {
			t.Errorf("%v: %v, %v", policy, l, err)
		}
	}
	if l, err := New(quarter, "device", newShaky(newClock()), nil); l != nil || err == nil {
		t.Errorf("names that are shared without being hashed: %v, %v", l, err)
	}
}

func TestRequestsAtOncePassAsOftenAsOneByOne(t *testing.T) {
	for range 20 {
		l := limiter(t, quarter, nil, newClock())
		if n := passedAtOnce(t, "sub:kp_1", 100, l, l, l); n != 100 {
			t.Fatalf("%d passed", n)
		}
	}
}

// A flood of callers takes a fixed amount of memory, and does not free those who
// have used their quota up.
func TestAFloodOfCallers(t *testing.T) {
	c := newClock()
	l := limiter(t, quarter, nil, c)
	passed(t, l, "sub:kp_1", 100) // all of it
	passed(t, l, "sub:kp_2", 50)
	before := heap()
	for i := range 200_000 {
		l.Take(t.Context(), fmt.Sprintf("ip:2001:db8:%x:%x::1 %050d", i>>16, i&0xffff, i))
		if i%100 == 0 {
			c.move(time.Millisecond)
		}
	}
	grown := heap() - before
	t.Logf("%d bytes for each of those remembered", grown/callers)
	if grown > 3_500_000 {
		t.Errorf("%d bytes", grown)
	}
	if r := l.Take(t.Context(), "sub:kp_1"); r.Allowed {
		t.Errorf("%+v of an exhausted quota", r)
	}
	if r := l.Take(t.Context(), "sub:kp_2"); r.Remaining != 49 {
		t.Errorf("%+v of one half used", r)
	}
	if r := l.Take(t.Context(), "sub:kp_3"); r.Remaining != 99 {
		t.Errorf("%+v of somebody new", r)
	}
	if r := l.Take(t.Context(), "sub:kp_3"); r.Remaining != 98 {
		t.Errorf("%+v of somebody new", r)
	}
	runtime.KeepAlive(l)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkTake(b *testing.B) {
	for name, policy := range map[string]Policy{"passes": {1_000_000_000, 1000 * time.Second}, "is refused": {1, 24 * time.Hour}} {
		b.Run(name, func(b *testing.B) {
			l, err := New(policy, "device", nil, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				l.Take(b.Context(), "sub:kp_0123456789abcdef0123456789abcdef")
			}
		})
	}
	b.Run("in a flood", func(b *testing.B) {
		l, err := New(quarter, "device", nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		i := 0
		for b.Loop() {
			i++
			l.Take(b.Context(), fmt.Sprint("ip:2001:db8::", i))
		}
	})
}
