package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

// Requirements are what a handler requires of its caller. All that are set must be met;
// an empty one requires nothing.
type Requirements struct {
	// Scopes must all be in the access token.
	Scopes []string
	// Permission, Role and FeatureFlag are keys that the token must have. A feature flag
	// must be a boolean that is true.
	Permission, Role, FeatureFlag string
	// Entitlement is the key of a billing feature. Tokens do not have entitlements, so
	// that Kinde is asked for it.
	Entitlement string
}

func (q Requirements) none() bool {
	return len(q.Scopes) == 0 && q.Permission == "" && q.Role == "" && q.FeatureFlag == "" && q.Entitlement == ""
}

// check refuses a caller who does not meet the requirements: with insufficient-scope
// where a new token may help (RFC 6750 section 3.1), else with not-allowed.
func (q Requirements) check(ctx context.Context, client *kinde.Client, caller auth.Caller) error {
	for _, scope := range q.Scopes {
		if !slices.Contains(caller.Scopes, scope) {
			p := problem.New(problem.InsufficientScope, nil)
			p.Challenge += `, scope="` + strings.Join(q.Scopes, " ") + `"`
			return p
		}
	}
	if missing := q.missing(caller); missing != "" {
		return problem.New(problem.NotAllowed, fmt.Errorf("the token lacks the %s", missing))
	}
	if q.Entitlement == "" {
		return nil
	}
	_, err := client.Entitlement(ctx, caller.Token, q.Entitlement)
	if failed, ok := errors.AsType[*problem.Error](err); ok && failed.Code == problem.NotEntitled {
		return problem.New(problem.NotAllowed, errors.New("the plan lacks the entitlement"))
	}
	return err
}

// missing names the kind of the first requirement that the token does not meet.
func (q Requirements) missing(caller auth.Caller) string {
	if q.Permission == "" && q.Role == "" && q.FeatureFlag == "" {
		return ""
	}
	grants := caller.Claims.Grants()
	role := q.Role == ""
	for _, r := range grants.Roles {
		role = role || r.Key == q.Role
	}
	flag := grants.FeatureFlags[q.FeatureFlag]
	switch {
	case q.Permission != "" && !slices.Contains(grants.Permissions, q.Permission):
		return "permission"
	case !role:
		return "role"
	case q.FeatureFlag != "" && string(flag.Value) != "true":
		return "feature flag"
	}
	return ""
}

// admit counts a caller against the row's limit and checks what the handler requires.
func (x *exchange) admit(r *http.Request, caller auth.Caller) error {
	if err := x.limit(r, caller); err != nil {
		return err
	}
	return x.row.Requires.check(r.Context(), x.services.Kinde, caller)
}
