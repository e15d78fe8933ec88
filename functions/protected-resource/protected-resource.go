package main

import (
	"context"
	"encoding/json"
	"net/http"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

type protected struct{ kinde *kinde.Client }

// granted is the response. User holds the token's claims.
type granted struct {
	Message string          `json:"message"`
	User    json.RawMessage `json:"user"`
}

// GET /api/protected-resource?check=remote
//
// 200 {"message": "Access granted", "user": the token's claims}. With check=remote
// it introspects the token at Kinde, which refuses a revoked one.
func (p protected) show(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	if check, given := r.Query["check"]; given {
		if check != "remote" {
			return nil, problem.BadParameter("check", "must be remote, or left out")
		}
		if _, err := p.kinde.UserProfile(ctx, r.Caller.Token); err != nil {
			return nil, err
		}
	}
	return endpoint.Encode(http.StatusOK, granted{Message: "Access granted", User: r.Caller.Claims.Raw})
}
