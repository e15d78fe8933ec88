package main

import (
	"context"
	"net/http"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
)

type revoke struct {
	kinde *kinde.Client
	app   kinde.App
}

// POST /api/revoke, form or JSON fields token, token_type_hint
//
// 200 without a body (RFC 7009), for tokens that nobody knows too.
func (v revoke) end(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	token, hint, err := r.Token()
	if err != nil {
		return nil, err
	}
	if err := v.kinde.Revoke(ctx, v.app, token, hint); err != nil {
		return nil, err
	}
	return &endpoint.Reply{Status: http.StatusOK}, nil
}
