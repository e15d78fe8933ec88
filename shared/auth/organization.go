package auth

import (
	"errors"
	"net/http"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// checkOrganization refuses a request whose X-Organization names another organization
// than the caller's, since the page that sent it shows the other one's data, and, with
// REQUIRE_ORGANIZATION, a user without an organization.
func (a *Authenticator) checkOrganization(row route.Route, r *http.Request, caller Caller) error {
	if expected := r.Header.Values("X-Organization"); len(expected) > 0 {
		if len(expected) > 1 || expected[0] != caller.OrgCode {
			return problem.New(problem.OrganizationChanged, nil)
		}
	}
	if a.requireOrganization && caller.OrgCode == "" && row.Access != route.Optional && !row.AnyOrganization {
		return problem.New(problem.OrganizationRequired, errors.New("the token has no org_code"))
	}
	return nil
}
