package main

import (
	"context"
	"net/http"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
)

type profile struct{ kinde *kinde.Client }

// GET /api/user-profile
//
// 200 with Kinde's response: sub, name, email and more.
func (p profile) show(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	body, err := p.kinde.UserProfile(ctx, r.Caller.Token)
	if err != nil {
		return nil, err
	}
	return endpoint.JSON(http.StatusOK, body), nil
}
