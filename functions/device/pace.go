package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/store"
)

const (
	// maxFlows is how many flows one instance remembers: about 300 bytes each.
	maxFlows = 10_000
	// usualInterval is taken for a flow that nobody here remembers, and slower what
	// each slow_down adds (RFC 8628 sections 3.2 and 3.5).
	usualInterval = 5 * time.Second
	slower        = 5 * time.Second
	// remembered is how long a flow is known to have ended, and stranger how long one
	// is remembered that did not begin here.
	remembered = time.Hour
	stranger   = 2 * time.Minute
	// grace is how much too early a poll may come: it waits here for that long. Devices
	// that poll by a ticker would else be told to slow down for a network's jitter.
	grace = 500 * time.Millisecond
	// margin is what clocks and timers may be wrong by.
	margin = 10 * time.Millisecond
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
	Ends     time.Time // zero: not known
	Polled   time.Time // when a poll was last let through
	Answered time.Time // when Kinde had last answered one
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
// the interval, kinde.ErrExpiredToken when the flow has ended.
func (p pace) admit(ctx context.Context, code string) error {
	f, _ := p.find(ctx, code)
	if !f.Ends.IsZero() && !time.Now().Before(f.Ends) {
		return kinde.ErrExpiredToken
	}
	switch early := time.Until(f.Polled.Add(f.Interval)); {
	case early > f.Interval: // another clock's word: the lease decides
	case early > min(grace, f.Interval/10):
		return kinde.ErrSlowDown
	default:
		if err := f.sitOut(ctx, early); err != nil {
			return err
		}
	}
	for _, s := range p.stores() {
		_, ours, err := s.Acquire(ctx, "poll:"+hash(code), f.Interval)
		switch {
		case errors.Is(err, store.ErrUnavailable): // each instance by itself
		case ctx.Err() != nil:
			return problem.New(problem.UpstreamTimeout, ctx.Err())
		case err != nil || !ours: // an error: more are polling than can be remembered
			return kinde.ErrSlowDown
		}
	}
	f.Polled = time.Now().Round(0)
	p.keep(ctx, code, f)
	return nil
}

// sitOut waits for the end of the interval. The next poll may be quicker on its way to
// Kinde than the last one was, so that the interval counts from Kinde's answer.
func (f flow) sitOut(ctx context.Context, early time.Duration) error {
	wait := early
	if left := time.Until(f.Answered.Add(f.Interval)); left <= f.Interval { // more is another clock's word
		wait = max(wait, left)
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

// note remembers what Kinde's answer to a poll changes. A code that neither began here
// nor is known at Kinde is soon forgotten.
func (p pace) note(ctx context.Context, code string, err error) {
	f, _ := p.find(ctx, code)
	f.Answered = time.Now().Round(0)
	switch {
	case errors.Is(err, kinde.ErrAuthorizationPending):
	case errors.Is(err, kinde.ErrSlowDown):
		f.Interval += slower
	case err == nil, errors.Is(err, kinde.ErrAccessDenied), errors.Is(err, kinde.ErrExpiredToken) && !f.Ends.IsZero():
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

// find gives what is remembered of a code, here or by all instances: of both the
// stricter, since either may have missed something. Of an unknown code the usual.
func (p pace) find(ctx context.Context, code string) (f flow, known bool) {
	f.Interval = usualInterval
	for _, s := range p.stores() {
		var have flow
		value, found, err := s.Get(ctx, "flow:"+hash(code))
		if err != nil || !found || json.Unmarshal(value, &have) != nil {
			continue
		}
		if !known {
			f, known = have, true
			continue
		}
		f.Interval = max(f.Interval, have.Interval)
		if have.Polled.After(f.Polled) {
			f.Polled = have.Polled
		}
		if have.Answered.After(f.Answered) {
			f.Answered = have.Answered
		}
		if f.Ends.IsZero() || !have.Ends.IsZero() && have.Ends.Before(f.Ends) {
			f.Ends = have.Ends
		}
	}
	return f, known
}

func (p pace) keep(ctx context.Context, code string, f flow) {
	value, err := json.Marshal(f)
	if err != nil {
		return
	}
	life := stranger
	if !f.Ends.IsZero() {
		life = max(time.Until(f.Ends), 0) + remembered
	}
	for _, s := range p.stores() {
		_ = s.Set(ctx, "flow:"+hash(code), value, life) // down: this instance alone knows
	}
}

// hash is what a code is remembered by: short, and no credential.
func hash(code string) string {
	digest := sha256.Sum256([]byte(code))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
