package store

import (
	"context"
	"sync"
	"time"
)

// pollInterval is the pause between two looks for the result of another instance.
const pollInterval = 50 * time.Millisecond

// Once makes each value once at a time: concurrent callers in this process share one
// call, and instances that share a store take turns by a lease. Without the store each
// instance makes its own.
type Once[T any] struct {
	shared Store
	lease  time.Duration

	mu    sync.Mutex
	calls map[string]*call[T]
}

type call[T any] struct {
	done  chan struct{}
	value T
	err   error
	// abandoned means that the caller's own context ended: others try again.
	abandoned bool
}

// NewOnce returns a Once. shared may be nil. lease is the longest time that making a
// value takes; after it another instance may begin.
func NewOnce[T any](shared Store, lease time.Duration) *Once[T] {
	return &Once[T]{shared: shared, lease: lease, calls: map[string]*call[T]{}}
}

// Do returns what find finds in the shared store, or else what create makes. create
// stores its result where find finds it. Without a store, find is not called.
func (o *Once[T]) Do(ctx context.Context, key string,
	find func() (value T, found bool, err error), create func() (T, error)) (T, error) {
	for {
		c, first := o.join(key)
		if first {
			return o.run(ctx, key, c, find, create)
		}
		select {
		case <-ctx.Done():
			var zero T
			return zero, ctx.Err()
		case <-c.done:
			if !c.abandoned || ctx.Err() != nil {
				return c.value, c.err
			}
		}
	}
}

// join returns the call under way for key, or a new one that the caller must run.
func (o *Once[T]) join(key string) (c *call[T], first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c, ok := o.calls[key]; ok {
		return c, false
	}
	// Abandoned, should create panic.
	c = &call[T]{done: make(chan struct{}), err: context.Canceled, abandoned: true}
	o.calls[key] = c
	return c, true
}

func (o *Once[T]) run(ctx context.Context, key string, c *call[T],
	find func() (T, bool, error), create func() (T, error)) (T, error) {
	defer func() {
		o.mu.Lock()
		delete(o.calls, key)
		o.mu.Unlock()
		close(c.done)
	}()
	c.value, c.err = o.findOrCreate(ctx, key, find, create)
	c.abandoned = c.err != nil && ctx.Err() != nil
	return c.value, c.err
}

func (o *Once[T]) findOrCreate(ctx context.Context, key string,
	find func() (T, bool, error), create func() (T, error)) (T, error) {
	if o.shared == nil {
		return create()
	}
	for {
		if value, found, err := find(); found {
			return value, err
		}
		release, ok, err := o.shared.Acquire(ctx, key, o.lease)
		if err != nil {
			return create()
		}
		if ok {
			defer ReleaseSoon(ctx, release)
			if value, found, err := find(); found { // another instance was faster
				return value, err
			}
			return create()
		}
		select {
		case <-ctx.Done():
			var zero T
			return zero, ctx.Err()
		case <-time.After(pollInterval):
		}
	}
}

// ReleaseSoon gives a lease back in the time that ctx has left, which it bounds: 300 ms
// at most, and 20 ms even after ctx has ended. A lease that stays blocks the next caller.
func ReleaseSoon(ctx context.Context, release func(context.Context)) {
	const shortest, longest = 20 * time.Millisecond, 300 * time.Millisecond
	left := longest
	if deadline, ok := ctx.Deadline(); ok {
		left = min(max(time.Until(deadline), shortest), longest)
	}
	if ctx.Err() != nil {
		left = shortest
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), left)
	defer cancel()
	release(ctx)
}
