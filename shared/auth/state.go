package auth

import (
	"time"

	"kinde-functions/shared/token"
)

// State is what a page may know of the signed-in user: the response of /api/session. Its
// lists and flags are never null. It holds no token.
type State struct {
	Authenticated bool                  `json:"authenticated"`
	User          StateUser             `json:"user"`
	Permissions   []string              `json:"permissions"`
	Roles         []token.Role          `json:"roles"`
	FeatureFlags  map[string]token.Flag `json:"feature_flags"`
	ExpiresAt     time.Time             `json:"expires_at"`
}

// StateUser is the user of a State.
type StateUser struct {
	ID      string `json:"id"`
	OrgCode string `json:"org_code"`
}

// StateOf returns the state of an identified caller.
func StateOf(caller Caller) State {
	grants := caller.Claims.Grants()
	flags := grants.FeatureFlags
	if flags == nil {
		flags = map[string]token.Flag{}
	}
	return State{
		Authenticated: true, User: StateUser{caller.Subject, caller.OrgCode},
		Permissions: append([]string{}, grants.Permissions...), Roles: append([]token.Role{}, grants.Roles...),
		FeatureFlags: flags, ExpiresAt: caller.Claims.Expiry.UTC(),
	}
}
