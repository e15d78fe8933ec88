package main

import (
	"context"
	"net/http"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
)

// GET /api/session
//
// 200 {"authenticated": false}, or the signed-in user's auth.State.
func show(_ context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	if r.Caller.Claims == nil {
		return endpoint.JSON(http.StatusOK, []byte(`{"authenticated":false}`)), nil
	}
	return endpoint.Encode(http.StatusOK, auth.StateOf(r.Caller))
}
