package store

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Whoever leads a flight may have little time left; those who wait with more of it
// go on by themselves.
func TestAFlightThatIsAbandonedIsTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := NewOnce[string](nil, time.Second)
		var calls atomic.Int32
		slow := func(ctx context.Context) func() (string, error) {
			return func() (string, error) {
				calls.Add(1)
				select {
				case <-ctx.Done():
					return "", ctx.Err()
				case <-time.After(time.Second):
					return "made", nil
				}
			}
		}
		brief, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		lost := make(chan error, 1)
		go func() {
			_, err := once.Do(brief, "key", nil, slow(brief))
			lost <- err
		}()
		synctest.Wait()
		got, err := once.Do(t.Context(), "key", nil, slow(t.Context()))
		if got != "made" || err != nil || calls.Load() != 2 {
			t.Errorf("%q %v after %d calls", got, err, calls.Load())
		}
		if err := <-lost; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the first: %v", err)
		}
	})
}

// Trouble in making is everybody's: asking again at once would multiply it.
func TestTroubleIsSharedByThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := NewOnce[int](nil, time.Second)
		trouble := errors.New("trouble")
		var calls atomic.Int32
		create := func() (int, error) {
			calls.Add(1)
			time.Sleep(time.Second)
			return 0, errors.Join(trouble, context.DeadlineExceeded) // an attempt's limit, not the caller's
		}
		ended := make(chan error, 5)
		for range 5 {
			go func() {
				_, err := once.Do(t.Context(), "key", nil, create)
				ended <- err
			}()
		}
		for range 5 {
			if err := <-ended; !errors.Is(err, trouble) {
				t.Errorf("%v", err)
			}
		}
		if calls.Load() != 1 {
			t.Errorf("%d calls", calls.Load())
		}
	})
}

func TestACreateThatPanicsBlocksNobody(t *testing.T) {
	once := NewOnce[int](nil, time.Second)
	func() {
		defer func() { _ = recover() }()
		_, _ = once.Do(t.Context(), "key", nil, func() (int, error) { panic("x") })
	}()
	if got, err := once.Do(t.Context(), "key", nil, func() (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("%d %v", got, err)
	}
}

// slow is a store that is far away.
type slow struct {
	Store
	away time.Duration
}

func (s slow) Acquire(ctx context.Context, key string, ttl time.Duration) (func(context.Context), bool, error) {
	release, ok, err := s.Store.Acquire(ctx, key, ttl)
	return func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(s.away):
			release(ctx)
		}
	}, ok, err
}

// A failure that comes at once must not cost the next one the whole lease, only
// because giving it back takes a while.
func TestALeaseIsGivenBackToAStoreFarAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := slow{NewMemory(10, nil), 100 * time.Millisecond}
		first, second := NewOnce[int](far, 7*time.Second), NewOnce[int](far, 7*time.Second)
		look := func() (int, bool, error) { return 0, false, nil }
		fail := func() (int, error) { return 0, errors.New("trouble") }
		_, _ = first.Do(t.Context(), "key", look, fail)
		begin := time.Now()
		_, _ = second.Do(t.Context(), "key", look, fail)
		if took := time.Since(begin); took > 500*time.Millisecond {
			t.Errorf("the next one waited %v", took)
		}
		// Whoever has no time left gives it a moment and no more.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begin = time.Now()
		hurry(ctx, func(ctx context.Context) { <-ctx.Done() })
		if took := time.Since(begin); took > 50*time.Millisecond {
			t.Errorf("%v after the end", took)
		}
	})
}
