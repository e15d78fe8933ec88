// Package auth identifies the caller of a request and starts, refreshes and ends
// sessions.
//
// A caller is identified by an access token: in an Authorization header, or in the
// session cookie. Authenticate reads a request from top to bottom: Bearer token, else
// cookie, CSRF decision, current session, ended sessions, signature or refresh,
// organization. The package defends against
//
//   - requests that another site causes (csrf.go): the session cookie is SameSite=Strict,
//     and requests that rely on it must prove that a page of this site sent them;
//   - two readings of one request: a second Authorization header, a malformed one, or a
//     token in a query or body is never a credential;
//   - tokens of other applications, and tokens of devices on routes that do not name
//     them;
//   - responses that arrive late: a refresh that ends after the user signed out, or
//     signed in again, signs no user in, and no refusal deletes the cookies of a newer
//     session;
//   - a refresh that returns another user's tokens;
//   - spending this service's credentials without limit: redeeming one sign-in's codes,
//     refreshing with a refused token;
//   - copies of a session's cookies after sign-out, suspension or deletion of the user,
//     where instances share a store;
//   - acting in another organization than the page shows.
//
// It cannot tell a stolen session cookie from its owner's. Without a shared store, a copy
// of a session's cookies works until its access token expires.
//
// The package keeps no state between requests but caches. No token, cookie or code is
// part of an error or a log line.
package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
	"kinde-functions/shared/token"
)

// keysRetry is the Retry-After of a request that finds no signing keys: the key set's own
// pause between fetches.
const keysRetry = 30 * time.Second

// Caller is the caller of a request.
type Caller struct {
	Subject string // Kinde's user id, kp_…; empty: no user
	OrgCode string
	Client  string // azp
	Scopes  []string
	// Token is the access token, to be sent to Kinde and nowhere else.
	Token string
	// Refresh is the session's refresh token; empty for Bearer callers.
	Refresh string
	// ByCookie reports whether the session cookie was the credential.
	ByCookie bool
	Claims   *token.Claims
	// Session is the content of the session cookie; zero for Bearer callers.
	Session session.Session
	// Refreshed reports whether this request has refreshed the session.
	Refreshed bool
	// SetCookies holds the Set-Cookie fields that the response must carry, whether it is
	// a success or not.
	SetCookies http.Header
}

// Authenticator identifies callers.
type Authenticator struct {
	verifier            *token.Verifier
	keys                *token.Keys
	site                string
	deviceClient        string // whose tokens only Device rows accept; empty: none
	requireOrganization bool
	sessions            *Sessions // nil: Bearer tokens alone
}

// NewAuthenticator returns an Authenticator for the tokens that verifier accepts, whose
// keys it shares. sessions is nil where sessions are off.
func NewAuthenticator(s *config.Settings, verifier *token.Verifier, keys *token.Keys,
	sessions *Sessions) *Authenticator {
	a := &Authenticator{
		verifier: verifier, keys: keys, site: s.Site,
		requireOrganization: s.RequireOrganization, sessions: sessions,
	}
	if s.DeviceClientID != s.ClientID {
		a.deviceClient = s.DeviceClientID
	}
	return a
}

// Authenticate identifies the caller of a request to a row. The response must carry
// Caller.SetCookies also when the error is not nil. The error is a *problem.Error.
func (a *Authenticator) Authenticate(ctx context.Context, row route.Route, r *http.Request) (Caller, error) {
	return a.authenticate(ctx, row, r, nil)
}

// AuthenticateDuringKeyFetch is Authenticate for a handler that only reads from Kinde
// with the caller's own token. A process that holds no signing keys calls early, which
// runs that handler, while it fetches them: this saves one of the round trips of a cold
// start. early gets a caller whose token's signature has not been verified, and has
// returned when this method returns. What it produced must be withheld unless the error
// is nil. With keys at hand, early is not called.
func (a *Authenticator) AuthenticateDuringKeyFetch(ctx context.Context, row route.Route, r *http.Request,
	early func(context.Context, Caller)) (Caller, error) {
	return a.authenticate(ctx, row, r, early)
}

func (a *Authenticator) authenticate(ctx context.Context, row route.Route, r *http.Request,
	early func(context.Context, Caller)) (Caller, error) {
	if row.Access == route.SignOut {
		return a.signedOutCaller(row, r)
	}
	raw, err := bearerToken(r.Header)
	if err != nil {
		return Caller{}, err
	}
	if raw != "" && row.Access != route.Session && row.Access != route.OptionalSession {
		return a.bearer(ctx, row, r, raw, early)
	}
	if raw != "" || a.sessions == nil {
		return Caller{}, problem.New(problem.NoToken, nil)
	}
	s, err := a.sessions.Cookies.Read(r)
	if errors.Is(err, session.ErrNoSession) {
		return Caller{}, problem.New(problem.NoToken, nil)
	}
	if err := checkCSRF(row, a.site, r.Header); err != nil {
		return Caller{}, err
	}
	if err != nil {
		return Caller{}, problem.New(problem.InvalidToken, err)
	}
	if !a.sessions.Cookies.Counts(r, s.ID) {
		return Caller{}, expired("another session, or none, is current")
	}
	return a.session(ctx, row, r, s, early)
}

