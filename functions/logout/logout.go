package main

import (
	"context"
	"encoding/json"
	"net/http"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/redirect"
)

type logout struct {
	sessions *endpoint.Sessions
	after    redirect.Target
}

// POST /auth/logout, form or JSON field return_url
//
// 303 to Kinde's logout, or 200 {"url"} for callers who accept JSON. A refused
// return URL signs nobody out.
func (l logout) end(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	fields, err := r.Fields("return_url")
	if err != nil {
		return nil, err
	}
	back := l.after
	if raw, given := fields["return_url"]; given {
		if back, err = l.sessions.Returns.Check(raw); err != nil {
			return nil, problem.New(problem.InvalidReturnURL, err)
		}
	}
	l.sessions.End(ctx, r.Caller) // first: revoking may take all the time there is
	failure := l.revoke(ctx, r.Caller)
	l.sessions.Cookies.Clear(r.Out)
	l.sessions.Cookies.EndAll(r.Out, r.HTTP)
	l.sessions.Cookies.DisconnectAll(r.Out, r.HTTP)
	location := l.sessions.Kinde.LogoutURL(back.Absolute())
	reply := endpoint.SeeOther(location)
	if r.AcceptsJSON {
		body, err := json.Marshal(map[string]string{"url": location})
		if err != nil {
			return nil, err
		}
		reply = endpoint.JSON(http.StatusOK, body)
	}
	reply.Partial = failure
	return reply, nil
}

// revoke ends the refresh token at Kinde. That it fails stops nothing: the
// person wants to leave, and the cookies go.
func (l logout) revoke(ctx context.Context, caller endpoint.Caller) *problem.Error {
	if caller.Refresh == "" {
		return nil
	}
	if err := l.sessions.Kinde.Revoke(ctx, l.sessions.App, caller.Refresh, "refresh_token"); err != nil {
		return problem.From(err)
	}
	return nil
}
