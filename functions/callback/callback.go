package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/session"
)

type callback struct{ sessions *auth.Sessions }

// GET /auth/callback?state=&code= or ?state=&error=
//
// 302 to the sign-in's return URL with the session cookie, or to /access/.
func (c callback) complete(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	state := r.Query["state"]
	attempt, err := c.sessions.Cookies.Attempt(r.HTTP, state)
	if err != nil {
		return c.unknown(r, err)
	}
	c.sessions.Cookies.End(r.Header, state) // a state is good for one callback
	if refusal, given := r.Query["error"]; given {
		return c.refused(r, attempt, refusal)
	}
	code := r.Query["code"]
	if code == "" || len(code) > 2048 {
		return nil, problem.New(problem.LoginFailed, errors.New("no code, or one of over 2,048 characters"))
	}
	if err := c.sessions.CountRedeem(ctx, attempt); err != nil {
		return nil, err
	}
	grant, err := c.sessions.Kinde.Exchange(ctx, c.sessions.App, code, attempt.Verifier)
	if err != nil {
		return nil, failed(err)
	}
	id, err := c.sessions.Verifier.ID(ctx, grant.ID, attempt.Nonce)
	if err != nil {
		return nil, failed(err)
	}
	tokens := session.Tokens{Access: grant.Access, Refresh: grant.Refresh}
	caller, err := c.sessions.SignIn(ctx, r.Header, attempt, auth.IdentityOf(id), tokens)
	if errors.Is(err, auth.ErrUserEnded) && !attempt.Restarted {
		return redirectTo(c.sessions.SignInAgain(r.Header, r.HTTP, attempt.ReturnURL, caller.OrgCode))
	}
	if err != nil {
		return nil, err
	}
	response := endpoint.Redirect(attempt.ReturnURL)
	response.SignedIn = &caller
	return response, nil
}

// unknown handles a callback whose attempt is not found. An e-mail's sign-in link
// that has expired comes without one when it is opened in another browser; it
// starts a sign-in, unless it comes from a sign-in that was started this way.
func (c callback) unknown(r *endpoint.Request, cause error) (*endpoint.Response, error) {
	reauth, expired := expiredLink(r)
	if !expired || auth.IsRestart(r.Query["state"]) || c.sessions.CheckHost(r.HTTP.Host) != nil {
		return nil, problem.New(problem.LoginExpired, cause)
	}
	return redirectTo(c.sessions.Restart(r.Header, r.HTTP, c.sessions.After.Absolute(), reauth))
}

// refused handles an error of Kinde's for an attempt. A link that has expired is
// started again once, and a sign-in without a form once with the form.
func (c callback) refused(r *endpoint.Request, attempt session.Attempt, code string) (*endpoint.Response, error) {
	reauth, expired := expiredLink(r)
	switch {
	case expired && !attempt.Restarted:
		return redirectTo(c.sessions.Restart(r.Header, r.HTTP, attempt.ReturnURL, reauth))
	case attempt.Silent && slices.Contains(needsForm, code):
		return redirectTo(c.sessions.ContinueWithForm(r.Header, r.HTTP, attempt))
	case code == "access_denied":
		return nil, problem.New(problem.AccessDenied, nil)
	case code == "login_required":
		return nil, problem.New(problem.LoginRequired, nil)
	}
	return nil, problem.New(problem.LoginFailed, errors.New("unknown error code from Kinde"))
}

// needsForm are the errors that prompt=none may bring (OpenID Connect Core
// section 3.1.2.6). Kinde documents the first.
var needsForm = []string{"login_required", "interaction_required", "account_selection_required", "consent_required"}

// expiredLink returns Kinde's reauth_state when a sign-in link has expired.
func expiredLink(r *endpoint.Request) (reauthState string, expired bool) {
	reauthState = r.Query["reauth_state"]
	printable := !strings.ContainsFunc(reauthState, func(c rune) bool { return c < ' ' || c > '~' })
	expired = strings.EqualFold(r.Query["error"], "login_link_expired")
	return reauthState, expired && printable && reauthState != "" && len(reauthState) <= 4096
}

func redirectTo(location string, err error) (*endpoint.Response, error) {
	if err != nil {
		return nil, err
	}
	return endpoint.Redirect(location), nil
}

// failed is the error of a sign-in that fails because of Kinde's response. It
// keeps the remedy for the log.
func failed(err error) error {
	p := problem.New(problem.LoginFailed, err)
	p.Remedy = problem.From(err).Remedy
	if errors.Is(err, kinde.ErrInvalidGrant) {
		p.Remedy = kinde.CodeRemedy
	}
	return p
}
