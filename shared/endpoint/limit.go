package endpoint

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/ratelimit"
)

// Limiter counts requests. It is an interface so that a binary without limited rows links
// no limiter.
type Limiter interface {
	// take counts a request of caller and writes the remaining quota to h. The request may pass
	// if wait is zero.
	take(ctx context.Context, caller string, h http.Header) (wait time.Duration)
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

// limit counts a request to a limited row against its caller: a user, or the address if
// no user has been identified.
func (x *exchange) limit(r *http.Request, caller auth.Caller) error {
	if !x.row.Limited {
		return nil
	}
	if caller.Subject != "" {
		return x.count(r.Context(), "sub:"+caller.Subject)
	}
	return x.count(r.Context(), "ip:"+network(r.RemoteAddr))
}

func (x *exchange) count(ctx context.Context, caller string) error {
	wait := x.services.limiter.take(ctx, caller, x.header)
	if wait == 0 {
		return nil
	}
	p := problem.New(problem.RateLimited, nil)
	p.RetryAfter = wait
	return p
}

// CountAddress counts a request against the address that it comes from, on a row that is
// not limited: where only the handler can tell which requests count. The error is
// problem.RateLimited.
func (r *Request) CountAddress(ctx context.Context) error {
	return r.exchange.count(ctx, "ip:"+network(r.HTTP.RemoteAddr))
}

// Count counts a request against a key of the handler's choice, under the function's
// RATE_LIMIT. The error is problem.RateLimited.
func (r *Request) Count(ctx context.Context, key string) error {
	return r.exchange.count(ctx, "key:"+key)
}

// network is what an address counts as: itself, or for IPv6 the /64, of which one
// household has as many addresses as it likes. Requests without an address share a count.
func network(remote string) string {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		with, err := netip.ParseAddrPort(remote)
		if err != nil {
			return "unknown"
		}
		addr = with.Addr()
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, _ := addr.Prefix(64) // an IPv6 address has one
	return prefix.String()
}
