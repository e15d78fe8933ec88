package main

import (
	"context"
	"encoding/json"
	"net/http"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/redirect"
)

type logout struct {
	sessions *auth.Sessions
	after    redirect.Target
}

// POST /auth/logout, form or JSON field return_url
//
// 303 to Kinde's logout, or 200 {"url"} for callers who accept JSON. With a refused return
// URL no user is signed out.
func (l logout) signOut(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
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
	failure := l.sessions.SignOut(ctx, r.Header, r.HTTP, r.Caller)
	location := l.sessions.Kinde.LogoutURL(back.Absolute())
	response := endpoint.SeeOther(location)
	if r.AcceptsJSON {
		body, err := json.Marshal(map[string]string{"url": location})
		if err != nil {
			return nil, err
		}
		response = endpoint.JSON(http.StatusOK, body)
	}
	response.Partial = failure
	return response, nil
}
