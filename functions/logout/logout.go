package main

import (
	"context"
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

// POST /auth/logout, form or JSON fields return_url, all_sessions
//
// all_sessions=true ends all of the user's sessions at Kinde, and where instances share a
// store their earlier sessions here.
//
// 303 to Kinde's logout, or 200 {"url"} for callers who accept JSON. With a refused return
// URL no user is signed out.
func (l logout) signOut(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	fields, err := r.Fields("return_url", "all_sessions")
	if err != nil {
		return nil, err
	}
	back, err := l.sessions.Returns.ReturnURL(fields, l.after)
	if err != nil {
		return nil, err
	}
	all := fields["all_sessions"]
	if all != "" && all != "true" && all != "false" {
		return nil, problem.BadParameter("all_sessions", "must be true or false")
	}
	failure := l.sessions.SignOut(ctx, r.Header, r.HTTP, r.Caller, all == "true")
	location := l.sessions.Kinde.LogoutURL(back.Absolute(), all == "true")
	response := endpoint.SeeOther(location)
	if r.AcceptsJSON {
		if response, err = endpoint.Encode(http.StatusOK, map[string]string{"url": location}); err != nil {
			return nil, err
		}
	}
	response.Partial = failure
	return response, nil
}
