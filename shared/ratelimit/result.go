package ratelimit

import (
	"fmt"
	"net/http"
	"time"

	"github.com/throttled/throttled/v2"
)

// Result is what Take decided and the state of the caller's quota after it. All but
// Allowed is zero when there is no limit.
type Result struct {
	Allowed   bool
	Limit     int           // requests that pass at once when none has been made
	Remaining int           // requests that would pass now
	Reset     time.Duration // until Remaining is Limit
	// RetryAfter is the time until one more request passes: zero while some remain.
	RetryAfter time.Duration

	window time.Duration
}

func (p Policy) result(refused bool, state throttled.RateLimitResult) Result {
	r := Result{Allowed: !refused, Limit: p.Requests, Remaining: state.Remaining, Reset: state.ResetAfter, window: p.Window}
	if r.Remaining == 0 {
		r.RetryAfter = r.Reset - (p.window() - p.period())
	}
	return r
}

// spent is the refusal of somebody who has just used everything up.
func (p Policy) spent() Result {
	return Result{Limit: p.Requests, Reset: p.window(), RetryAfter: p.period(), window: p.Window}
}

// SetHeader writes the fields of draft-ietf-httpapi-ratelimit-headers-10, and leaves
// Retry-After to whoever refuses. Times are in whole seconds, rounded up, so that no
// one who heeds them comes too early.
//
// t, "until additional quota is made available", is Reset while some remains and
// RetryAfter when none does. Any of them would be true, as quota comes back one by
// one; but clients are to make at most r requests before t, and to take r/t for the
// rate, so a t that ends with the next one would invite them to spend everything at
// once. Nor may Retry-After name an earlier time than t.
func (r Result) SetHeader(h http.Header) {
	if r.Limit == 0 {
		return
	}
	t := seconds(r.Reset)
	if r.Remaining == 0 {
		t = max(1, seconds(r.RetryAfter))
	}
	h.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, r.Limit, seconds(r.window)))
	h.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, r.Remaining, t))
}

func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
