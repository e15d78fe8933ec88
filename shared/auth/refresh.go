package auth

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/session"
	"kinde-functions/shared/token"
)

// unknownKey is token.InvalidError's reason for a key that is not in the set.
const unknownKey = "unknown-key"

// errAnotherUser is the cause of a refresh that returned the tokens of another user.
var errAnotherUser = errors.New("the refresh returned the tokens of another user")

// refresh gives a session new tokens. Kinde refuses a rotated refresh token in the same
// words as a revoked one, so the first refusal makes the client try again, with the
// cookies that another request may have set by then, and sets a marker; a request that
// comes with the marker gets its refusal without a call to Kinde. A failure on the way to
// Kinde ends nothing, and no failure deletes the session's cookies.
func (s *Sessions) refresh(ctx context.Context, r *http.Request, old session.Session) (Caller, error) {
	caller := Caller{SetCookies: http.Header{}}
	if old.Refresh == "" {
		return caller, expired("no refresh token: KINDE_SCOPES lacks offline")
	}
	if s.Cookies.Marked(r, old.Refresh) {
		return caller, expired("the refresh token was refused before")
	}
	renewed, err := s.refresher.Refresh(ctx, old.Tokens)
	switch {
	case errors.Is(err, errRefused):
		if err := take(ctx, s.refusals, "session:"+old.ID); err != nil {
			return caller, err
		}
		s.Cookies.Mark(caller.SetCookies, old.Refresh)
		return caller, problem.New(problem.SessionSuperseded, err)
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return caller, problem.New(problem.UpstreamTimeout, err)
	case err != nil:
		return caller, err
	}
	if s.ended.read(ctx, old).ended { // meanwhile
		return caller, expired("ended during the refresh")
	}
	return s.adopt(ctx, old.With(renewed), caller.SetCookies)
}

// adopt verifies the tokens of a refresh and sets the session's cookies. It sets them also
// when the signing key is not available, or is newer than the set fetched last: the old
// refresh token is used up, and every request verifies what its cookie holds. Of an access
// token that fails otherwise nothing is kept.
//
// Before a token has expired Kinde returns the same one again. Where Kinde's clock is a
// little behind, that is one which has expired here and is valid there: hence the leeway.
func (s *Sessions) adopt(ctx context.Context, renewed session.Session, out http.Header) (Caller, error) {
	caller := Caller{SetCookies: out}
	unverified, err := s.Verifier.Check(renewed.Access)
	switch {
	case errors.Is(err, token.ErrExpired):
		_ = s.Cookies.Write(out, renewed) // if it is too large, the next request fails
		return caller, problem.New(problem.UpstreamFailed, err)
	case err != nil:
		return caller, problem.New(problem.UpstreamFailed, err)
	case unverified.Claims().Subject != renewed.Subject:
		return caller, problem.New(problem.UpstreamFailed, errAnotherUser)
	}
	claims, err := unverified.Verify(ctx)
	if err != nil {
		if errors.Is(err, token.ErrInvalid) && Reason(err) != unknownKey {
			return caller, problem.New(problem.UpstreamFailed, err)
		}
		_ = s.Cookies.Write(out, renewed) // if it is too large, the next request fails
		return caller, KeysUnavailable(err)
	}
	if err := s.Cookies.Write(out, renewed); err != nil {
		return caller, problem.New(problem.SessionTooLarge, err)
	}
	s.Cookies.Unmark(out)
	caller = sessionCaller(renewed, claims)
	caller.SetCookies, caller.Refreshed = out, true
	return caller, nil
}

// RefreshClaims gives the caller's session tokens with current claims. Kinde keeps
// claims over tokens, and access tokens until they expire, so that it takes three steps:
// refresh the claims of the caller's own id, revoke the access token, refresh the session.
// A failure of the first two stops nothing; it is returned for the log. machine is nil
// where there is no M2M application. The response must carry Caller.SetCookies.
func (s *Sessions) RefreshClaims(ctx context.Context, r *http.Request, caller Caller,
	machine *kinde.Machine) (Caller, *problem.Error, error) {
	claimsErr := s.Kinde.RefreshClaims(ctx, machine, caller.Subject)
	refreshed, revokeErr, err := s.revokeAndRefresh(ctx, r, caller.Session)
	if failed := cmp.Or(claimsErr, revokeErr); failed != nil {
		return refreshed, problem.From(failed), err
	}
	return refreshed, nil, err
}

// revokeAndRefresh revokes the session's access token, so that Kinde issues another one,
// and refreshes the session. Where the refresh fails after that, Kinde no longer accepts
// the session's access token: the session is then sealed as refresh-due, so that its next
// request refreshes first.
func (s *Sessions) revokeAndRefresh(ctx context.Context, r *http.Request,
	old session.Session) (caller Caller, revokeErr, err error) {
	revokeErr = s.Kinde.Revoke(ctx, s.App, old.Access, "access_token")
	caller, err = s.refresh(ctx, r, old)
	if err == nil || revokeErr != nil || len(caller.SetCookies["Set-Cookie"]) > 0 || errors.Is(err, errAnotherUser) {
		return caller, revokeErr, err
	}
	switch problem.From(err).Code {
	case problem.SessionExpired, problem.RateLimited:
	default:
		due := old
		due.RefreshDue = true
		_ = s.Cookies.Write(caller.SetCookies, due) // it fitted before
	}
	return caller, revokeErr, err
}

// Reason is a fixed word for why a caller was refused, for the log.
func Reason(err error) string {
	if invalid, ok := errors.AsType[*token.InvalidError](err); ok {
		return invalid.Reason
	}
	return string(problem.From(err).Code)
}
