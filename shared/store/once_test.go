package store

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The first caller may have little time left. Callers that wait with more time retry.
func TestAbandonedCallIsRetried(t *testing.T) {
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
			t.Errorf("got %q, %v after %d calls; want made after 2", got, err, calls.Load())
		}
		if err := <-lost; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("first caller: got %v, want DeadlineExceeded", err)
		}
	})
}

// A failure is returned to all waiting callers: retries would multiply it.
func TestFailureIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := NewOnce[int](nil, time.Second)
		failure := errors.New("failure")
		var calls atomic.Int32
		create := func() (int, error) {
			calls.Add(1)
			time.Sleep(time.Second)
			return 0, errors.Join(failure, context.DeadlineExceeded) // an attempt's limit, not the caller's
		}
		ended := make(chan error, 5)
		for range 5 {
			go func() {
				_, err := once.Do(t.Context(), "key", nil, create)
				ended <- err
			}()
		}
		for range 5 {
			if err := <-ended; !errors.Is(err, failure) {
				t.Errorf("got %v, want the failure", err)
			}
		}
		if calls.Load() != 1 {
			t.Errorf("got %d calls, want 1", calls.Load())
		}
	})
}

func TestPanicBlocksNoLaterCall(t *testing.T) {
	once := NewOnce[int](nil, time.Second)
	func() {
		defer func() { _ = recover() }()
		_, _ = once.Do(t.Context(), "key", nil, func() (int, error) { panic("x") })
	}()
	if got, err := once.Do(t.Context(), "key", nil, func() (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("got %d, %v; want 7", got, err)
	}
}

// slow is a Store whose releases take a while.
type slow struct {
	Store
	delay time.Duration
}

func (s slow) Acquire(ctx context.Context, key string, ttl time.Duration) (func(context.Context), bool, error) {
	release, ok, err := s.Store.Acquire(ctx, key, ttl)
	return func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(s.delay):
			release(ctx)
		}
	}, ok, err
}

// A fast failure must not cost the next caller the whole lease because the release is
// slow.
func TestLeaseIsReleasedToSlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		remote := slow{NewMemory(10, nil), 100 * time.Millisecond}
		first, second := NewOnce[int](remote, 7*time.Second), NewOnce[int](remote, 7*time.Second)
		find := func() (int, bool, error) { return 0, false, nil }
		fail := func() (int, error) { return 0, errors.New("failure") }
		_, _ = first.Do(t.Context(), "key", find, fail)
		begin := time.Now()
		_, _ = second.Do(t.Context(), "key", find, fail)
		if took := time.Since(begin); took > 500*time.Millisecond {
			t.Errorf("the next caller waited %v, want less than 500ms", took)
		}
		// A context that has ended leaves it a moment.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begin = time.Now()
		ReleaseSoon(ctx, func(ctx context.Context) { <-ctx.Done() })
		if took := time.Since(begin); took > 50*time.Millisecond {
			t.Errorf("the release took %v after the context, want less than 50ms", took)
		}
	})
}
