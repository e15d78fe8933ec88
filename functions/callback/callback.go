package main

import (
	"context"
	"errors"
	"net/url"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/session"
)

type callback struct{ sessions *endpoint.Sessions }

// GET /auth/callback?state=&code= or ?state=&error=
//
// 302 to the sign-in's return URL with the session cookie, or to /access/.
func (c callback) end(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	state := r.Query["state"]
	attempt, err := c.sessions.Cookies.Attempt(r.HTTP, state)
	if err != nil {
		return nil, problem.New(problem.LoginExpired, err)
	}
	c.sessions.Cookies.End(r.Out, state) // a state serves once, whatever comes of it
	if refusal, given := r.Query["error"]; given {
		return c.refused(r, attempt, refusal)
	}
	code := r.Query["code"]
	if code == "" || len(code) > 2048 {
		return nil, problem.New(problem.LoginFailed, errors.New("no code, or one of over 2,048 characters"))
	}
	grant, err := c.sessions.Kinde.Exchange(ctx, c.sessions.App, code, attempt.Verifier)
	if err != nil {
		return nil, failed(err)
	}
	id, err := c.sessions.Verifier.ID(ctx, grant.ID, attempt.Nonce)
	if err != nil {
		return nil, failed(err)
	}
	caller, err := c.sessions.Welcome(ctx, r.Out, id.Subject, session.Tokens{Access: grant.Access, Refresh: grant.Refresh})
	if err != nil {
		return nil, err
	}
	reply := endpoint.Redirect(attempt.ReturnURL)
	reply.Welcomed = &caller
	return reply, nil
}

// refused answers Kinde's error. A sign-in link that has run out is started
// again, once, with the state that Kinde gave for it.
func (c callback) refused(r *endpoint.Request, attempt session.Attempt, refusal string) (*endpoint.Reply, error) {
	again := r.Query["reauth_state"]
	switch {
	case refusal == "login_link_expired" && again != "" && len(again) <= 4096 && !attempt.Restarted:
		location, err := c.sessions.StartAgain(r, attempt, url.Values{"reauth_state": {again}})
		if err != nil {
			return nil, err
		}
		return endpoint.Redirect(location), nil
	case refusal == "access_denied":
		return nil, problem.New(problem.AccessDenied, nil)
	case refusal == "login_required":
		return nil, problem.New(problem.LoginRequired, nil)
	}
	return nil, problem.New(problem.LoginFailed, errors.New("another error of Kinde's than the ones known"))
}

// failed is a sign-in that Kinde, or what it sent, brought to an end. The
// remedy stays with it, for the log.
func failed(err error) error {
	p := problem.New(problem.LoginFailed, err)
	p.Remedy = problem.From(err).Remedy
	if errors.Is(err, kinde.ErrInvalidGrant) {
		p.Remedy = kinde.CodeRemedy
	}
	return p
}
