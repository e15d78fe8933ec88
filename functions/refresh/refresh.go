package main

import (
	"context"
	"net/http"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/session"
)

type refresh struct {
	sessions *auth.Sessions
	machine  *kinde.Machine // nil: claims are not refreshed
}

// refreshed is the response.
type refreshed struct {
	auth.State
	ClaimsRefreshed bool `json:"claims_refreshed"`
}

// POST /auth/refresh
//
// 200 with /api/session's response and "claims_refreshed", which is false where the M2M
// application or its scope is missing, or a step before the refresh failed.
func (f refresh) serve(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	caller, failure, err := f.sessions.RefreshClaims(ctx, r.HTTP, r.Caller, f.machine)
	session.Merge(r.Header, caller.SetCookies)
	if err != nil {
		return nil, err
	}
	response, err := endpoint.Encode(http.StatusOK, refreshed{auth.StateOf(caller), failure == nil})
	if err == nil {
		response.Partial = failure
	}
	return response, err
}
