package ratelimit

import (
	"net/http"
	"reflect"
	"testing"
	"time"
)

func TestHeaders(t *testing.T) {
	const s = time.Second
	for name, row := range map[string]struct {
		result        Result
		policy, limit string
	}{
		"the first": {Result{true, 100, 99, 9 * s, 0, 900 * s}, `"default";q=100;w=900`, `"default";r=99;t=9`},
		"half":      {Result{true, 100, 50, 450 * s, 0, 900 * s}, `"default";q=100;w=900`, `"default";r=50;t=450`},
		"the last":  {Result{true, 100, 0, 900 * s, 9 * s, 900 * s}, `"default";q=100;w=900`, `"default";r=0;t=9`},
		"refused":   {Result{false, 100, 0, 899 * s, 8 * s, 900 * s}, `"default";q=100;w=900`, `"default";r=0;t=8`},
		"rounded up": {Result{false, 3, 0, 3*s - 1, 7*s + 1, 1500 * time.Millisecond}, `"default";q=3;w=2`,
			`"default";r=0;t=8`},
		"a moment":         {Result{false, 5000, 0, s, 1, s}, `"default";q=5000;w=1`, `"default";r=0;t=1`},
		"no wait, refused": {Result{false, 5, 0, 0, 0, s}, `"default";q=5;w=1`, `"default";r=0;t=1`},
		"a day, a million": {Result{true, 1_000_000, 1, 86400 * s, 0, 86400 * s}, `"default";q=1000000;w=86400`,
			`"default";r=1;t=86400`},
		"a fraction to go":  {Result{true, 5000, 4999, 1, 0, s}, `"default";q=5000;w=1`, `"default";r=4999;t=1`},
		"without any limit": {Result{Allowed: true}, "", ""},
	} {
		h, want := http.Header{"Vary": {"Origin"}}, http.Header{"Vary": {"Origin"}}
		row.result.SetHeader(h)
		for field, value := range map[string]string{"RateLimit-Policy": row.policy, "RateLimit": row.limit} {
			if value != "" {
				want.Set(field, value)
			}
		}
		if !reflect.DeepEqual(h, want) {
			t.Errorf("%s: got %v, want %v", name, h, want)
		}
	}
}

// A request after RetryAfter is allowed, and one before it is not.
func TestRetryAfterIsExact(t *testing.T) {
	for _, policy := range []Policy{quarter, {1, time.Second}, {7, 10 * time.Second}, {999_983, 24 * time.Hour}} {
		c := newClock()
		l := limiter(t, policy, nil, c)
		passed(t, l, "sub:kp_1", policy.Requests)
		for range 20 {
			r := l.Take(t.Context(), "sub:kp_1")
			if r.Allowed || r.RetryAfter <= 0 || r.RetryAfter > policy.period() {
				t.Fatalf("%v: got %+v, want a refusal of at most %v", policy, r, policy.period())
			}
			c.move(r.RetryAfter - 1)
			if r := l.Take(t.Context(), "sub:kp_1"); r.Allowed {
				t.Errorf("%v: got %+v before RetryAfter, want a refusal", policy, r)
			}
			c.move(1)
			if r := l.Take(t.Context(), "sub:kp_1"); !r.Allowed {
				t.Errorf("%v: got %+v after RetryAfter, want allowed", policy, r)
			}
		}
	}
}
