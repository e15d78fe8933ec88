package session

import (
	"context"
	"errors"
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
	// leaseSlack is what a lease lasts beyond the upstream's own limit.
	leaseSlack = 2 * time.Second
)

// Refresher renews sessions: each refresh token once at a time in a process,
// and once in all instances where they share a store. Kinde rotates refresh
// tokens, so the second of two requests with one token would be refused.
type Refresher struct {
	grant  func(ctx context.Context, refresh string) (kinde.Grant, error)
	shared store.Store // nil: none; values sealed and keys hashed by it
	once   *store.Once[Tokens]
}

// NewRefresher makes a Refresher for the application app. shared may be nil.
// timeout is the longest that one attempt upstream takes.
func NewRefresher(client *kinde.Client, app kinde.App, shared store.Store, timeout time.Duration) *Refresher {
	return &Refresher{
		grant: func(ctx context.Context, refresh string) (kinde.Grant, error) {
			return client.Refresh(ctx, app, refresh)
		},
		shared: shared, once: store.NewOnce[Tokens](shared, timeout+leaseSlack),
	}
}

// Refresh gives the session's new tokens, which nobody has verified yet. Its
// error is ErrRefused, or the problem that the call upstream ended in, which
// says nothing about the session.
func (r *Refresher) Refresh(ctx context.Context, old Tokens) (Tokens, error) {
	result := "refresh:" + old.Refresh
	return r.once.Do(ctx, "lease:"+old.Refresh,
		func() (Tokens, bool, error) { return r.result(ctx, result) },
		func() (Tokens, error) {
			tokens, err := r.ask(ctx, old)
			r.publish(ctx, result, tokens, err)
			return tokens, err
		})
}

// result reads what another instance's refresh gave: tokens, or nothing where
// it was refused.
func (r *Refresher) result(ctx context.Context, key string) (tokens Tokens, found bool, err error) {
	value, found, err := r.shared.Get(ctx, key)
	if err != nil || !found {
		return Tokens{}, false, nil
	}
	if len(value) == 0 {
		return Tokens{}, true, ErrRefused
	}
	err = tokens.UnmarshalBinary(value)
	return tokens, err == nil, nil
}

// publish tells the other instances. A store that is down loses the sharing
// alone.
func (r *Refresher) publish(ctx context.Context, key string, tokens Tokens, err error) {
	switch {
	case r.shared == nil:
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
