package endpoint

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/redirect"
	"kinde-functions/shared/session"
	"kinde-functions/shared/token"
)

// Sessions is what the functions around a sign-in share.
type Sessions struct {
	Cookies  *session.Cookies
	Kinde    *kinde.Client
	App      kinde.App
	Verifier *token.Verifier
	Returns  *redirect.Policy
	Site     string
	ended    *signOuts
	refresh  *session.Refresher
}

// unknownKey is token.InvalidError's reason for a key that is not in the set.
const unknownKey = "unknown-key"

// newSessions makes them from the settings. They are nil where sessions are
// switched off.
func newSessions(s *config.Settings, client *kinde.Client, verifier *token.Verifier, shared *Shared) (*Sessions, error) {
	if !s.Sessions() {
		return nil, nil
	}
	box, err := session.NewBox(s.SessionKeys, s.Issuer, s.ClientID)
	if err != nil {
		return nil, err
	}
	returns, err := redirect.NewPolicy(s.Site, s.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	app := kinde.App{ID: s.ClientID, Secret: s.ClientSecret, RedirectURI: s.Site + "/auth/callback", Scopes: s.Scopes, Audiences: s.Audiences}
	return &Sessions{
		Cookies: session.NewCookies(s.Site, box, time.Now), Kinde: client, App: app, Verifier: verifier, Returns: returns, Site: s.Site,
		ended: &signOuts{shared.Store}, refresh: session.NewRefresher(client, app, shared.Store, s.UpstreamTimeout),
	}, nil
}

// ConnectSessions is Connect for the functions that make and end sessions,
// whose settings have switched them on.
func ConnectSessions(s *config.Settings) (Callers, *Sessions, error) {
	c, err := Open(s)
	if err != nil {
		return nil, nil, err
	}
	return c.Callers, c.sessions, nil
}

// ErrorPage is the page that explains why a sign-in failed. Somebody on another
// host than the site's stays there and is told so.
func (s *Sessions) ErrorPage(failed *problem.Error) string {
	code := problem.LoginFailed
	switch failed.Code {
	case problem.WrongHost:
		return ""
	case problem.InvalidReturnURL, problem.InvalidParameter, problem.LoginExpired, problem.LoginRequired, problem.AccessDenied, problem.SessionTooLarge:
		code = failed.Code
	}
	return s.Site + "/access/?error=" + string(code)
}

// guard refuses requests that another site may have caused. The session cookie
// is SameSite=Strict; this holds also for what counts as the same site and is
// not ours, and where a browser does not know SameSite. The header makes every
// cross-origin request a preflighted one, which we do not allow with cookies.
func (s *Sessions) guard(row *row, h http.Header) error {
	form := row.Method == http.MethodPost && !row.API()
	if !row.API() && !form {
		return nil // a link that only reads: SameSite=Strict is its guard
	}
	origin, hasOrigin := first(h, "Origin")
	if h.Get("X-CSRF") != "1" && !(form && origin == s.Site) {
		return problem.New(problem.CSRFHeaderMissing, nil)
	}
	fetchSite, hasFetchSite := first(h, "Sec-Fetch-Site")
	if hasFetchSite && fetchSite != "same-origin" || hasOrigin && origin != s.Site {
		return problem.New(problem.CrossSite, nil)
	}
	return nil
}

func first(h http.Header, name string) (string, bool) {
	values := h.Values(name)
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// read finds the session's caller. Set-Cookie lines go into out, to be sent
// whatever the answer is.
func (s *Sessions) read(row *row, r *http.Request, out http.Header) (*candidate, error) {
	tokens, err := s.Cookies.Read(r)
	if errors.Is(err, session.ErrNoSession) {
		return nil, problem.New(problem.NoToken, nil)
	}
	if err := s.guard(row, r.Header); err != nil {
		return nil, err
	}
	if err != nil {
		s.Cookies.Clear(out)
		return nil, problem.New(problem.InvalidToken, err)
	}
	unfinished, err := s.Verifier.CheckSession(tokens.Access)
	switch {
	case errors.Is(err, token.ErrExpired):
		verify := func(ctx context.Context) (Caller, error) { return s.renew(ctx, r, tokens, out) }
		return &candidate{verify: verify, slow: true}, nil
	case err != nil:
		s.Cookies.Clear(out)
		return nil, refused(err)
	}
	verify := func(ctx context.Context) (Caller, error) { return s.verified(ctx, unfinished, tokens, out) }
	return &candidate{unverified: sessionCaller(tokens, unfinished.Claims()), verify: verify}, nil
}

// verified is an unexpired session's caller.
func (s *Sessions) verified(ctx context.Context, unfinished *token.Unverified, tokens session.Tokens, out http.Header) (Caller, error) {
	if s.ended.has(ctx, tokens) {
		return Caller{}, s.over(out, errors.New("signed out elsewhere"))
	}
	claims, err := unfinished.Verify(ctx)
	if err != nil {
		return Caller{}, refused(err)
	}
	return sessionCaller(tokens, claims), nil
}

// renew refreshes a session whose access token has expired. Kinde refuses a
// rotated refresh token with the same words as a revoked one, so the first
// refusal asks the client to try again, with the cookies that the other request
// has set by then, and leaves a marker; the second ends the session. Trouble on
// the way to Kinde ends nothing.
func (s *Sessions) renew(ctx context.Context, r *http.Request, old session.Tokens, out http.Header) (Caller, error) {
	if old.Refresh == "" {
		return Caller{}, s.over(out, errors.New("no refresh token: KINDE_SCOPES lacks offline"))
	}
	if s.ended.has(ctx, old) {
		return Caller{}, s.over(out, errors.New("signed out elsewhere"))
	}
	renewed, err := s.refresh.Refresh(ctx, old)
	switch {
	case errors.Is(err, session.ErrRefused) && s.Cookies.Marked(r, old.Refresh):
		return Caller{}, s.over(out, err)
	case errors.Is(err, session.ErrRefused):
		s.Cookies.Mark(out, old.Refresh)
		return Caller{}, problem.New(problem.SessionSuperseded, err)
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return Caller{}, problem.New(problem.UpstreamTimeout, err)
	case err != nil:
		return Caller{}, err
	}
	if s.ended.has(ctx, renewed) { // another instance's refresh, signed out since
		return Caller{}, s.over(out, errors.New("signed out elsewhere"))
	}
	return s.adopt(ctx, renewed, out)
}

// over ends a session: its cookies go.
func (s *Sessions) over(out http.Header, cause error) *problem.Error {
	s.Cookies.Clear(out)
	return problem.New(problem.SessionExpired, cause)
}

// adopt verifies a refresh's tokens and puts them into the cookies, also when the
// signing key cannot be had just now, or is newer than the set fetched last: the
// old refresh token is used up, and every request verifies what its cookie holds.
// Of an access token that fails otherwise nothing is kept.
//
// Before a token has expired Kinde gives the same one again. Where its clock is a
// little behind ours, that is one which has expired here and is good there: hence
// the leeway.
func (s *Sessions) adopt(ctx context.Context, renewed session.Tokens, out http.Header) (Caller, error) {
	unfinished, err := s.Verifier.Check(renewed.Access)
	if errors.Is(err, token.ErrExpired) {
		_ = s.Cookies.Write(out, renewed) // too large: the next request says so
	}
	if err != nil {
		return Caller{}, problem.New(problem.UpstreamFailed, err)
	}
	claims, err := unfinished.Verify(ctx)
	if err != nil {
		if errors.Is(err, token.ErrInvalid) && reason(err) != unknownKey {
			return Caller{}, problem.New(problem.UpstreamFailed, err)
		}
		_ = s.Cookies.Write(out, renewed) // too large: the next request says so
		return Caller{}, KeysUnavailable(err)
	}
	if err := s.Cookies.Write(out, renewed); err != nil {
		return Caller{}, problem.New(problem.SessionTooLarge, err)
	}
	s.Cookies.Unmark(out)
	return sessionCaller(renewed, claims), nil
}

// leaving is the caller of a row that ends sessions, in whatever state theirs
// is. The subject is the sealed token's word, for the log.
func (s *Sessions) leaving(row *row, r *http.Request) (*candidate, error) {
	if err := s.guard(row, r.Header); err != nil {
		return nil, err
	}
	tokens, err := s.Cookies.Read(r)
	caller := Caller{}
	if err == nil {
		caller = Caller{Token: tokens.Access, Refresh: tokens.Refresh}
		if unfinished, err := s.Verifier.CheckSession(tokens.Access); err == nil {
			caller = sessionCaller(tokens, unfinished.Claims())
		}
	}
	return &candidate{unverified: caller, verify: func(context.Context) (Caller, error) { return caller, nil }, slow: true}, nil
}

// End remembers that a session is over, as long as its access token would live,
// where instances share a store.
func (s *Sessions) End(ctx context.Context, c Caller) {
	s.ended.add(ctx, session.Tokens{Access: c.Token, Refresh: c.Refresh}, c.Claims)
}

func sessionCaller(tokens session.Tokens, claims *token.Claims) Caller {
	caller := callerOf(tokens.Access, claims)
	caller.Refresh, caller.ByCookie = tokens.Refresh, true
	return caller
}
