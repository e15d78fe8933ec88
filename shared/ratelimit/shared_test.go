package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kinde-functions/shared/store"
)

var errDown = fmt.Errorf("%w: GET: timed out", store.ErrDown)

func TestInstancesLimitAsOne(t *testing.T) {
	for range 20 {
		c := newClock()
		shared := newShaky(c)
		var all []*Limiter
		for i := range 4 { // each with a clock of its own, which must not matter
			own := newClock()
			own.move(time.Duration(i) * time.Hour)
			all = append(all, limiter(t, quarter, shared, own))
		}
		if n := passedAtOnce(t, "sub:kp_1", 100, all...); n != 100 {
			t.Fatalf("%d passed", n)
		}
	}
}

func TestARefusalIsRememberedForItsTime(t *testing.T) {
	c := newClock()
	shared := newShaky(c)
	a, b := limiter(t, quarter, shared, c), limiter(t, quarter, shared, c)
	passed(t, a, "sub:kp_1", 100)
	if n := shared.asked.Swap(0); n != 200 {
		t.Errorf("%d round trips for a hundred requests", n)
	}
	passed(t, a, "sub:kp_1", 1000)
	if n := shared.asked.Swap(0); n != 0 {
		t.Errorf("%d round trips of one known to be refused", n)
	}
	passed(t, b, "sub:kp_1", 1000)
	if n := shared.asked.Swap(0); n != 1 {
		t.Errorf("%d round trips of one not yet known here", n)
	}
	c.move(9 * time.Second)
	if n := passed(t, a, "sub:kp_1", 5) + passed(t, b, "sub:kp_1", 5); n != 1 {
		t.Errorf("%d passed after nine seconds", n)
	}
}

func TestTheProcessDecidesDuringAnOutage(t *testing.T) {
	c := newClock()
	shared := newShaky(c)
	a, b := limiter(t, quarter, shared, c), limiter(t, quarter, shared, c)
	passed(t, a, "sub:kp_1", 30)
	passed(t, b, "sub:kp_1", 30)
	for _, fault := range []error{errDown, context.DeadlineExceeded, errors.New("store: refused")} {
		shared.fail(fault)
		if n := passed(t, a, "sub:"+fault.Error(), 150); n != 100 { // of a stranger: a quota
			t.Errorf("%v: %d passed", fault, n)
		}
	}
	// Each counts on from what it last saw: 30 of its own, 60 of both.
	if na, nb := passed(t, a, "sub:kp_1", 200), passed(t, b, "sub:kp_1", 200); na != 70 || nb != 40 {
		t.Errorf("%d and %d passed", na, nb)
	}
	c.move(9 * time.Second)
	shared.fail(nil)
	// The shared one is right again: 60 were counted, and one is restored.
	if r := a.Take(t.Context(), "sub:kp_1"); !r.Allowed || r.Remaining != 40 {
		t.Errorf("%+v afterwards", r)
	}
	if r := b.Take(t.Context(), "sub:kp_1"); !r.Allowed || r.Remaining != 39 {
		t.Errorf("%+v afterwards", r)
	}
}

func TestAnOutageIsFoundOncePerPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &shaky{Memory: store.NewMemory(1000, nil)}
		var warnings []error
		guarded := store.Breaker(shared, 5*time.Second, func(err error) { warnings = append(warnings, err) })
		l, err := New(quarter, "device", guarded, plain)
		if err != nil {
			t.Fatal(err)
		}
		shared.fail(errDown)
		for range 150 {
			l.Take(t.Context(), "sub:kp_1")
		}
		if n := shared.asked.Load(); n != 1 || len(warnings) != 1 {
			t.Errorf("asked %d times, warned of %v", n, warnings)
		}
		shared.fail(nil)
		time.Sleep(9 * time.Second) // past the pause, and what passed by itself
		if r := l.Take(t.Context(), "sub:kp_1"); !r.Allowed || r.Remaining != 99 {
			t.Errorf("%+v afterwards", r)
		}
	})
}

func TestTheCallersTimeBeingOverIsNoOutage(t *testing.T) {
	c := newClock()
	shared := newShaky(c)
	guarded := store.Breaker(shared, time.Hour, func(err error) { t.Errorf("warned of %v", err) })
	l := limiter(t, quarter, guarded, c)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for range 150 {
		if l.Take(over, "sub:kp_1").Allowed {
			n++
		}
	}
	if n != 100 {
		t.Errorf("%d passed", n)
	}
	if r := l.Take(t.Context(), "sub:kp_2"); r.Remaining != 99 || shared.asked.Load() == 0 {
		t.Errorf("%+v of another", r)
	}
}

func TestAStuckStoreHasASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &shaky{Memory: store.NewMemory(1000, nil)}
		shared.stuck.Store(true)
		l, err := New(quarter, "device", shared, plain)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if n := passedAtOnce(t, "sub:kp_1", 150, l); n != 100 { // most wait for a turn
			t.Errorf("%d passed", n)
		}
		if took := time.Since(began); took != patience {
			t.Errorf("took %v", took)
		}
	})
}

// One that loses every attempt has lost them to as many that passed.
func TestAttemptsAreBounded(t *testing.T) {
	c := newClock()
	shared := newShaky(c)
	shared.stale.Store(true)
	l := limiter(t, quarter, shared, c)
	if r := l.Take(t.Context(), "sub:kp_1"); r != (Result{false, 100, 0, 900 * time.Second, 9 * time.Second, quarter.Window}) {
		t.Errorf("%+v", r)
	}
	if n := shared.asked.Swap(0); n != 2*(100+spare) {
		t.Errorf("asked %d times", n)
	}
	shared.stale.Store(false)
	if r := l.Take(t.Context(), "sub:kp_1"); !r.Allowed || r.Remaining != 99 {
		t.Errorf("%+v of a quota that was not touched", r)
	}
}

func TestWhoCanWriteThereHoldsNobodyForLongerThanAWindow(t *testing.T) {
	c := newClock()
	shared := newShaky(c)
	l := limiter(t, quarter, shared, c)
	key := l.name("sub:kp_1")
	far := c.now().Add(100 * 24 * time.Hour)
	if set, err := shared.SetIfNotExistsWithTTL(t.Context(), key, far.UnixNano(), 100*24*time.Hour); !set || err != nil {
		t.Fatal(set, err)
	}
	if r := l.Take(t.Context(), "sub:kp_1"); r.Allowed || r.Reset != quarter.Window {
		t.Errorf("%+v", r)
	}
	c.move(quarter.Window)
	if r := l.Take(t.Context(), "sub:kp_1"); !r.Allowed || r.Remaining != 99 {
		t.Errorf("%+v a window later", r)
	}
}

// A process whose clock was put back knows too much of callers, and asks.
func TestAnInstancesClockPutBackDoesNotMatter(t *testing.T) {
	for _, back := range []time.Duration{time.Minute, time.Hour} {
		c, own := newClock(), newClock()
		l := limiter(t, quarter, newShaky(c), own)
		passed(t, l, "sub:kp_1", 100)
		own.move(-back)
		for _, clock := range []*clock{c, own} {
			clock.move(9 * time.Second)
		}
		l.Take(t.Context(), "sub:kp_1")
		for _, clock := range []*clock{c, own} {
			clock.move(18 * time.Second)
		}
		if n := passed(t, l, "sub:kp_1", 5); n < 2 {
			t.Errorf("%v: %d of two passed", back, n)
		}
	}
}
