package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

// topic is an error code or another thing that Kinde or a function shows.
type topic struct {
	name    string
	also    []string // other spellings
	remarks []remark
}

// remark is what a topic means in one place.
type remark struct{ where, remedy string }

// coded returns an error of Kinde's with these codes.
func coded(status int, codes ...string) *kinde.Error {
	return &kinde.Error{Status: status, Codes: codes}
}

const (
	byUser    = "a request with a user's token"
	byApp     = "signing in, refreshing, signing out"
	byMachine = "requesting the machine token"
	byCall    = "a request with the machine token"
	byDevice  = "the device flow"
	someScope = "that the request needs (read:connected_apps, create:connected_apps)"
	someHost  = "https://<subdomain>.kinde.com"
)

// kindeTopics are Kinde's refusals. The words are shared/kinde's, which the functions'
// logs have as "remedy".
func kindeTopics() []topic {
	one := func(name, where string, app func(*kinde.Error) string) remark {
		return remark{where, app(coded(http.StatusBadRequest, name))}
	}
	machine := func(e *kinde.Error) string { return kinde.MachineRemedy(e, someHost) }
	everywhere := func(name string) []remark {
		return []remark{one(name, byApp, kinde.AppRemedy), one(name, byMachine, machine),
			one(name, byDevice, kinde.DeviceRemedy)}
	}
	forbidden := func(e *kinde.Error) remark { return remark{byUser, e.Remedy()} }
	return []topic{
		{"MISSING_AUDIENCE", nil, []remark{forbidden(coded(403, "INVALID_CREDENTIALS", "MISSING_AUDIENCE")),
			{byCall, kinde.ManagementRemedy(coded(403, "INVALID_CREDENTIALS", "MISSING_AUDIENCE"), someScope)}}},
		{"INVALID_CREDENTIALS", []string{"403", "management-403"}, []remark{forbidden(coded(403, "INVALID_CREDENTIALS")),
			{byCall, kinde.ManagementRemedy(coded(403, "INVALID_CREDENTIALS"), someScope)}}},
		{"ROUTE_NOT_FOUND", []string{"404", "405"}, []remark{{"any request", coded(404, "ROUTE_NOT_FOUND").Remedy()}}},
		{"account-403", []string{"invalid_token", "401"}, []remark{forbidden(coded(403))}},
		{"invalid_client", nil, everywhere("invalid_client")},
		{"unauthorized_client", nil, everywhere("unauthorized_client")},
		{"invalid_grant", nil, []remark{{"redeeming a code (/auth/callback)", kinde.CodeRemedy},
			{"refreshing a session", kinde.RefreshRemedy}, {byDevice, kinde.DeviceCodeRemedy}}},
		{"invalid_scope", nil, everywhere("invalid_scope")},
		{"unsupported_grant_type", nil, []remark{one("unsupported_grant_type", byApp, kinde.AppRemedy)}},
		{"invalid_request", nil, everywhere("invalid_request")},
		{"invalid-callback-url", []string{"callback", "invalid-redirect-uri", "redirect_uri"},
			[]remark{{"Kinde's page when users sign in", kinde.CallbackRemedy}}},
		{"invalid-logout-url", []string{"logout", "invalid-logout-redirect-url"},
			[]remark{{"Kinde's page when users sign out", kinde.LogoutRemedy}}},
		{"no-refresh-token", []string{"refresh_token", "offline_access", "offline"},
			[]remark{{"sessions that end with their access token", kinde.NoRefreshRemedy}}},
		{"429", []string{"throttled", "upstream-throttled", "too-many-requests"},
			[]remark{{"any request", kinde.ThrottledRemedy}}},
		{"jwks-403", []string{"jwks", "keys-unavailable"}, []remark{{"fetching the signing keys", kinde.KeysRemedy}}},
	}
}

