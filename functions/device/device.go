package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"regexp"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

const grantType = "urn:ietf:params:oauth:grant-type:device_code"

type device struct {
	kinde     *kinde.Client
	client    string
	scopes    string
	audiences []string
	pace      pace
}

// scopeList is scopes separated by single spaces (RFC 6749 section 3.3).
var scopeList = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$`)

// deviceCode is what a device code may look like: RFC 8628 leaves it open.
var deviceCode = regexp.MustCompile(`^[\x21-\x7E]+$`)

// POST /api/device/authorize, form or JSON fields scope, client_id
//
// 200 with Kinde's answer (RFC 8628 section 3.2). scope is KINDE_SCOPES unless it is
// given; client_id may only be the deployment's, so that clients of other makers,
// which always send one, need no change.
func (d device) authorize(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	fields, err := d.fields(r, "scope", "client_id")
	if err != nil {
		return nil, err
	}
	scopes, asked := fields["scope"]
	if !asked {
		scopes = d.scopes
	}
	if len(scopes) > 1000 || !scopeList.MatchString(scopes) {
		return nil, problem.BadParameter("scope", "must be at most 1,000 characters of scopes separated by single spaces")
	}
	grant, err := d.kinde.AuthorizeDevice(ctx, d.client, scopes, d.audiences)
	if refusal, refused := errors.AsType[*kinde.Error](err); refused && asked && refusal.Has("invalid_scope") {
		return nil, problem.BadParameter("scope", "holds a scope that this application does not give")
	}
	if err != nil {
		return nil, err
	}
	d.pace.begin(ctx, grant)
	return endpoint.JSON(http.StatusOK, grant.Answer), nil
}

// POST /api/device/token, form or JSON fields device_code, grant_type, client_id, scope
//
// grant_type may only be the device flow's; scope is ignored, since some send it again.
//
// 200 with Kinde's tokens, or 400 {"error": "authorization_pending" | "slow_down" |
// "access_denied" | "expired_token"} (RFC 8628 section 3.5).
func (d device) token(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	fields, err := d.fields(r, "device_code", "grant_type", "client_id", "scope")
	if err != nil {
		return nil, err
	}
	if kind, given := fields["grant_type"]; given && kind != grantType {
		return nil, problem.BadParameter("grant_type", "must be "+grantType+", or left out")
	}
	code := fields["device_code"]
	if len(code) > 4096 || !deviceCode.MatchString(code) {
		return nil, problem.BadParameter("device_code", "must be the one that authorize gave")
	}
	if _, known := d.pace.find(ctx, code); !known { // or anybody could poll by making codes up
		if err := r.CountAddress(ctx); err != nil {
			return nil, err
		}
	}
	if err := d.pace.admit(ctx, code); err != nil {
		return refused(err)
	}
	tokens, err := d.kinde.PollDevice(ctx, d.client, code)
	d.pace.note(ctx, code, err)
	if err != nil {
		return refused(err)
	}
	return endpoint.JSON(http.StatusOK, tokens), nil
}

// fields returns the request's fields. An empty one counts as absent (RFC 6749 section
// 3.2): libraries send client_id even when they have none.
func (d device) fields(r *endpoint.Request, known ...string) (map[string]string, error) {
	fields, err := r.Fields(known...)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(fields, func(_, value string) bool { return value == "" })
	if id, given := fields["client_id"]; given && id != d.client {
		return nil, problem.BadParameter("client_id", "must be the deployment's own, or left out")
	}
	return fields, nil
}

// refused answers what the device has to be told in RFC 8628's own shape; anything
// else is a problem.
func refused(err error) (*endpoint.Reply, error) {
	for sentinel, word := range map[error]string{
		kinde.ErrAuthorizationPending: "authorization_pending",
		kinde.ErrSlowDown:             "slow_down",
		kinde.ErrAccessDenied:         "access_denied",
		kinde.ErrExpiredToken:         "expired_token",
	} {
		if errors.Is(err, sentinel) {
			return endpoint.JSON(http.StatusBadRequest, []byte(`{"error":"`+word+`"}`)), nil
		}
	}
	return nil, err
}
