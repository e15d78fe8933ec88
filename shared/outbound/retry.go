package outbound

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	maxRetries = 2
	// firstPause is the mean wait before the first retry; it doubles.
	firstPause = 100 * time.Millisecond
	// leastRoom is the time an attempt needs to be worth making.
	leastRoom = 150 * time.Millisecond
	// longestWait bounds what an upstream may ask a caller to wait.
	longestWait = time.Hour
)

// pause decides whether a call is made again, and how long the upstream is to be
// left alone first: reads alone are, at most twice, after a failed connection, 429, 502, 503 or 504, with
// jitter, no sooner than Retry-After says, and only when the context leaves
// room for the wait and another attempt. The wait is also due when the call is
// not made again.
func pause(ctx context.Context, method string, attempt int, resp *Response, err error) (time.Duration, bool) {
	wait := jitter(firstPause << attempt)
	passing := errors.Is(err, errConnection)
	if err == nil {
		switch resp.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			passing = true
			wait = max(wait, resp.RetryAfter(time.Now()))
		}
	}
	if !passing || method != http.MethodGet || attempt >= maxRetries || ctx.Err() != nil {
		return wait, false
	}
	end, ok := ctx.Deadline()
	return wait, ok && time.Until(end) >= wait+leastRoom
}

// jitter spreads mean over half to one and a half of itself, so that instances
// that failed together do not come back together.
func jitter(mean time.Duration) time.Duration {
	return mean/2 + rand.N(mean)
}

// RetryAfter is how long the upstream asks us to wait: Retry-After in seconds
// or as a date (RFC 9110 section 10.2.3), else RateLimit-Reset in seconds, else
// zero. At most an hour.
func (r *Response) RetryAfter(now time.Time) time.Duration {
	value := r.Header.Get("Retry-After")
	if value == "" {
		value = r.Header.Get("RateLimit-Reset")
	}
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, longestWait)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), longestWait)
	}
	return 0
}
