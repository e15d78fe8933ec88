package main

import (
	"context"
	"errors"
	"net/http"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
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
	err = v.kinde.Revoke(ctx, v.app, token, hint)
	if refusal, refused := errors.AsType[*kinde.Error](err); refused && refusal.Status == http.StatusServiceUnavailable {
		// RFC 7009 section 2.2.1: 503 says that the token still exists.
		p := problem.New(problem.NotRevoked, err)
		p.RetryAfter = problem.From(err).RetryAfter
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	return &endpoint.Reply{Status: http.StatusOK}, nil
}
