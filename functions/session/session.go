package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/token"
)

type user struct {
	ID      string `json:"id"`
	OrgCode string `json:"org_code"`
}

// state is who is signed in. Lists and flags are never null.
type state struct {
	Authenticated bool                  `json:"authenticated"`
	User          user                  `json:"user"`
	Permissions   []string              `json:"permissions"`
	Roles         []token.Role          `json:"roles"`
	FeatureFlags  map[string]token.Flag `json:"feature_flags"`
	ExpiresAt     time.Time             `json:"expires_at"`
}

// GET /api/session
//
// 200 {"authenticated": false}, or the signed-in person's state.
func who(_ context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	if r.Caller.Claims == nil {
		return endpoint.JSON(http.StatusOK, []byte(`{"authenticated":false}`)), nil
	}
	claims := r.Caller.Claims
	grants := claims.Grants()
	flags := grants.FeatureFlags
	if flags == nil {
		flags = map[string]token.Flag{}
	}
	body, err := json.Marshal(state{
		Authenticated: true, User: user{claims.Subject, claims.OrgCode},
		Permissions: append([]string{}, grants.Permissions...), Roles: append([]token.Role{}, grants.Roles...),
		FeatureFlags: flags, ExpiresAt: claims.Expiry.UTC(),
	})
	if err != nil {
		return nil, err
	}
	return endpoint.JSON(http.StatusOK, body), nil
}
