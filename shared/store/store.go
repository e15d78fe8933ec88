// Package store keeps the few values that instances of a function may share, in
// memory or in a Redis: who refreshes a session now, which sign-outs to remember,
// a machine-to-machine token that many cold starts may use, how often somebody has
// called.
//
// It defends a request against its store. One that is slow, gone, wrong or hostile
// costs it a bounded time (Redis) and only now and then (Breaker), a bounded number
// of bytes each way (MaxValue), and never more than the sharing: every failure is
// ErrDown, on which callers go on alone. It defends values against whoever reads
// the Redis (Sealed), and the log against keys, values and passwords, which no
// error here holds.
//
// Time is wall time, here and in the Redis: a Lambda function is frozen between
// requests, and the monotonic clock with it.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MaxValue is the most bytes a value may have, as the innermost store gets it.
const MaxValue = 64 << 10

// maxKey is the most bytes a key may have.
const maxKey = 1 << 10

// ErrDown is what every failure of the network and every answer that is not a
// Redis's wraps: go on without the store. An error that does not wrap it is the
// caller's own: its context ended (and wraps that), or what it gave is refused.
var ErrDown = errors.New("store: down")

// Store keeps values for a while, each under a key. Leases have keys of their own:
// a value and a lease may have the same one. It is safe for concurrent use.
type Store interface {
	// Get gives the value last set under key, found false when there is none or
	// its time is over. The value is the caller's to change.
	Get(ctx context.Context, key string) (value []byte, found bool, err error)

	// Set keeps value, of at most MaxValue bytes, under key for ttl, which must be
	// above zero.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Delete removes the value under key, if there is one.
	Delete(ctx context.Context, key string) error

	// Acquire takes the lease named key for ttl, which must be above zero, unless
	// somebody holds it: then ok is false and release nil. release gives it back if
	// it is still ours, and does nothing when it has ended or been taken since; it
	// needs a context that has not ended. After an error the lease may be held
	// until ttl is over, by nobody.
	Acquire(ctx context.Context, key string, ttl time.Duration) (release func(context.Context), ok bool, err error)
}

// check refuses what no store takes.
func check(key string, value []byte, ttl time.Duration) error {
	switch {
	case len(key) > maxKey:
		return fmt.Errorf("store: key has over %d bytes", maxKey)
	case len(value) > MaxValue:
		return fmt.Errorf("store: value has over %d bytes", MaxValue)
	case ttl <= 0:
		return errors.New("store: ttl is not above zero")
	}
	return nil
}
