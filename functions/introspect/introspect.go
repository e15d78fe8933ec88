package main

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/token"
)

type introspect struct {
	kinde      *kinde.Client
	machine    *kinde.Machine
	verifier   *token.Verifier
	permission string // whose holders may ask about others' tokens; empty: nobody's
}

// POST /api/introspect, form or JSON fields token, token_type_hint
//
// 200 with Kinde's introspection (RFC 7662), exactly {"active":false} for a token
// that is not in force.
func (i introspect) ask(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	asked, hint, err := r.Token()
	if err != nil {
		return nil, err
	}
	if err := i.allowed(ctx, r.Caller, asked); err != nil {
		return nil, err
	}
	body, err := i.kinde.Introspect(ctx, i.machine, asked, hint)
	if err != nil {
		return nil, err
	}
	return endpoint.JSON(http.StatusOK, body), nil
}

// allowed lets callers ask about their own tokens, and holders of the permission
// about all. Own are the tokens the caller came with, and an access token that
// verifies as theirs.
func (i introspect) allowed(ctx context.Context, caller endpoint.Caller, asked string) error {
	own := asked == caller.Token || caller.Refresh != "" && asked == caller.Refresh
	if own || i.permission != "" && slices.Contains(caller.Claims.Grants().Permissions, i.permission) {
		return nil
	}
	switch claims, err := i.verifier.Access(ctx, asked); {
	case err == nil && claims.Subject == caller.Subject:
		return nil
	case errors.Is(err, token.ErrKeysUnavailable):
		return endpoint.KeysUnavailable(err)
	}
	return problem.New(problem.NotYourToken, nil)
}
