// Package store keeps values and leases that the instances of a function share, in
// Redis, or in the memory of one process.
//
// It defends a request against its store: every call is bounded in time, an outage
// is remembered so that the next calls do not wait for it, and every failure is
// ErrUnavailable, on which callers continue without the store. Sealed defends the
// values against those who can read or write the Redis. No error holds a key, a
// value or a password.
//
// Times are wall time. The monotonic clock of a Lambda function stops while the
// function is frozen between requests.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// MaxValue is the size limit of a value in bytes.
const MaxValue = 64 << 10

// ErrUnavailable means that the store failed. The caller continues without it.
// An error of the caller's own context does not wrap ErrUnavailable.
var ErrUnavailable = errors.New("store: unavailable")

// Store keeps values and leases, each for a limited time. A value and a lease may
// have the same key. A Store is safe for concurrent use.
type Store interface {
	// Get returns the value last set under key. found is false if there is none or
	// its time has passed.
	Get(ctx context.Context, key string) (value []byte, found bool, err error)

	// Set keeps value under key for ttl, which must be positive.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Acquire takes the lease named key for ttl, which must be positive. ok is false
	// and release is nil if the lease is held. release gives the lease back if it is
	// still the caller's. After an error the lease may be held until ttl has passed.
	Acquire(ctx context.Context, key string, ttl time.Duration) (release func(context.Context), ok bool, err error)
}

// Digest returns a short name for a secret in a key, which does not reveal the secret.
func Digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Evaluator runs a Lua script on one key atomically. Redis implements it.
type Evaluator interface {
	Eval(ctx context.Context, script, key string, args ...any) ([]int64, error)
}

// validate reports what no Store accepts.
func validate(value []byte, ttl time.Duration) error {
	if len(value) > MaxValue {
		return fmt.Errorf("store: value is longer than %d bytes", MaxValue)
	}
	if ttl <= 0 {
		return errors.New("store: ttl is not positive")
	}
	return nil
}
