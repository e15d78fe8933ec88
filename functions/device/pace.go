package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/store"
)

const (
	// maxFlows is how many flows one instance remembers: about 200 bytes each.
	maxFlows = 10_000
	// usualInterval is taken for a flow that nobody here remembers, and slower what
	// each slow_down adds (RFC 8628 sections 3.2 and 3.5).
	usualInterval = 5 * time.Second
	slower        = 5 * time.Second
	// remembered is how long a flow is known to have ended, at least.
	remembered = time.Hour
)

// pace lets one poll for a device code through in each interval, in this instance
// and, where instances share a store, in all of them.
type pace struct {
	shared store.Store // nil: none
	own    store.Store
}

// flow is what is remembered of a device code.
type flow struct {
	Interval time.Duration
	Ends     time.Time
}

// begin remembers a flow's interval and end.
func (p pace) begin(ctx context.Context, g kinde.DeviceGrant) {
	f := flow{Interval: g.Interval}
	if g.Life > 0 {
		f.Ends = time.Now().Round(0).Add(g.Life)
	}
	p.keep(ctx, g.Code, f)
}

// admit lets a poll through, or says why not: kinde.ErrSlowDown when it comes within
// the interval, kinde.ErrExpiredToken when the flow has ended. The interval begins
// when the poll comes in, and a device waits after the answer, so one that keeps to
// it is never turned away.
func (p pace) admit(ctx context.Context, code string) error {
	f, _ := p.find(ctx, code)
	if !f.Ends.IsZero() && !time.Now().Before(f.Ends) {
		return kinde.ErrExpiredToken
	}
	for _, s := range p.stores() {
		_, ours, err := s.Acquire(ctx, "poll:"+hash(code), f.Interval)
		switch {
		case errors.Is(err, store.ErrDown): // each instance by itself
		case ctx.Err() != nil:
			return problem.New(problem.UpstreamTimeout, ctx.Err())
		case err != nil || !ours: // an error: more are polling than can be remembered
			return kinde.ErrSlowDown
		}
	}
	return nil
}

// note remembers what Kinde's answer to a poll changes. Codes that Kinde does not
// know would fill the store.
func (p pace) note(ctx context.Context, code string, err error) {
	f, known := p.find(ctx, code)
	switch {
	case errors.Is(err, kinde.ErrSlowDown):
		f.Interval += slower
	case err == nil, errors.Is(err, kinde.ErrAccessDenied), known && errors.Is(err, kinde.ErrExpiredToken):
		f.Ends = time.Now().Round(0)
	default:
		return
	}
	p.keep(ctx, code, f)
}

// stores are where flows are remembered: in this instance first, which costs
// nothing.
func (p pace) stores() []store.Store {
	if p.shared == nil {
		return []store.Store{p.own}
	}
	return []store.Store{p.own, p.shared}
}

// find gives what is remembered of a code, by all instances rather than by this one;
// of an unknown code the usual.
func (p pace) find(ctx context.Context, code string) (f flow, known bool) {
	for _, s := range slices.Backward(p.stores()) {
		if value, found, err := s.Get(ctx, "flow:"+hash(code)); err == nil && found && json.Unmarshal(value, &f) == nil {
			return f, true
		}
	}
	return flow{Interval: usualInterval}, false
}

func (p pace) keep(ctx context.Context, code string, f flow) {
	value, err := json.Marshal(f)
	if err != nil {
		return
	}
	for _, s := range p.stores() {
		_ = s.Set(ctx, "flow:"+hash(code), value, max(time.Until(f.Ends), 0)+remembered) // down: this instance alone knows
	}
}

// hash is what a code is remembered by: short, and no credential.
func hash(code string) string {
	digest := sha256.Sum256([]byte(code))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
