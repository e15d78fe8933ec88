package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/store"
)

// ErrRefused says that Kinde takes the session's refresh token no more: another
// request has rotated it, or it was revoked. Which of the two, Kinde does not
// say.
var ErrRefused = errors.New("session: the refresh token is refused")

const (
	// resultLife is how long instances find what another one's refresh gave.
	resultLife = time.Minute
	// lookAgain is the pause between two looks for another's result.
	lookAgain = 50 * time.Millisecond
	// leaseSlack is what a lease lasts beyond the upstream's own limit.
	leaseSlack = 2 * time.Second
)

// Refresher renews sessions: each refresh token once at a time in a process,
// and once in all instances where they share a store. Kinde rotates refresh
// tokens, so the second of two requests with one token would be refused.
type Refresher struct {
	grant  func(ctx context.Context, refresh string) (kinde.Grant, error)
	shared store.Store // nil: none; values sealed and keys hashed by it
	lease  time.Duration

	mu      sync.Mutex
	flights map[string]*flight
}

type flight struct {
	done   chan struct{}
	tokens Tokens
	err    error
}

// NewRefresher makes a Refresher for the application app. shared may be nil.
// timeout is the longest that one attempt upstream takes.
func NewRefresher(client *kinde.Client, app kinde.App, shared store.Store, timeout time.Duration) *Refresher {
	return &Refresher{
		grant: func(ctx context.Context, refresh string) (kinde.Grant, error) {
			return client.Refresh(ctx, app, refresh)
		},
		shared: shared, lease: timeout + leaseSlack, flights: map[string]*flight{},
	}
}

// Refresh gives the session's new tokens, which nobody has verified yet. Its
// error is ErrRefused, or the problem that the call upstream ended in, which
// says nothing about the session.
func (r *Refresher) Refresh(ctx context.Context, old Tokens) (Tokens, error) {
	r.mu.Lock()
	f, flying := r.flights[old.Refresh]
	if !flying {
		f = &flight{done: make(chan struct{})}
		r.flights[old.Refresh] = f
	}
	r.mu.Unlock()
	if flying {
		select {
		case <-f.done:
			return f.tokens, f.err
		case <-ctx.Done():
			return Tokens{}, ctx.Err()
		}
	}
	f.err = context.Canceled // should the call panic
	defer func() {
		r.mu.Lock()
		delete(r.flights, old.Refresh)
		r.mu.Unlock()
		close(f.done)
	}()
	f.tokens, f.err = r.once(ctx, old)
	return f.tokens, f.err
}

// once refreshes unless another instance does or has just done so. A store that
// is down leaves each instance to itself.
func (r *Refresher) once(ctx context.Context, old Tokens) (Tokens, error) {
	if r.shared == nil {
		return r.ask(ctx, old)
	}
	result := "refresh:" + old.Refresh
	for {
		if tokens, err, found := r.result(ctx, result); found {
			return tokens, err
		}
		release, ours, err := r.shared.Acquire(ctx, "lease:"+old.Refresh, r.lease)
		if err != nil {
			return r.ask(ctx, old)
		}
		if ours {
			defer giveBack(ctx, release)
			if tokens, err, found := r.result(ctx, result); found {
				return tokens, err
			}
			tokens, err := r.ask(ctx, old)
			r.publish(ctx, result, tokens, err)
			return tokens, err
		}
		select {
		case <-ctx.Done():
			return Tokens{}, ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// giveBack releases a lease within a moment, also when ctx has ended: the request
// has no more time than that, and the lease ends by itself.
func giveBack(ctx context.Context, release func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Millisecond)
	defer cancel()
	release(ctx)
}

// result reads what another instance's refresh gave: tokens, or nothing where
// it was refused.
func (r *Refresher) result(ctx context.Context, key string) (Tokens, error, bool) {
	value, found, err := r.shared.Get(ctx, key)
	if err != nil || !found {
		return Tokens{}, nil, false
	}
	if len(value) == 0 {
		return Tokens{}, ErrRefused, true
	}
	var tokens Tokens
	err = tokens.UnmarshalBinary(value)
	return tokens, nil, err == nil
}

// publish tells the other instances. A store that is down loses the sharing
// alone.
func (r *Refresher) publish(ctx context.Context, key string, tokens Tokens, err error) {
	switch {
	case err == nil:
		if value, err := tokens.MarshalBinary(); err == nil {
			_ = r.shared.Set(ctx, key, value, resultLife)
		}
	case errors.Is(err, ErrRefused):
		_ = r.shared.Set(ctx, key, nil, resultLife)
	}
}

func (r *Refresher) ask(ctx context.Context, old Tokens) (Tokens, error) {
	grant, err := r.grant(ctx, old.Refresh)
	if errors.Is(err, kinde.ErrInvalidGrant) {
		return Tokens{}, errors.Join(ErrRefused, err)
	}
	if err != nil {
		return Tokens{}, err
	}
	renewed := Tokens{Access: grant.Access, Refresh: grant.Refresh}
	if renewed.Refresh == "" {
		renewed.Refresh = old.Refresh // RFC 6749 section 6: then the old one stays
	}
	return renewed, nil
}
