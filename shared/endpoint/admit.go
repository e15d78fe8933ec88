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

// Limiter counts who has called how often; Limit makes one. It is an interface so
// that a binary without limited rows links none of it.
type Limiter interface {
	// take counts a request of caller and puts what is left to them into h. wait is
	// how long they must wait; zero: the request may pass.
	take(ctx context.Context, caller string, h http.Header) (wait time.Duration)
}

// limit counts a request to a limited row against its caller: a person, or the
// address when nobody has been verified.
func (e *endpoint) limit(x *exchange, r *http.Request, caller Caller) error {
	if !x.row.Limited {
		return nil
	}
	who := "ip:" + network(r.RemoteAddr)
	if caller.Subject != "" {
		who = "sub:" + caller.Subject
	}
	if wait := e.limiter.take(r.Context(), who, x.out); wait > 0 {
		p := problem.New(problem.RateLimited, nil)
		p.RetryAfter = wait
		return p
	}
	return nil
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
func (e *endpoint) admit(x *exchange, r *http.Request, caller Caller) error {
	if err := e.limit(x, r, caller); err != nil {
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