// bearer identifies the caller of a request with an access token.
func (a *Authenticator) bearer(ctx context.Context, row route.Route, r *http.Request, raw string,
	early func(context.Context, Caller)) (Caller, error) {
	unverified, err := a.verifier.Check(raw)
	if err != nil {
		return Caller{}, refused(err)
	}
	caller := callerOf(raw, unverified.Claims())
	if a.deviceClient != "" && caller.Client == a.deviceClient && !row.Device {
		return Caller{}, problem.New(problem.InvalidToken, errDeviceToken)
	}
	if err := a.verify(ctx, unverified, caller, early); err != nil {
		return Caller{}, err
	}
	return caller, a.checkOrganization(row, r, caller)
}

// session identifies the caller of a request with a session that counts.
func (a *Authenticator) session(ctx context.Context, row route.Route, r *http.Request, s session.Session,
	early func(context.Context, Caller)) (Caller, error) {
	marks := a.sessions.ended.read(ctx, s)
	if marks.ended {
		return Caller{}, expired("ended elsewhere")
	}
	unverified, err := a.verifier.CheckSession(s.Access)
	var caller Caller
	switch {
	case errors.Is(err, token.ErrExpired), err == nil && s.RefreshDue:
		caller, err = a.sessions.refresh(ctx, r, s)
	case err != nil:
		err = refused(err)
	case marks.refresh.After(s.Noted):
		s.Noted = marks.refresh
		caller, _, err = a.sessions.revokeAndRefresh(ctx, r, s)
	default:
		caller = sessionCaller(s, unverified.Claims())
		err = a.verify(ctx, unverified, caller, early)
	}
	if err != nil {
		return Caller{SetCookies: caller.SetCookies}, err
	}
	return caller, a.checkOrganization(row, r, caller)
}

// verify checks the signature of the caller's token, and runs early meanwhile if the keys
// have to be fetched.
func (a *Authenticator) verify(ctx context.Context, unverified *token.Unverified, caller Caller,
	early func(context.Context, Caller)) error {
	done := make(chan struct{})
	earlyCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	if early != nil && !a.keys.Held() && a.keys.Fetchable() {
		go func() {
			defer close(done)
			early(earlyCtx, caller)
		}()
	} else {
		close(done)
	}
	_, err := unverified.Verify(ctx)
	if err != nil {
		cancel() // early's response is of no use any more
	}
	<-done
	if err != nil {
		return refused(err)
	}
	return nil
}

// RefreshRefused refreshes the session of a caller whose unexpired access token Kinde has
// refused, so that the handler can be run again. ok is false if there is nothing to
// refresh: a Bearer caller, a session that this request has refreshed already, or a
// refresh that gave the same token. The response must carry Caller.SetCookies.
func (a *Authenticator) RefreshRefused(ctx context.Context, r *http.Request,
	caller Caller) (_ Caller, ok bool, err error) {
	if !caller.ByCookie || caller.Refreshed || a.sessions == nil || caller.Refresh == "" {
		return caller, false, nil
	}
	refreshed, err := a.sessions.refresh(ctx, r, caller.Session)
	return refreshed, err == nil && refreshed.Token != caller.Token, err
}

// UsesCookies reports whether the session cookie is a credential.
func (a *Authenticator) UsesCookies() bool { return a.sessions != nil }

func callerOf(raw string, claims *token.Claims) Caller {
	return Caller{Subject: claims.Subject, OrgCode: claims.OrgCode, Client: claims.ClientID,
		Scopes: claims.Scopes, Token: raw, Claims: claims}
}

func sessionCaller(s session.Session, claims *token.Claims) Caller {
	caller := callerOf(s.Access, claims)
	caller.Refresh, caller.ByCookie, caller.Session = s.Refresh, true, s
	return caller
}

// expired is the problem of a session that has ended.
func expired(cause string) *problem.Error {
	return problem.New(problem.SessionExpired, errors.New(cause))
}

// errDeviceToken is the cause of a device's token on a row that does not accept it.
var errDeviceToken error = &token.InvalidError{Reason: "device-client"}

// refused is the problem of a token that failed verification, or of keys that could not
// be fetched, which is never the caller's fault.
func refused(err error) *problem.Error {
	if errors.Is(err, token.ErrInvalid) {
		return problem.New(problem.InvalidToken, err)
	}
	return KeysUnavailable(err)
}

// KeysUnavailable is the problem of signing keys that could not be fetched.
func KeysUnavailable(err error) *problem.Error {
	p := problem.New(problem.KeysUnavailable, err)
	p.RetryAfter = keysRetry
	return p
}
