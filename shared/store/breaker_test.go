package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// flaky is a Memory that can be down, and slow to say so.
type flaky struct {
	*Memory
	fault atomic.Pointer[error]
	delay time.Duration
	asked atomic.Int32
}

func (f *flaky) fail(err error) {
	if err == nil {
		f.fault.Store(nil)
		return
	}
	f.fault.Store(&err)
}

func (f *flaky) trouble() error {
	f.asked.Add(1)
	if fault := f.fault.Load(); fault != nil {
		time.Sleep(f.delay)
		return *fault
	}
	return nil
}

func (f *flaky) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if err := f.trouble(); err != nil {
		return nil, false, err
	}
	return f.Memory.Get(ctx, key)
}

func (f *flaky) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := f.trouble(); err != nil {
		return err
	}
	return f.Memory.Set(ctx, key, value, ttl)
}

func (f *flaky) Delete(ctx context.Context, key string) error {
	if err := f.trouble(); err != nil {
		return err
	}
	return f.Memory.Delete(ctx, key)
}

func (f *flaky) Acquire(ctx context.Context, key string, ttl time.Duration) (func(context.Context), bool, error) {
	if err := f.trouble(); err != nil {
		return nil, false, err
	}
	release, ok, err := f.Memory.Acquire(ctx, key, ttl)
	return func(ctx context.Context) { f.asked.Add(1); release(ctx) }, ok, err
}

func (f *flaky) GetWithTime(ctx context.Context, key string) (int64, time.Time, error) {
	if err := f.trouble(); err != nil {
		return none, time.Time{}, err
	}
	return f.Memory.GetWithTime(ctx, key)
}

func (f *flaky) SetIfNotExistsWithTTL(ctx context.Context, key string, number int64, ttl time.Duration) (bool, error) {
	if err := f.trouble(); err != nil {
		return false, err
	}
	return f.Memory.SetIfNotExistsWithTTL(ctx, key, number, ttl)
}

func (f *flaky) CompareAndSwapWithTTL(ctx context.Context, key string, old, new int64, ttl time.Duration) (bool, error) {
	if err := f.trouble(); err != nil {
		return false, err
	}
	return f.Memory.CompareAndSwapWithTTL(ctx, key, old, new, ttl)
}

const pause = 3 * time.Second

// broken is a Breaker over a flaky store, and the warnings it has given.
func broken() (inner *flaky, s Shared, warnings *[]error) {
	inner, warnings = &flaky{Memory: NewMemory(10, nil)}, new([]error)
	var mu sync.Mutex
	return inner, Breaker(inner, pause, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		*warnings = append(*warnings, err)
	}), warnings
}

func TestBreakerPassesCallsOn(t *testing.T) {
	inner, s, warnings := broken()
	set(t, s, "k", "v", time.Minute)
	holds(t, s, "k", "v")
	release := acquire(t, s, "k", time.Minute, true)
	acquire(t, s, "k", time.Minute, false)
	release(t.Context())
	acquire(t, s, "k", time.Minute, true)
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Error(err)
	}
	holds(t, s, "k", "")
	if inner.asked.Load() != 8 || len(*warnings) != 0 {
		t.Errorf("asked %d times, warned of %v", inner.asked.Load(), *warnings)
	}
}

func TestBreakerLeavesAStoreThatIsDownInPeace(t *testing.T) {
	for name, first := range calls {
		synctest.Test(t, func(t *testing.T) {
			inner, s, warnings := broken()
			fault := down("GET", context.DeadlineExceeded)
			inner.fail(fault)
			if err := first(t.Context(), s); !errors.Is(err, fault) {
				t.Errorf("%s: %v", name, err)
			}
			time.Sleep(pause - time.Nanosecond)
			for _, call := range calls {
				if err := call(t.Context(), s); !errors.Is(err, ErrDown) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if n := inner.asked.Load(); n != 1 {
				t.Errorf("%s: asked %d times", name, n)
			}
			time.Sleep(time.Nanosecond) // still down: asked once more, and left in peace again
			for range 9 {
				_ = first(t.Context(), s)
			}
			if n := inner.asked.Load(); n != 2 {
				t.Errorf("%s: asked %d times", name, n)
			}
			inner.fail(nil)
			time.Sleep(pause)
			set(t, s, "k", "v", time.Minute)
			holds(t, s, "k", "v")
			if len(*warnings) != 1 || (*warnings)[0] != fault {
				t.Errorf("%s: warned of %v", name, *warnings)
			}
			inner.fail(fault) // an outage of its own
			_ = first(t.Context(), s)
			if len(*warnings) != 2 {
				t.Errorf("%s: warned of %v", name, *warnings)
			}
		})
	}
}

func TestOneCallTriesAStoreThatWasDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner, s, warnings := broken()
		inner.delay = 800 * time.Millisecond
		inner.fail(down("connect", context.DeadlineExceeded))
		ask := func() {
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() { _ = s.Delete(t.Context(), "k") })
			}
			wg.Wait()
		}
		ask() // all begin before the first has failed
		if n := inner.asked.Swap(0); n != 10 || len(*warnings) != 1 {
			t.Errorf("asked %d times, warned of %v", n, *warnings)
		}
		time.Sleep(pause)
		ask()
		if n := inner.asked.Swap(0); n != 1 {
			t.Errorf("tried %d times", n)
		}
	})
}

func TestBreakerSurvivesAClockPutBack(t *testing.T) {
	inner, s, _ := broken()
	inner.fail(down("GET", context.DeadlineExceeded))
	_ = s.Delete(t.Context(), "k")
	inner.fail(nil)
	s.(*breaker).until = time.Now().Round(0).Add(time.Hour)
	holds(t, s, "k", "")
}

func TestCallersOwnErrorsOpenNoBreaker(t *testing.T) {
	inner, s, warnings := broken()
	for _, err := range []error{context.Canceled, errors.New("store: ttl is not above zero")} {
		inner.fail(err)
		for range 3 {
			if got := s.Set(t.Context(), "k", nil, 1); !errors.Is(got, err) {
				t.Error(got)
			}
		}
	}
	if n := inner.asked.Load(); n != 6 || len(*warnings) != 0 {
		t.Errorf("asked %d times, warned of %v", n, *warnings)
	}
}

func TestReleaseDuringAnOutageIsLeftToTheTTL(t *testing.T) {
	inner, s, _ := broken()
	release := acquire(t, s, "k", time.Minute, true)
	inner.fail(down("GET", context.DeadlineExceeded))
	_ = s.Delete(t.Context(), "k")
	before := inner.asked.Load()
	release(t.Context())
	if inner.asked.Load() != before {
		t.Error("the store was asked")
	}
}
