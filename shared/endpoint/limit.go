package endpoint

import (
	"context"
	"net/http"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/ratelimit"
)

// Limiter makes a function's Limiter by RATE_LIMIT. Instances count together where
// they share a store.
func (sh *Shared) Limiter(s *config.Settings, function string) (Limiter, error) {
	var hash func(string) string
	if sh.limits != nil {
		hash = sh.names.First
	}
	l, err := ratelimit.New(ratelimit.Policy(s.RateLimit), function, sh.limits, hash)
	return limiter{l}, err
}

type limiter struct{ *ratelimit.Limiter }

func (l limiter) take(ctx context.Context, caller string, h http.Header) (wait time.Duration) {
	result := l.Take(ctx, caller)
	result.SetHeader(h)
	if result.Allowed {
		return 0
	}
	return max(result.RetryAfter, time.Second)
}
