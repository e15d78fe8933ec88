package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/token"
)

type introspect struct {
	kinde      *kinde.Client
	machine    *kinde.Machine
	verifier   *token.Verifier
	clients    []string // this service's client IDs
	permission string   // to introspect other users' tokens; empty: no user may
}

// POST /api/introspect, form or JSON fields token, token_type_hint, client_id
//
// 200 with Kinde's introspection (RFC 7662), exactly {"active":false} for a token that
// is not active.
func (i introspect) serve(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	raw, hint, err := r.Token(i.clients...)
	if err != nil {
		return nil, err
	}
	if err := i.authorize(ctx, r.Caller, raw); err != nil {
		return nil, err
	}
	body, err := i.kinde.Introspect(ctx, i.machine, raw, hint)
	if err != nil {
		return nil, err
	}
	return endpoint.JSON(http.StatusOK, body), nil
}

// authorize lets callers introspect their own tokens: those that they sent, and an
// access token that verifies with their subject. Others' take the permission.
func (i introspect) authorize(ctx context.Context, caller auth.Caller, raw string) error {
	if raw == caller.Token || caller.Refresh != "" && raw == caller.Refresh {
		return nil
	}
	if i.permits(caller, raw) {
		return nil
	}
	switch claims, err := i.verifier.Access(ctx, raw); {
	case err == nil && claims.Subject == caller.Subject:
		return nil
	case errors.Is(err, token.ErrKeysUnavailable):
		return auth.KeysUnavailable(err)
	}
	return problem.New(problem.NotYourToken, nil)
}

// permits reports whether the caller's permission covers the token. Kinde grants a
// permission in an organization, so that it covers tokens of that organization alone. A
// JWT shows its organization; one that cannot be read is not covered, since Kinde's
// reader may be more lenient. An opaque token shows none and is covered.
func (i introspect) permits(caller auth.Caller, raw string) bool {
	if i.permission == "" || !slices.Contains(caller.Claims.Grants().Permissions, i.permission) {
		return false
	}
	if strings.Count(raw, ".") < 2 {
		return true
	}
	orgCode, named := token.VisibleOrgCode(raw)
	return named && orgCode == caller.OrgCode
}
