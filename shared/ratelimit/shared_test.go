package ratelimit

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestInstancesShareOneQuota(t *testing.T) {
	c := newClock()
	shared := redis(t, c)
	var all []*Limiter
	for i := range 4 { // the clocks of instances do not matter
		own := newClock()
		own.move(time.Duration(i) * time.Hour)
		all = append(all, limiter(t, quarter, shared, own))
	}
	if n := passedAtOnce(t, "sub:kp_1", 50, all...); n != 100 {
		t.Errorf("%d passed, want 100", n)
	}
}

// failing is a store that fails in one way.
type failing struct {
	reply []int64
	err   error
}

func (f failing) Eval(context.Context, string, string, ...any) ([]int64, error) {
	return f.reply, f.err
}

func TestProcessCountsForItselfDuringOutage(t *testing.T) {
	for name, shared := range map[string]failing{
		"error": {err: errors.New("down")}, "another reply": {reply: []int64{1}},
	} {
		c := newClock()
		l := limiter(t, quarter, shared, c)
		if n := passed(t, l, "sub:kp_1", 150); n != 100 {
			t.Errorf("%s: %d passed, want 100", name, n)
		}
		c.move(9 * time.Second)
		if n := passed(t, l, "sub:kp_1", 5); n != 1 {
			t.Errorf("%s: %d passed after nine seconds, want 1", name, n)
		}
	}
}

func TestSharedCountContinuesAfterOutage(t *testing.T) {
	c := newClock()
	l := limiter(t, quarter, redis(t, c), c)
	passed(t, l, "sub:kp_1", 30)
	shared := l.shared
	l.shared = failing{err: errors.New("down")}
	if r := l.Take(t.Context(), "sub:kp_1"); r.Remaining != 99 {
		t.Errorf("during the outage: got %+v, want 99 remaining", r)
	}
	l.shared = shared
	if r := l.Take(t.Context(), "sub:kp_1"); r.Remaining != 69 {
		t.Errorf("after the outage: got %+v, want 69 remaining", r)
	}
}

// A number that is too high delays a caller by at most a window. Other values are ignored.
func TestInvalidStoredValueDelaysByAtMostAWindow(t *testing.T) {
	for value, allowed := range map[string]bool{"99999999999999999": false, "text": true, "-1": true} {
		c := newClock()
		l := limiter(t, quarter, redis(t, c), c)
		if err := c.server.Set("kinde:limit:"+l.name("sub:kp_1"), value); err != nil {
			t.Fatal(err)
		}
		if r := l.Take(t.Context(), "sub:kp_1"); r.Allowed != allowed || r.Reset > quarter.Window {
			t.Errorf("%s: got %+v, want allowed %t and a reset within a window", value, r, allowed)
		}
		c.move(quarter.Window)
		if r := l.Take(t.Context(), "sub:kp_1"); !r.Allowed {
			t.Errorf("%s: got %+v after a window, want allowed", value, r)
		}
	}
}

func TestSharedEntriesExpireAndAreHashed(t *testing.T) {
	c := newClock()
	shared := redis(t, c)
	l, err := newLimiter(quarter, "device", shared, func(string) string { return "hashed" }, c.now)
	if err != nil {
		t.Fatal(err)
	}
	passed(t, l, "sub:kp_1", 50)
	if keys := strings.Join(c.server.Keys(), " "); keys != "kinde:limit:hashed" {
		t.Errorf("got keys %q, want the hashed one alone", keys)
	}
	if ttl := c.server.TTL("kinde:limit:hashed"); ttl != 450*time.Second {
		t.Errorf("got a ttl of %v, want 450s", ttl)
	}
	c.move(450 * time.Second)
	if keys := c.server.Keys(); len(keys) != 0 {
		t.Errorf("got keys %q, want none", keys)
	}
}
