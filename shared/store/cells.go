package store

import (
	"context"
	"errors"
	"time"
)

// Cells keeps numbers for a while, each under a key, for those who count: a number
// is read and then changed only if nobody else has changed it meanwhile. They have
// keys of their own, beside values and leases. It is safe for concurrent use.
//
// The methods are those that the limiter of github.com/throttled/throttled asks of
// its store.
type Cells interface {
	// GetWithTime gives the number under key, -1 when there is none or its time is
	// over, and the time by the store's own clock: the same for all that share it.
	GetWithTime(ctx context.Context, key string) (number int64, now time.Time, err error)

	// SetIfNotExistsWithTTL keeps number under key for ttl unless there is one. Both
	// must be above zero.
	SetIfNotExistsWithTTL(ctx context.Context, key string, number int64, ttl time.Duration) (set bool, err error)

	// CompareAndSwapWithTTL keeps new under key for ttl if old is there. Both new
	// and ttl must be above zero.
	CompareAndSwapWithTTL(ctx context.Context, key string, old, new int64, ttl time.Duration) (swapped bool, err error)
}

// Shared is all that instances may share: what a Redis is, and a Memory.
type Shared interface {
	Store
	Cells
}

// none is what GetWithTime gives for no number.
const none = -1

// checkCell refuses what no cell takes.
func checkCell(key string, number int64, ttl time.Duration) error {
	if number <= 0 { // it could be none
		return errors.New("store: number is not above zero")
	}
	return check(key, nil, ttl)
}
