package main

import (
	"fmt"
	"net/http"
	"strings"

	"kinde-functions/shared/kinde"
)

// symptom is something that Kinde shows, and what the deployer is told about it.
type symptom struct {
	name    string   // as it is asked for
	also    []string // other spellings
	remarks []remark
}

// remark is what a signal means in one place.
type remark struct{ where, remedy string }

// coded is Kinde's answer with these codes.
func coded(status int, codes ...string) *kinde.Error {
	return &kinde.Error{Status: status, Codes: codes}
}

const (
	byPerson  = "a call with a person's token"
	byApp     = "signing in, refreshing, signing out"
	byMachine = "asking for the machine token"
	byCall    = "a call with the machine token"
	byDevice  = "the device flow"
	someScope = "that the call needs (read:connected_apps, create:connected_apps)"
	someHost  = "https://<subdomain>.kinde.com"
)

// symptoms are what is known of Kinde's refusals. The words are shared/kinde's, which
// the functions' logs have as "remedy".
func symptoms() []symptom {
	one := func(name, where string, app func(*kinde.Error) string) remark {
		return remark{where, app(coded(http.StatusBadRequest, name))}
	}
	machine := func(e *kinde.Error) string { return kinde.MachineRemedy(e, someHost) }
	everywhere := func(name string) []remark {
		return []remark{one(name, byApp, kinde.AppRemedy), one(name, byMachine, machine), one(name, byDevice, kinde.DeviceRemedy)}
	}
	forbidden := func(e *kinde.Error) remark { return remark{byPerson, e.Remedy()} }
	return []symptom{
		{"MISSING_AUDIENCE", nil, []remark{forbidden(coded(403, "INVALID_CREDENTIALS", "MISSING_AUDIENCE")),
			{byCall, kinde.ManagementRemedy(coded(403, "INVALID_CREDENTIALS", "MISSING_AUDIENCE"), someScope)}}},
		{"INVALID_CREDENTIALS", []string{"403", "management-403"}, []remark{forbidden(coded(403, "INVALID_CREDENTIALS")),
			{byCall, kinde.ManagementRemedy(coded(403, "INVALID_CREDENTIALS"), someScope)}}},
		{"ROUTE_NOT_FOUND", []string{"404", "405"}, []remark{{"any call", coded(404, "ROUTE_NOT_FOUND").Remedy()}}},
		{"account-403", []string{"invalid_token", "401"}, []remark{forbidden(coded(403))}},
		{"invalid_client", nil, everywhere("invalid_client")},
		{"unauthorized_client", nil, everywhere("unauthorized_client")},
		{"invalid_grant", nil, []remark{{"redeeming a code (/auth/callback)", kinde.CodeRemedy}, {"refreshing a session", kinde.RefreshRemedy},
			{byDevice, kinde.DeviceCodeRemedy}}},
		{"invalid_scope", nil, everywhere("invalid_scope")},
		{"unsupported_grant_type", nil, []remark{one("unsupported_grant_type", byApp, kinde.AppRemedy)}},
		{"invalid_request", nil, everywhere("invalid_request")},
		{"invalid-callback-url", []string{"callback", "invalid-redirect-uri", "redirect_uri"}, []remark{{"Kinde's page when people sign in", kinde.CallbackRemedy}}},
		{"invalid-logout-url", []string{"logout", "invalid-logout-redirect-url"}, []remark{{"Kinde's page when people sign out", kinde.LogoutRemedy}}},
		{"no-refresh-token", []string{"refresh_token", "offline_access", "offline"}, []remark{{"sessions that end with their access token", kinde.NoRefreshRemedy}}},
		{"429", []string{"throttled", "upstream-throttled", "too-many-requests"}, []remark{{"any call", kinde.ThrottledRemedy}}},
		{"jwks-403", []string{"jwks", "keys-unavailable"}, []remark{{"fetching the signing keys", kinde.KeysRemedy}}},
	}
}

// normal is a signal's name in the one spelling that is compared.
func normal(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}

// answersTo reports whether the signal goes by that name.
func (s symptom) answersTo(name string) bool {
	for _, own := range append([]string{s.name}, s.also...) {
		if normal(own) == normal(name) {
			return true
		}
	}
	return false
}

// explain shows what a signal means. Several words are several signals, as Kinde may
// send two codes. A word that is unknown is not repeated: it may be a pasted token.
func (m machine) explain(names []string) int {
	list := symptoms()
	if len(names) == 0 {
		fmt.Fprintln(m.out, "Signals that can be explained:")
		for _, s := range list {
			fmt.Fprintln(m.out, "  "+s.name)
		}
		return 0
	}
	if len(names) == 1 && (names[0] == "--help" || names[0] == "-h") {
		fmt.Fprint(m.out, usage)
		return 0
	}
	status := 2
	for _, s := range list {
		for _, name := range names {
			if s.answersTo(name) || s.answersTo(strings.Join(names, " ")) {
				m.screen.explained(m.out, s)
				status = 0
				break
			}
		}
	}
	if status != 0 {
		fmt.Fprintln(m.errors, "doctor: no such signal is known; without one, explain lists those that are. docs/errors.md has the functions' own codes.")
	}
	return status
}
