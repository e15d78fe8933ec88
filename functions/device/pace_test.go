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
