package endpoint

import (
	"context"
	"time"

	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
	"kinde-functions/shared/token"
)

// refreshLife is how long Kinde lets a refresh token live by default.
const refreshLife = 15 * 24 * time.Hour

// signOuts remembers the sessions that were ended, where instances share a
// store: a copy of their cookie would else serve until its access token ends,
// and longer if the refresh token could not be revoked. Without a store, or while
// it is down, it remembers nothing.
type signOuts struct{ shared store.Store }

func (s *signOuts) add(ctx context.Context, ended session.Tokens, claims *token.Claims) {
	if s.shared == nil || ended.Access == "" {
		return
	}
	var left time.Duration
	if claims != nil {
		left = time.Until(claims.Expiry)
	}
	if ended.Refresh != "" {
		left = max(left, refreshLife)
	}
	if left > 0 {
		_ = s.shared.Set(ctx, signedOut(ended), []byte{1}, left) // down: as without a store
	}
}

func (s *signOuts) has(ctx context.Context, tokens session.Tokens) bool {
	if s.shared == nil {
		return false
	}
	_, found, err := s.shared.Get(ctx, signedOut(tokens))
	return err == nil && found
}

func signedOut(tokens session.Tokens) string { return "signed-out:" + tokens.Access }
