package endpoint

import (
	"context"
	"time"

	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
	"kinde-functions/shared/token"
)

// signOuts remembers the sessions that were ended, where instances share a
// store: a copy of their cookie would else serve until its access token ends.
// Without a store, or while it is down, it remembers nothing.
type signOuts struct{ shared store.Store }

func (s *signOuts) add(ctx context.Context, ended session.Tokens, claims *token.Claims) {
	if s.shared == nil || ended.Access == "" || claims == nil {
		return
	}
	if left := time.Until(claims.Expiry); left > 0 {
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
