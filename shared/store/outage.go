package store

import (
	"errors"
	"sync"
	"time"
)

// outagePause is how long a Redis that failed is not called again. It is longer than
// one call may take.
const outagePause = 5 * time.Second

// outage spares requests the wait for a Redis that is known to be down. During an
// outage one call in each outagePause reaches the Redis.
type outage struct {
	mu    sync.Mutex
	on    bool
	retry time.Time // wall time of the next call that may reach the Redis
}

// allow reports whether a call may reach the Redis.
func (o *outage) allow() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now().Round(0)
	// A wait longer than the pause means that the clock was set back.
	if wait := o.retry.Sub(now); o.on && wait > 0 && wait <= outagePause {
		return false
	}
	o.retry = now.Add(outagePause)
	return true
}

// record takes the result of a call and reports whether an outage began with it.
func (o *outage) record(err error) (began bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err == nil:
		o.on = false
	case errors.Is(err, ErrUnavailable):
		began, o.on = !o.on, true
		o.retry = time.Now().Round(0).Add(outagePause)
	}
	return began
}
