// Package route is the whole API as one table: which function answers which
// method and path, who may call it and what it does.
//
// Everything that must agree with it reads it: endpoint serves its rows, the
// development server forwards by them, and the repository test compares them
// with functions/, netlify.toml, template.yaml and the README. It defends
// against a route that exists in one of those places and is unprotected or
// missing in another.
package route

import "strings"

// Access says who may call a route.
type Access int

const (
	// Anyone needs no credential.
	Anyone Access = iota
	// User needs a verified access token of one of our clients, as Bearer or in
	// the session cookie.
	User
	// Visitor may call without a credential; one that is there must be good.
	Visitor
	// Leaver may call with a session in whatever state, since the call ends it.
	Leaver
	// Newcomer is about to get a session: what is decided is whether they do.
	Newcomer
)

// Route is one row: one method on one path.
type Route struct {
	Function string // the folder in functions/ that answers it
	Method   string
	Pattern  string // public path; {name} stands for one path segment
	// Tail is what follows /.netlify/functions/<function> at the row's second
	// address; empty where the function has a single row.
	Tail   string
	Access Access
	// Query names the parameters the row knows. Under /api/ any other is
	// refused; elsewhere it is ignored, since links gather utm_… on their way.
	Query []string
	// ReadsOnly rows do nothing but read from Kinde with the caller's own
	// token. While no signing keys are held their call may start beside the
	// key fetch; the answer is withheld until the signature has verified.
	ReadsOnly bool
	// Device rows accept the tokens of KINDE_DEVICE_CLIENT_ID, which no other row does.
	Device bool
	// OAuth rows are called by OAuth client libraries: their errors carry the members of
	// RFC 6749 as well.
	OAuth bool
	// Limited rows take RATE_LIMIT requests of each caller: a person, or for want
	// of one the address they come from.
	Limited bool
	Does    string
}

// paging are the parameters of the lists.
var paging = []string{"page_size", "starting_after", "all"}

// signIn are the parameters of signing in and up, by Kinde's names.
var signIn = []string{"return_url", "org_code", "login_hint", "prompt", "lang", "connection_id", "is_create_org", "org_name",
	"invitation_code", "plan_interest", "pricing_table_key"}

// Table is every route that exists, by function.
var Table = []Route{
	{Function: "portal", Method: "GET", Pattern: "/portal", Access: User, Query: []string{"subnav", "return_url"}, ReadsOnly: true,
		Does: "sends the browser to a one-time Kinde self-serve portal link"},
	{Function: "user-profile", Method: "GET", Pattern: "/api/user-profile", Access: User, ReadsOnly: true, Device: true,
		Does: "Kinde's user profile"},
	{Function: "entitlements", Method: "GET", Pattern: "/api/entitlements", Access: User, Query: paging, ReadsOnly: true,
		Does: "billing entitlements: a page, or all"},
	{Function: "entitlements", Method: "GET", Pattern: "/api/entitlements/{key}", Tail: "/{key}", Access: User, ReadsOnly: true,
		Does: "the entitlement for one feature"},
	{Function: "feature-flags", Method: "GET", Pattern: "/api/feature-flags", Access: User, Query: paging, ReadsOnly: true,
		Does: "feature flags: a page, or all"},
	{Function: "permissions", Method: "GET", Pattern: "/api/permissions", Access: User, Query: paging, ReadsOnly: true,
		Does: "permissions: a page, or all"},
	{Function: "properties", Method: "GET", Pattern: "/api/properties", Access: User, Query: paging, ReadsOnly: true,
		Does: "properties: a page, or all"},
	{Function: "roles", Method: "GET", Pattern: "/api/roles", Access: User, Query: paging, ReadsOnly: true,
		Does: "roles: a page, or all"},
	{Function: "account", Method: "GET", Pattern: "/api/account", Access: User, Query: []string{"include"}, ReadsOnly: true,
		Does: "several of the above in one round trip"},
	{Function: "introspect", Method: "POST", Pattern: "/api/introspect", Access: User, Limited: true, OAuth: true,
		Does: "whether a token is in force (RFC 7662)"},
	{Function: "revoke", Method: "POST", Pattern: "/api/revoke", Access: User, Limited: true, Device: true, OAuth: true,
		Does: "ends a token (RFC 7009)"},
	{Function: "connected-apps", Method: "GET", Pattern: "/api/connected-apps/{app}/connect", Tail: "/{app}/connect", Access: User, Limited: true,
		Query: []string{"return_url"},
		Does:  "the address at which a person connects an app of somebody else's"},
	{Function: "connected-apps", Method: "GET", Pattern: "/api/connected-apps/{app}/token", Tail: "/{app}/token", Access: User, Query: []string{"connection"},
		Does: "a short-lived token for the connected app"},
	{Function: "connected-apps", Method: "POST", Pattern: "/api/connected-apps/{app}/revoke", Tail: "/{app}/revoke", Access: User, Query: []string{"connection"},
		Does: "ends the connection"},
	{Function: "device", Method: "POST", Pattern: "/api/device/authorize", Tail: "/authorize", Access: Anyone, Limited: true, OAuth: true,
		Does: "starts the device flow (RFC 8628)"},
	{Function: "device", Method: "POST", Pattern: "/api/device/token", Tail: "/token", Access: Anyone, OAuth: true,
		Does: "gives a device its tokens, once the person has agreed"},
	{Function: "protected-resource", Method: "GET", Pattern: "/api/protected-resource", Access: User, Query: []string{"check"}, Limited: true, Device: true,
		Does: "the sample API that a token with scopes may call"},
	{Function: "login", Method: "GET", Pattern: "/auth/login", Access: Anyone, Query: signIn,
		Does: "starts signing in: authorization code + PKCE"},
	{Function: "login", Method: "GET", Pattern: "/auth/register", Tail: "/register", Access: Anyone, Query: signIn,
		Does: "starts signing up"},
	{Function: "callback", Method: "GET", Pattern: "/auth/callback", Access: Newcomer, Query: []string{"state", "code", "error", "reauth_state"},
		Does: "ends signing in: sets the session cookie"},
	{Function: "logout", Method: "POST", Pattern: "/auth/logout", Access: Leaver,
		Does: "revokes the refresh token, clears the cookies, goes to Kinde's logout"},
	{Function: "session", Method: "GET", Pattern: "/api/session", Access: Visitor,
		Does: "who is signed in, as the frontend may know it"},
	{Function: "health", Method: "GET", Pattern: "/api/health", Access: Anyone,
		Does: "which settings are missing or wrong, by name"},
}

// Of returns the rows of one function, in the table's order.
func Of(function string) []Route {
	var rows []Route
	for _, row := range Table {
		if row.Function == function {
			rows = append(rows, row)
		}
	}
	return rows
}

// Name is the row's method and pattern, such as "GET /api/user-profile": what
// handlers are registered under and what the log lines carry.
func (r Route) Name() string { return r.Method + " " + r.Pattern }

// Address is the row's second address, the one Netlify gives every function.
func (r Route) Address() string { return "/.netlify/functions/" + r.Function + r.Tail }

// API reports whether the row belongs to the JSON API, where errors are always
// problems and unknown parameters are refused.
func (r Route) API() bool { return strings.HasPrefix(r.Pattern, "/api/") }
