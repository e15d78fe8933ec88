package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// breaker is what Breaker makes.
type breaker struct {
	inner Shared
	pause time.Duration
	warn  func(error)

	mu    sync.Mutex
	open  bool      // the last answer that came was ErrDown
	until time.Time // wall clock: not asked before, while open
}

// Breaker makes a Shared that leaves inner in peace for pause after an ErrDown, so
// that not every request pays for finding it down: meanwhile each call is ErrDown at
// once. Then one call tries it, and until that is answered the others still do not;
// pause must be longer than a call of inner may take. warn gets the first error of
// each outage, and only that. An outage ends with a call that succeeds. Values,
// leases and cells have it together, as they have one server.
func Breaker(inner Shared, pause time.Duration, warn func(error)) Shared {
	return &breaker{inner: inner, pause: pause, warn: warn}
}

// Get is Store's.
func (b *breaker) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	err = b.ask(func() error {
		value, found, err = b.inner.Get(ctx, key)
		return err
	})
	return value, found, err
}

// Set is Store's.
func (b *breaker) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return b.ask(func() error { return b.inner.Set(ctx, key, value, ttl) })
}

// Delete is Store's.
func (b *breaker) Delete(ctx context.Context, key string) error {
	return b.ask(func() error { return b.inner.Delete(ctx, key) })
}

// Acquire is Store's. During an outage release leaves the lease to its ttl.
func (b *breaker) Acquire(ctx context.Context, key string, ttl time.Duration) (release func(context.Context), ok bool, err error) {
	var giveBack func(context.Context)
	err = b.ask(func() error {
		giveBack, ok, err = b.inner.Acquire(ctx, key, ttl)
		return err
	})
	if err != nil || !ok {
		return nil, false, err
	}
	return func(ctx context.Context) {
		if !b.isOpen() {
			giveBack(ctx)
		}
	}, true, nil
}

// GetWithTime is Cells'.
func (b *breaker) GetWithTime(ctx context.Context, key string) (number int64, now time.Time, err error) {
	err = b.ask(func() error {
		number, now, err = b.inner.GetWithTime(ctx, key)
		return err
	})
	return number, now, err
}

// SetIfNotExistsWithTTL is Cells'.
func (b *breaker) SetIfNotExistsWithTTL(ctx context.Context, key string, number int64, ttl time.Duration) (set bool, err error) {
	err = b.ask(func() error {
		set, err = b.inner.SetIfNotExistsWithTTL(ctx, key, number, ttl)
		return err
	})
	return set, err
}

// CompareAndSwapWithTTL is Cells'.
func (b *breaker) CompareAndSwapWithTTL(ctx context.Context, key string, old, new int64, ttl time.Duration) (swapped bool, err error) {
	err = b.ask(func() error {
		swapped, err = b.inner.CompareAndSwapWithTTL(ctx, key, old, new, ttl)
		return err
	})
	return swapped, err
}

func (b *breaker) ask(call func() error) error {
	if !b.admit() {
		return fmt.Errorf("%w: not asked again yet", ErrDown)
	}
	err := call()
	if b.note(err) {
		b.warn(err)
	}
	return err
}

// admit reports whether a call may go through. The one that does during an outage
// puts off the next: should it never be answered, nothing has to be undone.
func (b *breaker) admit() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return true
	}
	now := time.Now().Round(0)
	// A wait longer than pause means that the clock was put back.
	if wait := b.until.Sub(now); 0 < wait && wait <= b.pause {
		return false
	}
	b.until = now.Add(b.pause)
	return true
}

// note remembers how a call ended, and reports whether an outage began with it.
func (b *breaker) note(err error) (began bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		b.open = false
	case errors.Is(err, ErrDown):
		began, b.open = !b.open, true
		b.until = time.Now().Round(0).Add(b.pause)
	}
	return began
}

func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}
