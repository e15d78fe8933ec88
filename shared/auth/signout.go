package auth

import (
	"context"
	"net/http"
	"time"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// signedOutCaller is the caller of a row that ends sessions, whatever the state of theirs:
// every user can sign out. The subject is from the sealed session, for the log.
func (a *Authenticator) signedOutCaller(row route.Route, r *http.Request) (Caller, error) {
	if err := checkCSRF(row, a.site, r.Header); err != nil {
		return Caller{}, err
	}
	s, err := a.sessions.Cookies.Read(r)
	if err != nil {
		return Caller{}, nil
	}
	caller := Caller{Subject: s.Subject, Token: s.Access, Refresh: s.Refresh, ByCookie: true, Session: s}
	if unverified, err := a.verifier.CheckSession(s.Access); err == nil {
		caller = sessionCaller(s, unverified.Claims())
	}
	return caller, nil
}

// SignOut ends the caller's session here, in every instance that shares a store, and at
// Kinde, and expires every cookie of this service. With all, it also ends the user's
// earlier sessions where instances share a store. The error is a revocation that failed,
// which stops nothing.
func (s *Sessions) SignOut(ctx context.Context, out http.Header, r *http.Request, caller Caller,
	all bool) *problem.Error {
	s.ended.end(ctx, caller.Session.ID) // first: the revocation may take all the time there is
	if all && caller.Subject != "" {
		_ = s.EndSessionsOf(ctx, caller.Subject, time.Now()) // a store that is down is done without
	}
	s.Cookies.SignOut(out, r)
	if caller.Refresh == "" {
		return nil
	}
	if err := s.Kinde.Revoke(ctx, s.App, caller.Refresh, "refresh_token"); err != nil {
		return problem.From(err)
	}
	return nil
}
