package main

import (
	"context"
	"net/http"
	"slices"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/session"
)

type organization struct {
	Code string  `json:"code"`
	Name *string `json:"name"` // null: not known
}

// organizations is the response.
type organizations struct {
	Current       *string        `json:"current"` // null: none
	Organizations []organization `json:"organizations"`
	// Complete is present, and false, where the session does not hold all codes.
	Complete *bool `json:"complete,omitempty"`
}

// GET /api/organizations
//
// 200 {"current", "organizations": [{"code", "name"}]}. Callers with an access token get
// what it names.
func list(_ context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	known := r.Caller.Session.Organizations
	if !r.Caller.ByCookie {
		known.List = named(r.Caller)
	}
	response := organizations{Organizations: []organization{}}
	for _, org := range withCurrent(known.List, r.Caller.OrgCode) {
		entry := organization{Code: org.Code}
		if org.Name != "" {
			entry.Name = &org.Name
		}
		response.Organizations = append(response.Organizations, entry)
	}
	if r.Caller.OrgCode != "" {
		response.Current = &r.Caller.OrgCode
	}
	if known.Incomplete {
		response.Complete = new(bool)
	}
	return endpoint.Encode(http.StatusOK, response)
}

// named returns the organizations that the caller's access token names.
func named(caller auth.Caller) []session.Organization {
	var list []session.Organization
	for _, code := range caller.Claims.Grants().OrgCodes {
		list = append(list, session.Organization{Code: code})
	}
	return list
}

// withCurrent adds the current organization where the list lacks it: tenants may leave the
// list out of their tokens.
func withCurrent(list []session.Organization, current string) []session.Organization {
	if current == "" || slices.ContainsFunc(list, func(org session.Organization) bool { return org.Code == current }) {
		return list
	}
	return append(slices.Clip(list), session.Organization{Code: current})
}
