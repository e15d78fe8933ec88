package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/store"
)

const (
	// kept is how long an event counts as handled. After that it is too old.
	kept = maxAge + leeway + time.Minute
	// maxKept is how many events an instance without a shared store remembers, at about
	// 250 bytes each.
	maxKept = 10_000
	// longest bounds the time in which one event is handled, where the request has no
	// deadline.
	longest = 15 * time.Second
	// again is the Retry-After of an event that has not been handled: Kinde's first pause.
	again = 5 * time.Second
)

var errUnderWay = errors.New("the event is being handled by another request")

// record remembers which events have been handled: for all instances where they share a
// store, else in this one.
type record struct{ store store.Store }

func newRecord(shared store.Store) record {
	if shared == nil {
		shared = store.NewMemory(maxKept, nil)
	}
	return record{shared}
}

// once calls handle unless the event has been handled before. If handle fails, the event
// counts as not handled.
func (rec record) once(ctx context.Context, id string, handle func() error) error {
	key := "webhook:" + id
	if _, done, err := rec.store.Get(ctx, key); done || err != nil {
		return notHandled(err)
	}
	release, ok, err := rec.store.Acquire(ctx, key, lease(ctx))
	if !ok {
		return notHandled(cmp.Or(err, errUnderWay))
	}
	defer store.ReleaseSoon(ctx, release)
	if _, done, err := rec.store.Get(ctx, key); done || err != nil { // another request was faster
		return notHandled(err)
	}
	if err := handle(); err != nil {
		return err
	}
	return notHandled(rec.store.Set(ctx, key, []byte("1"), kept))
}

// lease is how long an event may be under way: as long as its request.
func lease(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return longest
	}
	return max(time.Until(deadline), 0) + time.Second
}

// notHandled is the problem of an event that Kinde must send again; nil for nil.
func notHandled(cause error) error {
	if cause == nil {
		return nil
	}
	p := problem.New(problem.Unavailable, cause)
	p.RetryAfter = again
	return p
}
