// Package route is the whole API as one table: which function serves which
// method and path, who may call it and what it does.
//
// Everything that must agree with it reads it: endpoint serves its rows, the
// development server forwards by them, and the repository test compares them
// with functions/, netlify.toml, template.yaml and the README. It defends
// against a route that exists in one of those places and is unprotected or
// missing in another.
package route

import "strings"

// Access identifies who may call a route.
type Access int

const (
	// Anyone needs no credential.
	Anyone Access = iota
	// User needs a verified access token of one of this service's clients, as Bearer or
	// in the session cookie.
	User
	// Session is User by session cookie alone.
	Session
	// Optional accepts requests without a credential; one that is present must be valid.
	Optional
	// OptionalSession is Optional by session cookie alone.
	OptionalSession
	// SignOut accepts any state of the session, since the request ends it.
	SignOut
	// SignIn requests complete a sign-in: the decision is whether a session begins.
	SignIn
)

// Navigation selects which requests a route accepts of a browser that loads pages ahead.
type Navigation int

const (
	// AnyRequest accepts all.
	AnyRequest Navigation = iota
	// NoPrefetch refuses prefetches and prerenders, whose response the browser would show
	// for a later click.
	NoPrefetch
	// NavigationOnly refuses subresource requests as well.
	NavigationOnly
)

// Route is one row: one method on one path.
type Route struct {
	Function string // the folder in functions/ that serves it
	Method   string // AnyMethod for each of AllMethods
	// Pattern is the public path. {name} stands for one path segment, {path+} at its end
	// for what follows, which may be empty.
	Pattern string
	// Tail is what follows /.netlify/functions/<function> at the row's second
	// address; empty where the function has a single row.
	Tail   string
	Access Access
	// Query names the parameters the row accepts. Under /api/ any other is
	// refused; elsewhere it is ignored, since links gather utm_… on their way.
	Query []string
	// ReadsOnly rows do nothing but read from Kinde with the caller's own token. While a
	// process holds no signing keys, their handler may run during the key fetch; the
	// response is withheld until the signature has been verified.
	ReadsOnly bool
	// Device rows accept the tokens of KINDE_DEVICE_CLIENT_ID, which no other row does.
	Device bool
	// OAuth rows are called by OAuth client libraries: their errors carry the members of
	// RFC 6749 as well.
	OAuth bool
	// Download rows under /api/ may be read by a plain link of the site's own pages,
	// which cannot send X-CSRF.
	Download bool
	// AnyOrganization rows serve users without an organization under REQUIRE_ORGANIZATION.
	AnyOrganization bool
	// Limited rows accept RATE_LIMIT requests of each caller: a user, else an address.
	Limited bool
	// Navigation selects which of a browser's requests the row accepts.
	Navigation Navigation
	// Proxied rows forward requests. Their query, media type and body are not this service's:
	// no rule for parameters applies, and a body may have 4 MiB.
	Proxied bool
	// Repeats rows respond to an HTML request without credentials once with a page that
	// repeats it from the site: a link in an e-mail does not bring the session cookie.
	Repeats bool
	Does    string
}

// AnyMethod is the Method of a row that serves each of AllMethods.
const AnyMethod = "ANY"

// AllMethods are the methods that an AnyMethod row serves.
var AllMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// paging are the parameters of the lists.
var paging = []string{"page_size", "starting_after", "all"}

// signIn are the parameters of signing in and up, by Kinde's names.
var signIn = []string{"return_url", "org_code", "login_hint", "prompt", "lang", "connection_id", "is_create_org",
	"org_name",
	"invitation_code", "plan_interest", "pricing_table_key"}

