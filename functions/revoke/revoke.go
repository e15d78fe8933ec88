package main

import (
	"context"
	"net/http"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/token"
)

type revoke struct {
	kinde    *kinde.Client
	verifier *token.Verifier
	app      kinde.App
	device   kinde.App // without a secret; without an ID: there is none
}

// POST /api/revoke, form or JSON fields token, token_type_hint, client_id
//
// 200 without a body (RFC 7009), for unknown tokens too.
func (v revoke) serve(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	raw, hint, err := r.Token(v.app.ID, v.device.ID)
	if err != nil {
		return nil, err
	}
	if err := v.kinde.Revoke(ctx, v.appOf(ctx, r.Caller, raw), raw, hint); err != nil {
		return nil, err
	}
	return &endpoint.Response{Status: http.StatusOK}, nil
}

// appOf returns the application that the token was issued to, whose credentials Kinde
// requires. A device revokes tokens of the device application alone, and nothing with
// the site's secret.
func (v revoke) appOf(ctx context.Context, caller auth.Caller, raw string) kinde.App {
	if v.device.ID == "" || v.device.ID == v.app.ID {
		return v.app
	}
	if caller.Client == v.device.ID {
		return v.device
	}
	if claims, err := v.verifier.Access(ctx, raw); err == nil && claims.ClientID == v.device.ID {
		return v.device
	}
	return v.app
}
