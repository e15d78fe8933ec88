package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/store"
)

const (
	// maxFlows is how many flows one instance remembers, at about 300 bytes each.
	maxFlows = 10_000
	// defaultInterval is the interval of an unknown flow, and slowDown is what each
	// slow_down adds to an interval (RFC 8628 sections 3.2 and 3.5).
	defaultInterval = 5 * time.Second
	slowDown        = 5 * time.Second
	// remembered is how long a flow is remembered after its end.
	remembered = time.Hour
	// grace is how much less than an interval after the last poll a poll may come, a tenth
	// of the interval at most: the polls of a ticker vary by the network. It then waits
	// until Kinde accepts it, for maxWait at most.
	grace   = 500 * time.Millisecond
	maxWait = 2 * time.Second
	// margin is the error of clocks and timers.
	margin = 10 * time.Millisecond
)

// pace allows one poll of a device code in each interval: in this instance and in all
// instances that share a store.
type pace struct {
	shared store.Store // nil: none
	own    store.Store
}

// flow is what is remembered of a device code that Kinde has accepted.
type flow struct {
	Interval time.Duration
	Ends     time.Time // zero: unknown
	Next     time.Time // Kinde accepts the next poll, an interval after its last response
}

// begin remembers a new flow.
func (p pace) begin(ctx context.Context, g kinde.DeviceGrant) {
	f := flow{Interval: g.Interval}
	if g.Life > 0 {
		f.Ends = time.Now().Round(0).Add(g.Life)
	}
	p.keep(ctx, g.Code, f)
}

// admit returns nil if a poll may be sent to Kinde, kinde.ErrSlowDown if it comes within
// the interval, and kinde.ErrExpiredToken if the flow has ended.
func (p pace) admit(ctx context.Context, code string) error {
	f, _ := p.find(ctx, code)
	if !f.Ends.IsZero() && !time.Now().Before(f.Ends) {
		return kinde.ErrExpiredToken
	}
	wait := time.Until(f.Next)
	if wait > f.Interval { // another instance has another clock
		wait = 0
	}
	if wait > maxWait {
		return kinde.ErrSlowDown
	}
	for _, s := range p.stores() {
		_, ok, err := s.Acquire(ctx, "poll:"+store.Digest(code), f.Interval-min(grace, f.Interval/10))
		switch {
		case errors.Is(err, store.ErrUnavailable): // each instance for itself
		case ctx.Err() != nil:
			return problem.New(problem.UpstreamTimeout, ctx.Err())
		case err != nil || !ok: // an error means that too many flows are polled
			return kinde.ErrSlowDown
		}
	}
	if wait <= 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return problem.New(problem.UpstreamTimeout, ctx.Err())
	case <-time.After(wait + margin):
		return nil
	}
}

// note remembers Kinde's response to a poll. A code that Kinde does not know is not
// remembered, so that each poll with it counts against the caller's address.
func (p pace) note(ctx context.Context, code string, err error) {
	f, known := p.find(ctx, code)
	now := time.Now().Round(0)
	switch {
	case errors.Is(err, kinde.ErrAuthorizationPending):
	case errors.Is(err, kinde.ErrSlowDown):
		f.Interval += slowDown
	case err == nil, errors.Is(err, kinde.ErrAccessDenied), known && errors.Is(err, kinde.ErrExpiredToken):
		f.Ends = now
	default:
		return
	}
	f.Next = now.Add(f.Interval)
	p.keep(ctx, code, f)
}

func (p pace) stores() []store.Store {
	if p.shared == nil {
		return []store.Store{p.own}
	}
	return []store.Store{p.own, p.shared}
}

// find returns what is remembered of a code. Of what this instance and the others
// remember it returns the stricter: each may have missed something.
func (p pace) find(ctx context.Context, code string) (f flow, known bool) {
	for _, s := range p.stores() {
		var other flow
		value, found, err := s.Get(ctx, "flow:"+store.Digest(code))
		if err != nil || !found || json.Unmarshal(value, &other) != nil {
			continue
		}
		known = true
		f.Interval = max(f.Interval, other.Interval)
		if other.Next.After(f.Next) {
			f.Next = other.Next
		}
		if f.Ends.IsZero() || !other.Ends.IsZero() && other.Ends.Before(f.Ends) {
			f.Ends = other.Ends
		}
	}
	if !known {
		f.Interval = defaultInterval
	}
	return f, known
}

func (p pace) keep(ctx context.Context, code string, f flow) {
	value, err := json.Marshal(f)
	if err != nil {
		return
	}
	for _, s := range p.stores() {
		// A failure leaves the flow to the other store.
		_ = s.Set(ctx, "flow:"+store.Digest(code), value, max(time.Until(f.Ends), 0)+remembered)
	}
}
