package ratelimit

import (
	"fmt"
	"net/http"
	"time"
)

// Result is the decision of Take and the caller's quota after it. All but Allowed is
// zero where there is no limit.
type Result struct {
	Allowed   bool
	Limit     int           // requests in a whole quota
	Remaining int           // requests that would be allowed now
	Reset     time.Duration // until Remaining is Limit
	// RetryAfter is the time until one more request is allowed: zero while some remain.
	RetryAfter time.Duration

	window time.Duration
}

func (p Policy) result(allowed bool, used time.Duration) Result {
	r := Result{Allowed: allowed, Limit: p.Requests, Reset: used, window: p.Window}
	r.Remaining = int((p.window() - used) / p.period())
	if r.Remaining == 0 {
		r.RetryAfter = used - (p.window() - p.period())
	}
	return r
}

// SetHeader sets the fields of draft-ietf-httpapi-ratelimit-headers-10. Retry-After is
// left to the response that refuses. Times are whole seconds, rounded up, so that a
// client that follows them does not come too early.
//
// t is "until additional quota is made available". Clients are to make at most r
// requests before t and to take r/t for the rate. So t is Reset while some requests
// remain: the time of the next one would invite clients to use everything at once.
// With none remaining, t is RetryAfter, which must not be earlier than t.
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
