package store

import (
	"context"
	"sync"
	"time"
)

// lookAgain is the pause between two looks for what another instance makes.
const lookAgain = 50 * time.Millisecond

// Once makes things that should be made once: each key by one caller at a time in
// this process, the others wait for the same; and by one instance at a time where
// they share a store. A store that is down leaves each instance to itself.
type Once[T any] struct {
	shared Store
	lease  time.Duration

	mu      sync.Mutex
	flights map[string]*flight[T]
}

type flight[T any] struct {
	done  chan struct{}
	value T
	err   error
	// abandoned: whoever led it ran out of time, which says nothing of the others.
	abandoned bool
}

// NewOnce makes a Once. shared may be nil; lease is the longest that making takes,
// after which another instance may begin.
func NewOnce[T any](shared Store, lease time.Duration) *Once[T] {
	return &Once[T]{shared: shared, lease: lease, flights: map[string]*flight[T]{}}
}

// Do gives what look finds in the shared store, or else what create makes, which must
// leave it where look finds it. Without a store look is not called. The error is
// create's, look's, or that of ctx.
func (o *Once[T]) Do(ctx context.Context, key string, look func() (value T, found bool, err error), create func() (T, error)) (T, error) {
	for {
		f, ours := o.board(key)
		if ours {
			return o.lead(ctx, key, f, look, create)
		}
		select {
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		case <-f.done:
			if !f.abandoned || ctx.Err() != nil {
				return f.value, f.err
			}
		}
	}
}

// board gives the key's flight, and whether it is the caller's to lead.
func (o *Once[T]) board(key string) (f *flight[T], ours bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, flying := o.flights[key]; flying {
		return f, false
	}
	f = &flight[T]{done: make(chan struct{}), err: context.Canceled, abandoned: true} // should create panic
	o.flights[key] = f
	return f, true
}

func (o *Once[T]) lead(ctx context.Context, key string, f *flight[T], look func() (T, bool, error), create func() (T, error)) (T, error) {
	defer func() {
		o.mu.Lock()
		delete(o.flights, key)
		o.mu.Unlock()
		close(f.done)
	}()
	f.value, f.err = o.amongInstances(ctx, key, look, create)
	f.abandoned = f.err != nil && ctx.Err() != nil
	return f.value, f.err
}

func (o *Once[T]) amongInstances(ctx context.Context, key string, look func() (T, bool, error), create func() (T, error)) (T, error) {
	if o.shared == nil {
		return create()
	}
	for {
		if value, found, err := look(); found {
			return value, err
		}
		release, ours, err := o.shared.Acquire(ctx, key, o.lease)
		if err != nil {
			return create()
		}
		if ours {
			defer hurry(ctx, release)
			if value, found, err := look(); found { // made while we came for the lease
				return value, err
			}
			return create()
		}
		select {
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// hurry releases a lease in what time ctx has left, at most patience and a moment also
// when there is none: a lease that stays makes the next one wait until it ends.
func hurry(ctx context.Context, release func(context.Context)) {
	const moment, patience = 20 * time.Millisecond, 300 * time.Millisecond
	left := patience
	if end, ok := ctx.Deadline(); ok {
		left = min(max(time.Until(end), moment), patience)
	}
	if ctx.Err() != nil {
		left = moment
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), left)
	defer cancel()
	release(ctx)
}
