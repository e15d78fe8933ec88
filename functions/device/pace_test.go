package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/store"
)

func newPace(shared store.Store) pace { return pace{shared: shared, own: store.NewMemory(10, nil)} }

func TestStricterPaceApplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := store.NewMemory(10, nil)
		here, elsewhere := newPace(shared), newPace(shared)
		alone := pace{own: here.own} // while the shared store is unavailable
		here.begin(t.Context(), kinde.DeviceGrant{Code: "code", Interval: time.Second, Life: time.Minute})
		alone.note(t.Context(), "code", kinde.ErrSlowDown)
		if f, known := here.find(t.Context(), "code"); !known || f.Interval != 6*time.Second {
			t.Errorf("got %+v, %t; want an interval of 6s", f, known)
		}
		if err := here.admit(t.Context(), "code"); !errors.Is(err, kinde.ErrSlowDown) {
			t.Errorf("after a slow_down: got %v, want ErrSlowDown", err)
		}
		time.Sleep(6 * time.Second)
		if err := here.admit(t.Context(), "code"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := elsewhere.admit(t.Context(), "code"); !errors.Is(err, kinde.ErrSlowDown) {
			t.Errorf("polled elsewhere: got %v, want ErrSlowDown", err)
		}
		elsewhere.note(t.Context(), "code", kinde.ErrAccessDenied)
		time.Sleep(10 * time.Second)
		if err := here.admit(t.Context(), "code"); !errors.Is(err, kinde.ErrExpiredToken) {
			t.Errorf("denied elsewhere: got %v, want ErrExpiredToken", err)
		}
	})
}

// The clock of another instance may be fast, or have been set back.
func TestDistantNextPollIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(nil)
		p.keep(t.Context(), "code", flow{Interval: 5 * time.Second, Next: time.Now().Add(10 * time.Minute)})
		began := time.Now()
		if err := p.admit(t.Context(), "code"); err != nil || time.Since(began) != 0 {
			t.Errorf("got %v after %v, want nil at once", err, time.Since(began))
		}
		if err := p.admit(t.Context(), "code"); !errors.Is(err, kinde.ErrSlowDown) {
			t.Errorf("again: got %v, want ErrSlowDown", err)
		}
	})
}

// One poll may take long to reach Kinde, and the next one less.
func TestIntervalCountsFromKindesResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(nil)
		p.begin(t.Context(), kinde.DeviceGrant{Code: "code", Interval: 5 * time.Second, Life: time.Minute})
		for range 3 { // by a ticker
			if err := p.admit(t.Context(), "code"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(800 * time.Millisecond)
			responded := time.Now()
			p.note(t.Context(), "code", kinde.ErrAuthorizationPending)
			time.Sleep(4200 * time.Millisecond)
			if err := p.admit(t.Context(), "code"); err != nil || time.Since(responded) < 5*time.Second {
				t.Errorf("admitted after %v: %v; want at least 5s", time.Since(responded), err)
			}
			time.Sleep(5 * time.Second)
		}
	})
}

func TestWaitEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(nil)
		p.keep(t.Context(), "code", flow{Interval: 10 * time.Second, Next: time.Now().Add(400 * time.Millisecond)})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := p.admit(ctx, "code"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
	})
}

// A poll counts against the address of its caller while Kinde has not shown that it
// accepts the code.
func TestPaceRemembersAcceptedCodes(t *testing.T) {
	for name, row := range map[string]struct {
		response error
		known    bool
	}{
		"pending": {kinde.ErrAuthorizationPending, true},
		"slow":    {kinde.ErrSlowDown, true},
		"denied":  {kinde.ErrAccessDenied, true},
		"tokens":  {nil, true},
		"unknown": {kinde.ErrExpiredToken, false},
		"failure": {errors.New("upstream"), false},
	} {
		for what, shared := range map[string]store.Store{"alone": nil, "shared": store.NewMemory(10, nil)} {
			p := newPace(shared)
			if err := p.admit(t.Context(), "code"); err != nil {
				t.Fatalf("%s %s: got %v", name, what, err)
			}
			if _, known := p.find(t.Context(), "code"); known {
				t.Errorf("got %s %s: known before Kinde's response", name, what)
			}
			p.note(t.Context(), "code", row.response)
			if _, known := p.find(t.Context(), "code"); known != row.known {
				t.Errorf("%s %s: known %t, want %t", name, what, known, row.known)
			}
		}
	}
}
