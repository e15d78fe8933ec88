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

// What one of the two stores has missed, the other's word stands against.
func TestTheStricterMemoryCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := store.NewMemory(10, nil)
		here, elsewhere := pace{shared: shared, own: store.NewMemory(10, nil)}, pace{shared: shared, own: store.NewMemory(10, nil)}
		alone := pace{own: here.own} // while the shared store is down
		here.begin(t.Context(), kinde.DeviceGrant{Code: "code", Interval: time.Second, Life: time.Minute})
		alone.note(t.Context(), "code", kinde.ErrSlowDown)
		if f, known := here.find(t.Context(), "code"); !known || f.Interval != 6*time.Second {
			t.Errorf("%+v", f)
		}
		if err := here.admit(t.Context(), "code"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := elsewhere.admit(t.Context(), "code"); !errors.Is(err, kinde.ErrSlowDown) {
			t.Errorf("%v", err)
		}
		elsewhere.note(t.Context(), "code", kinde.ErrAccessDenied)
		time.Sleep(10 * time.Second)
		if err := here.admit(t.Context(), "code"); !errors.Is(err, kinde.ErrExpiredToken) {
			t.Errorf("denied elsewhere: %v", err)
		}
	})
}

// Another instance's clock may be fast, or have been put back.
func TestATimeToComeHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{own: store.NewMemory(10, nil)}
		p.keep(t.Context(), "code", flow{Interval: 5 * time.Second, Polled: time.Now().Add(10 * time.Minute)})
		if err := p.admit(t.Context(), "code"); err != nil {
			t.Error(err)
		}
		if err := p.admit(t.Context(), "code"); !errors.Is(err, kinde.ErrSlowDown) {
			t.Errorf("at once again: %v", err)
		}
	})
}

// A poll may take a while to reach Kinde, and the next one less.
func TestTheIntervalCountsFromKindesAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{own: store.NewMemory(10, nil)}
		p.begin(t.Context(), kinde.DeviceGrant{Code: "code", Interval: 5 * time.Second, Life: time.Minute})
		for range 3 { // by a ticker
			if err := p.admit(t.Context(), "code"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(800 * time.Millisecond) // until Kinde has answered
			answered := time.Now()
			p.note(t.Context(), "code", kinde.ErrAuthorizationPending)
			time.Sleep(4200 * time.Millisecond)
			if err := p.admit(t.Context(), "code"); err != nil || time.Since(answered) < 5*time.Second {
				t.Errorf("let through after %v: %v", time.Since(answered), err)
			}
			time.Sleep(5 * time.Second)
		}
		p.keep(t.Context(), "ahead", flow{Interval: 5 * time.Second, Answered: time.Now().Add(10 * time.Minute)})
		if begin := time.Now(); p.admit(t.Context(), "ahead") != nil || time.Since(begin) != 0 {
			t.Errorf("a time to come held it up for %v", time.Since(begin))
		}
	})
}

func TestAWaitHeedsItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{own: store.NewMemory(10, nil)}
		p.keep(t.Context(), "code", flow{Interval: 10 * time.Second, Polled: time.Now().Add(-9600 * time.Millisecond)})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := p.admit(ctx, "code"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}
