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
	// firstPause is the mean wait before the first retry. It doubles.
	firstPause = 100 * time.Millisecond
	// leastRoom is the least time for which an attempt is worthwhile.
	leastRoom = 150 * time.Millisecond
	// longestWait bounds Retry-After.
	longestWait = time.Hour
)

// pause decides whether a call is retried, and how long to wait first. Only reads
// are retried, at most twice, after a failed connection, 429, 502, 503 or 504,
// with jitter, not before Retry-After, and only when the context leaves time for
// the wait and another attempt. The wait also applies to other calls of the same
// request when this one is not retried.
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

// jitter returns a random duration between half and one and a half of mean, so
// that instances that failed together do not retry together.
func jitter(mean time.Duration) time.Duration {
	return mean/2 + rand.N(mean)
}

// RetryAfter returns how long the upstream asks to wait: Retry-After in seconds
// or as a date (RFC 9110, section 10.2.3), otherwise RateLimit-Reset in seconds,
// otherwise zero. It is at most an hour.
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