// Table is every route that exists, by function.
var Table = []Route{
	{Function: "portal", Method: "GET", Pattern: "/portal", Access: User, Query: []string{"subnav", "return_url"},
		ReadsOnly:  true,
		Navigation: NoPrefetch, Repeats: true,
		Does: "sends the browser to a one-time Kinde self-serve portal link"},
	{Function: "user-profile", Method: "GET", Pattern: "/api/user-profile", Access: User, ReadsOnly: true, Device: true,
		Does: "Kinde's user profile"},
	{Function: "entitlements", Method: "GET", Pattern: "/api/entitlements", Access: User, Query: paging, ReadsOnly: true,
		Does: "billing entitlements: a page, or all"},
	{Function: "entitlements", Method: "GET", Pattern: "/api/entitlements/{key}", Tail: "/{key}", Access: User,
		ReadsOnly: true,
		Does:      "the entitlement for one feature"},
	{Function: "feature-flags", Method: "GET", Pattern: "/api/feature-flags", Access: User, Query: paging, ReadsOnly: true,
		Does: "feature flags: a page, or all"},
	{Function: "permissions", Method: "GET", Pattern: "/api/permissions", Access: User, Query: paging, ReadsOnly: true,
		Does: "permissions: a page, or all"},
	{Function: "properties", Method: "GET", Pattern: "/api/properties", Access: User, Query: paging, ReadsOnly: true,
		Does: "properties: a page, or all"},
	{Function: "roles", Method: "GET", Pattern: "/api/roles", Access: User, Query: paging, ReadsOnly: true,
		Does: "roles: a page, or all"},
	{Function: "account", Method: "GET", Pattern: "/api/account", Access: User, Query: []string{"include"},
		ReadsOnly: true,
		Does:      "several of the above in one round trip"},
	{Function: "introspect", Method: "POST", Pattern: "/api/introspect", Access: User, Limited: true, OAuth: true,
		Does: "whether a token is in force (RFC 7662)"},
	{Function: "revoke", Method: "POST", Pattern: "/api/revoke", Access: User, Limited: true, Device: true, OAuth: true,
		Does: "ends a token (RFC 7009)"},
	{Function: "connected-apps", Method: "GET", Pattern: "/api/connected-apps/{app}/connect", Tail: "/{app}/connect",
		Access: User, Limited: true,
		Query: []string{"return_url"},
		Does:  "the address at which a user connects a third-party app"},
	{Function: "connected-apps", Method: "GET", Pattern: "/api/connected-apps/{app}/token", Tail: "/{app}/token",
		Access: User, Query: []string{"connection"},
		Does: "a short-lived token for the connected app"},
	{Function: "connected-apps", Method: "POST", Pattern: "/api/connected-apps/{app}/revoke", Tail: "/{app}/revoke",
		Access: User, Query: []string{"connection"},
		Does: "ends the connection"},
	{Function: "device", Method: "POST", Pattern: "/api/device/authorize", Tail: "/authorize", Access: Anyone,
		Limited: true, OAuth: true,
		Does: "starts the device flow (RFC 8628)"},
	{Function: "device", Method: "POST", Pattern: "/api/device/token", Tail: "/token", Access: Anyone, OAuth: true,
		Does: "returns a device's tokens once the user has approved"},
	{Function: "protected-resource", Method: "GET", Pattern: "/api/protected-resource", Access: User,
		Query: []string{"check"}, Limited: true, Device: true,
		Does: "the sample API that a token with scopes may call"},
	{Function: "login", Method: "GET", Pattern: "/auth/login", Access: Anyone, Query: signIn,
		Navigation: NavigationOnly,
		Does:       "starts signing in: authorization code + PKCE"},
	{Function: "login", Method: "GET", Pattern: "/auth/register", Tail: "/register", Access: Anyone, Query: signIn,
		Navigation: NavigationOnly,
		Does:       "starts signing up"},
	{Function: "gate", Method: "GET", Pattern: "/auth/gate", Access: OptionalSession,
		Query:      []string{"return_url", "pass"},
		Navigation: NoPrefetch, Repeats: true, Does: "lets a user's browser into protected pages"},
	{Function: "callback", Method: "GET", Pattern: "/auth/callback", Access: SignIn,
		Query:      []string{"state", "code", "error", "reauth_state"},
		Navigation: NavigationOnly,
		Does:       "ends signing in: sets the session cookie"},
	{Function: "refresh", Method: "POST", Pattern: "/auth/refresh", Access: Session, Limited: true,
		Does: "new tokens with current claims, without a new sign-in"},
	{Function: "organizations", Method: "GET", Pattern: "/api/organizations", Access: User, AnyOrganization: true,
		Does: "the organizations that the user belongs to, and the one of this session"},
	{Function: "logout", Method: "POST", Pattern: "/auth/logout", Access: SignOut,
		Does: "revokes the refresh token, clears the cookies, goes to Kinde's logout"},
	{Function: "session", Method: "GET", Pattern: "/api/session", Access: Optional,
		Does: "the signed-in user, without tokens"},
	{Function: "webhooks", Method: "POST", Pattern: "/webhooks/kinde", Access: Anyone,
		Does: "receives Kinde's events about users and subscriptions"},
	{Function: "proxy", Method: AnyMethod, Pattern: "/api/proxy/{name}", Tail: "/{name}", Access: User, Proxied: true,
		Does: "forwards to the site's own API, with the user's access token"},
	{Function: "proxy", Method: AnyMethod, Pattern: "/api/proxy/{name}/{path+}", Tail: "/{name}/{path+}", Access: User,
		Proxied: true,
		Does:    "forwards to a path of it"},
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

// Methods returns the methods that the row serves.
func (r Route) Methods() []string {
	if r.Method == AnyMethod {
		return AllMethods
	}
	return []string{r.Method}
}

// Address is the row's second address, the one Netlify gives every function.
func (r Route) Address() string { return "/.netlify/functions/" + r.Function + r.Tail }

// API reports whether the row belongs to the JSON API, where errors are always
// problems and unknown parameters are refused.
func (r Route) API() bool { return strings.HasPrefix(r.Pattern, "/api/") }

// Webhook reports whether the row is called by Kinde's server. Its errors are always
// problems.
func (r Route) Webhook() bool { return strings.HasPrefix(r.Pattern, "/webhooks/") }
