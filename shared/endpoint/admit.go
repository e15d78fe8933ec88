package endpoint

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"kinde-functions/shared/problem"
)

// Limiter counts who has called how often; Shared.Limiter makes one. It is an
// interface so that a binary without limited rows links none of it.
type Limiter interface {
	// take counts a request of caller and puts what is left to them into h. wait is
	// how long they must wait; zero: the request may pass.
	take(ctx context.Context, caller string, h http.Header) (wait time.Duration)
}

// limit counts a request to a limited row against its caller: a person, or the
// address when nobody has been verified.
func (x *exchange) limit(r *http.Request, caller Caller) error {
	if !x.row.Limited {
		return nil
	}
	if caller.Subject != "" {
		return x.count(r.Context(), "sub:"+caller.Subject)
	}
	return x.count(r.Context(), "ip:"+network(r.RemoteAddr))
}

func (x *exchange) count(ctx context.Context, who string) error {
	wait := x.limiter.take(ctx, who, x.out)
	if wait == 0 {
		return nil
	}
	p := problem.New(problem.RateLimited, nil)
	p.RetryAfter = wait
	return p
}

// CountAddress counts a request against the address that it comes from, on a row that
// is not limited, in a function that has a Limiter: where only the handler can tell
// which requests are to be counted. Its error is problem.RateLimited.
func (r *Request) CountAddress(ctx context.Context) error {
	return r.exchange.count(ctx, "ip:"+network(r.HTTP.RemoteAddr))
}

// network is whom an address counts as: itself, or of IPv6 the /64, of which one
// household has as many addresses as it likes. Without one, all share a count.
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

// admit applies what a verified caller must meet besides: the row's limit, then the
// handler's scopes (RFC 6750 section 3.1).
func (x *exchange) admit(r *http.Request, caller Caller) error {
	if err := x.limit(r, caller); err != nil {
		return err
	}
	for _, scope := range x.row.Scopes {
		if !slices.Contains(caller.Scopes, scope) {
			p := problem.New(problem.InsufficientScope, nil)
			p.Challenge += `, scope="` + strings.Join(x.row.Scopes, " ") + `"`
			return p
		}
	}
	return nil
}
