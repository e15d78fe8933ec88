package auth

import (
	"context"
	"errors"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
)

// errRefused means that Kinde no longer accepts a refresh token: another request has
// rotated it, or it was revoked. Kinde does not tell these apart.
var errRefused = errors.New("auth: the refresh token is refused")

const (
	// resultLife is how long the result of a refresh is kept for the requests that come
	// with the old token.
	resultLife = time.Minute
	// leaseMargin is what a lease lasts beyond the limit of one attempt upstream.
	leaseMargin = 2 * time.Second
	// maxRefusals is how many refused refresh tokens a process remembers.
	maxRefusals = 1000
)

// refresher redeems refresh tokens: each once at a time in a process, and once in all
// instances where they share a store. Kinde rotates refresh tokens, so the second of two
// requests with one token would be refused. A token that was refused is not tried again
// for a minute.
type refresher struct {
	grant    func(ctx context.Context, refresh string) (kinde.Grant, error)
	shared   store.Store // nil: none; values sealed and keys hashed by it
	refusals store.Store // of this process
	once     *store.Once[session.Tokens]
}

// newRefresher returns a refresher for the application app. shared may be nil. timeout
// is the limit of one attempt upstream.
func newRefresher(client *kinde.Client, app kinde.App, shared store.Store, timeout time.Duration) *refresher {
	return &refresher{
		grant: func(ctx context.Context, refresh string) (kinde.Grant, error) {
			return client.Refresh(ctx, app, refresh)
		},
		shared: shared, refusals: store.NewMemory(maxRefusals, nil),
		once: store.NewOnce[session.Tokens](shared, timeout+leaseMargin),
	}
}

// Refresh returns the new tokens, which have not been verified. Its error is errRefused,
// or the problem of the call upstream, which leaves the session as it is.
func (r *refresher) Refresh(ctx context.Context, old session.Tokens) (session.Tokens, error) {
	key := "refresh:" + store.Digest(old.Refresh)
	return r.once.Do(ctx, "lease:"+store.Digest(old.Refresh),
		func() (session.Tokens, bool, error) { return r.result(ctx, key) },
		func() (session.Tokens, error) {
			tokens, err := r.redeem(ctx, key, old)
			r.publish(ctx, key, tokens, err)
			return tokens, err
		})
}

// result returns the result of another instance's refresh: tokens, or errRefused.
func (r *refresher) result(ctx context.Context, key string) (tokens session.Tokens, found bool, err error) {
	value, found, err := r.shared.Get(ctx, key)
	if err != nil || !found {
		return session.Tokens{}, false, nil
	}
	if len(value) == 0 {
		return session.Tokens{}, true, errRefused
	}
	err = tokens.UnmarshalBinary(value)
	return tokens, err == nil, nil
}

// publish shares the result with other instances, where a store is up.
func (r *refresher) publish(ctx context.Context, key string, tokens session.Tokens, err error) {
	refused := errors.Is(err, errRefused)
	if refused {
		_ = r.refusals.Set(ctx, key, nil, resultLife)
	}
	if r.shared == nil {
		return
	}
	switch {
	case err == nil:
		if value, err := tokens.MarshalBinary(); err == nil {
			_ = r.shared.Set(ctx, key, value, resultLife)
		}
	case refused:
		_ = r.shared.Set(ctx, key, nil, resultLife)
	}
}

// redeem requests tokens from Kinde, unless it has refused the token already.
func (r *refresher) redeem(ctx context.Context, key string, old session.Tokens) (session.Tokens, error) {
	if _, found, _ := r.refusals.Get(ctx, key); found {
		return session.Tokens{}, errRefused
	}
	grant, err := r.grant(ctx, old.Refresh)
	if errors.Is(err, kinde.ErrInvalidGrant) {
		return session.Tokens{}, errors.Join(errRefused, err)
	}
	if err != nil {
		return session.Tokens{}, err
	}
	renewed := session.Tokens{Access: grant.Access, Refresh: grant.Refresh}
	if renewed.Refresh == "" {
		renewed.Refresh = old.Refresh // RFC 6749 section 6: the old one stays valid
	}
	return renewed, nil
}