// ownerRemedies are what the site's owner can do about codes whose cause may be in the
// deployment.
var ownerRemedies = map[problem.Code]string{
	problem.InvalidToken: "where every token is refused, compare KINDE_ISSUER_URL with their iss and KINDE_CLIENT_ID " +
		"with their azp, and see that they are access tokens and not ID tokens; the log's auth line has the reason",
	problem.KeysUnavailable: "where it stays, the function cannot reach /.well-known/jwks at KINDE_ISSUER_URL",
	problem.WrongHost:       "set KINDE_SITE_URL to the site's own address; PREVIEW_ORIGINS allows deploy previews",
	problem.LoginFailed: "the log has the cause: often a callback URL that is not registered in Kinde, or a wrong " +
		"client secret",
	problem.SessionTooLarge: "take claims out of the access token in Kinde: properties, roles or permissions that the " +
		"site does not use",
	problem.InvalidReturnURL: "add the origin to ALLOWED_ORIGINS, exactly as browsers write it",
	problem.PortalFailed: "switch the self-serve portal, and that area of it, on in Kinde: Settings → Environment " +
		"→ Self-serve portal",
	problem.InvalidResponse: "set KINDE_MANAGEMENT_URL to the tenant's own host",
	problem.NotYourToken:    "the caller needs the permission that INTROSPECTION_PERMISSION names",
	problem.UnknownApp:      "add the app's reference key to CONNECTED_APPS",
	problem.UnknownAPI:      "add the API to PROXY_APIS as name=https://origin",
	problem.NotAllowed:      "gate.json names what the page requires",
	problem.OrganizationRequired: "REQUIRE_ORGANIZATION is yes: add the user to an organization in Kinde, " +
		"or let the sign-in name one with org_code",
	problem.Misconfigured: "run the doctor; /api/health and the function's log name the settings. " +
		"From /auth/gate it means that the function's and the edge's GATE_KEYS differ",
	problem.UpstreamMisconfigured: "the function's log has the remedy",
	problem.UpstreamFailed: "the function's log has the cause; from /api/proxy/ it is the site's own API that " +
		"failed",
	problem.RateLimited: "RATE_LIMIT is how many requests a caller may send; with REDIS_URL all instances " +
		"count together",
	problem.GateFailed: "the function's log has the cause",
	problem.Internal:   "a bug: the function's log has the place",
}

// functionTopics are the functions' own codes.
func functionTopics() (list []topic) {
	for _, code := range problem.Codes() {
		remarks := []remark{{fmt.Sprintf("a function's response (%d, %s)", code.Status(), code.Title()), code.Detail()}}
		if remedy := ownerRemedies[code]; remedy != "" {
			remarks = append(remarks, remark{"for the site's owner", remedy})
		}
		list = append(list, topic{string(code), nil, remarks})
	}
	slices.SortFunc(list, func(a, b topic) int { return cmp.Compare(a.name, b.name) })
	return list
}

func topics() []topic { return slices.Concat(kindeTopics(), functionTopics()) }

// normal is a topic's name in the one spelling that is compared.
func normal(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}

// named reports whether name is one of the topic's.
func (t topic) named(name string) bool {
	return slices.ContainsFunc(append([]string{t.name}, t.also...),
		func(own string) bool { return normal(own) == normal(name) })
}

// explain shows what codes mean. Several words may be several codes, as Kinde sends two, or
// one. An unknown word is not repeated: it may be a pasted token.
func (p program) explain(names []string) int {
	if len(names) == 0 {
		fmt.Fprintln(p.out, "Codes of Kinde's:")
		for _, t := range kindeTopics() {
			fmt.Fprintln(p.out, "  "+t.name)
		}
		fmt.Fprintln(p.out, "Codes of the functions:")
		for _, t := range functionTopics() {
			fmt.Fprintln(p.out, "  "+t.name)
		}
		return 0
	}
	if len(names) == 1 && (names[0] == "--help" || names[0] == "-h") {
		fmt.Fprint(p.out, usage)
		return 0
	}
	status := 2
	for _, t := range topics() {
		if t.named(strings.Join(names, " ")) || slices.ContainsFunc(names, t.named) {
			p.screen.explained(p.out, t)
			status = 0
		}
	}
	if status != 0 {
		fmt.Fprintln(p.errors, "doctor: unknown code; `doctor explain` without one lists those that are known.")
	}
	return status
}
