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

const (
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	grantRefresh = "refresh_token"
)

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
// 200 with Kinde's response (RFC 8628 section 3.2). scope defaults to KINDE_SCOPES.
// client_id, which client libraries send, must be this deployment's.
func (d device) authorize(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
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
		p := problem.BadParameter("scope", "holds a scope that this application does not give")
		p.OAuth = "invalid_scope"
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	d.pace.begin(ctx, grant)
	return endpoint.JSON(http.StatusOK, grant.Response), nil
}

// POST /api/device/token, form or JSON fields device_code, refresh_token, grant_type,
// client_id, scope
//
// Without grant_type, a device_code is redeemed. scope is ignored: some clients send it
// again.
//
// 200 with Kinde's tokens, or 400 {"error": "authorization_pending" | "slow_down" |
// "access_denied" | "expired_token"} (RFC 8628 section 3.5), "invalid_grant" for a
// refresh token that Kinde refuses (RFC 6749 section 5.2).
func (d device) token(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	fields, err := d.fields(r, "device_code", "refresh_token", "grant_type", "client_id", "scope")
	if err != nil {
		return nil, err
	}
	switch kind, given := fields["grant_type"]; {
	case kind == grantRefresh:
		return d.refresh(ctx, r, fields["refresh_token"])
	case given && kind != grantDevice:
		p := problem.BadParameter("grant_type", "must be "+grantDevice+" or "+grantRefresh+", or left out")
		p.OAuth = "unsupported_grant_type"
		return nil, p
	case fields["refresh_token"] != "":
		return nil, problem.BadParameter("refresh_token", "takes grant_type="+grantRefresh)
	}
	return d.poll(ctx, r, fields["device_code"])
}

// poll redeems a device code.
func (d device) poll(ctx context.Context, r *endpoint.Request, code string) (*endpoint.Response, error) {
	if len(code) > 4096 || !deviceCode.MatchString(code) {
		return nil, problem.BadParameter("device_code", "must be the one that authorize gave")
	}
	if _, known := d.pace.find(ctx, code); !known { // or guessed codes would not be limited
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

// refresh renews a device's tokens. Every attempt counts against the client's address,
// since a refused one costs the caller nothing.
func (d device) refresh(ctx context.Context, r *endpoint.Request, refresh string) (*endpoint.Response, error) {
	if len(refresh) > maxRefreshToken || !deviceCode.MatchString(refresh) {
		return nil, problem.BadParameter("refresh_token", "must be the one that a device was given")
	}
	if err := r.CountAddress(ctx); err != nil {
		return nil, err
	}
	tokens, err := d.kinde.RefreshDevice(ctx, d.client, refresh)
	if err != nil {
		return refused(err)
	}
	return endpoint.JSON(http.StatusOK, tokens), nil
}

// maxRefreshToken is the most bytes of a refresh token, as of an access token.
const maxRefreshToken = 16 << 10

// fields returns the request's fields. An empty one counts as absent (RFC 6749 section
// 3.2): libraries send client_id even when they have none.
func (d device) fields(r *endpoint.Request, known ...string) (map[string]string, error) {
	fields, err := r.Fields(known...)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(fields, func(_, value string) bool { return value == "" })
	if id, given := fields["client_id"]; given && id != d.client {
		return nil, endpoint.ForeignClient()
	}
	return fields, nil
}

// refused reports what a device must act on in the shape of RFC 6749 section 5.2 and
// RFC 8628 section 3.5. Any other error is a problem.
func refused(err error) (*endpoint.Response, error) {
	for sentinel, word := range map[error]string{
		kinde.ErrAuthorizationPending: "authorization_pending",
		kinde.ErrSlowDown:             "slow_down",
		kinde.ErrAccessDenied:         "access_denied",
		kinde.ErrExpiredToken:         "expired_token",
		kinde.ErrInvalidGrant:         "invalid_grant",
	} {
		if errors.Is(err, sentinel) {
			return endpoint.JSON(http.StatusBadRequest, []byte(`{"error":"`+word+`"}`)), nil
		}
	}
	return nil, err
}
