package main

import (
	"context"
	"net/http"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
)

type entitlements struct{ kinde *kinde.Client }

// GET /api/entitlements/{key}
//
// 200 {"data": {"org_code", "entitlement"}}, or 404 `not-entitled`.
func (e entitlements) one(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	body, err := e.kinde.Entitlement(ctx, r.Caller.Token, r.Path["key"])
	if err != nil {
		return nil, err
	}
	return endpoint.JSON(http.StatusOK, body), nil
}
