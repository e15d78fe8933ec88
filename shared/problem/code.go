package problem

import "net/http"

// Code identifies a failure: the `code` of a problem document and the `error` parameter
// of the /access/ page.
type Code string

// The codes, grouped by what the caller can do about them.
const (
	NoToken           Code = "no-token"
	InvalidToken      Code = "invalid-token"
	InvalidRequest    Code = "invalid-request"
	InsufficientScope Code = "insufficient-scope"
	KeysUnavailable   Code = "keys-unavailable"

	CSRFHeaderMissing Code = "csrf-header-missing"
	CrossSite         Code = "cross-site"
	SessionSuperseded Code = "session-superseded"
	SessionExpired    Code = "session-expired"

	WrongHost       Code = "wrong-host"
	LoginExpired    Code = "login-expired"
	LoginRequired   Code = "login-required"
	AccessDenied    Code = "access-denied"
	LoginFailed     Code = "login-failed"
	SessionTooLarge Code = "session-too-large"

	NotFound             Code = "not-found"
	MethodNotAllowed     Code = "method-not-allowed"
	BodyTooLarge         Code = "body-too-large"
	UnsupportedMediaType Code = "unsupported-media-type"
	InvalidParameter     Code = "invalid-parameter"
	InvalidReturnURL     Code = "invalid-return-url"

	UpstreamTimeout       Code = "upstream-timeout"
	UpstreamFailed        Code = "upstream-failed"
	UpstreamThrottled     Code = "upstream-throttled"
	UpstreamMisconfigured Code = "upstream-misconfigured"

	PortalFailed    Code = "portal-failed"
	InvalidResponse Code = "invalid-response"
	PortalError     Code = "portal-error"

	NotEntitled Code = "not-entitled"

	RateLimited  Code = "rate-limited"
	NotYourToken Code = "not-your-token"
	NotRevoked   Code = "not-revoked"

	UnknownApp   Code = "unknown-app"
	NotConnected Code = "not-connected"

	NotANavigation Code = "not-a-navigation"

	OrganizationChanged  Code = "organization-changed"
	OrganizationRequired Code = "organization-required"

	NotAllowed Code = "not-allowed"
	GateFailed Code = "gate-failed"
	NoCookies  Code = "no-cookies"

	UnknownAPI     Code = "unknown-api"
	NotImplemented Code = "not-implemented"

	Unavailable   Code = "unavailable"
	Misconfigured Code = "misconfigured"
	Internal      Code = "internal"
)

// meaning is a code's status, its fixed title, a sentence on what the caller can do, and
// its WWW-Authenticate challenge.
type meaning struct {
	status    int
	title     string
	detail    string
	challenge string
}

var meanings = map[Code]meaning{
	NoToken: {http.StatusUnauthorized, "Not signed in",
		"Send an access token as `Authorization: Bearer …`, or sign in.", "Bearer"},
	InvalidToken: {http.StatusUnauthorized, "Invalid access token", "Sign in again to get a new access token.",
		`Bearer error="invalid_token"`},
	InvalidRequest: {http.StatusBadRequest, "Malformed request",
		"Send exactly one well-formed Authorization header.", ""},
	InsufficientScope: {http.StatusForbidden, "Insufficient scope",
		"Request an access token with the scopes that this resource requires.", `Bearer error="insufficient_scope"`},
	KeysUnavailable: {http.StatusServiceUnavailable, "Signing keys unavailable",
		"The token cannot be verified at the moment. Try again in 30 seconds.", ""},

	CSRFHeaderMissing: {http.StatusForbidden, "X-CSRF header missing",
		"Send `X-CSRF: 1` with requests that use the session cookie.", ""},
	CrossSite: {http.StatusForbidden, "Cross-site request",
		"The session cookie works only for pages of this site. Send an access token instead.", ""},
	SessionSuperseded: {http.StatusConflict, "Session superseded",
		"Another request has refreshed this session. Send the request again.", ""},
	SessionExpired: {http.StatusUnauthorized, "Session expired", "Sign in again.", "Bearer"},

	WrongHost: {http.StatusBadRequest, "Wrong host",
		"Sign in at the site's own address. Deploy previews and other addresses cannot keep its session.", ""},
	LoginExpired:  {http.StatusBadRequest, "Sign-in expired", "Sign in again.", ""},
	LoginRequired: {http.StatusUnauthorized, "Sign-in required", "Sign in without prompt=none.", "Bearer"},
	AccessDenied:  {http.StatusForbidden, "Sign-in declined", "Sign in again and accept, or return to the site.", ""},
	LoginFailed: {http.StatusBadGateway, "Sign-in failed",
		"Try again. If the error persists, see the function's log.", ""},
	SessionTooLarge: {http.StatusInternalServerError, "Session too large",
		"The tokens do not fit in a cookie. Remove claims from them in Kinde.", ""},

	NotFound: {http.StatusNotFound, "Not found", "Check the path; /openapi.yaml lists every route.", ""},
	MethodNotAllowed: {http.StatusMethodNotAllowed, "Method not allowed",
		"Use one of the methods in the Allow header.", ""},
	BodyTooLarge: {http.StatusRequestEntityTooLarge, "Request body too large", "Send at most 64 KiB.", ""},
	UnsupportedMediaType: {http.StatusUnsupportedMediaType, "Unsupported content type",
		"Send application/x-www-form-urlencoded or application/json.", ""},
	InvalidParameter: {http.StatusBadRequest, "Invalid parameter",
		"Check the parameters; /openapi.yaml lists those of every route.", ""},
	InvalidReturnURL: {http.StatusBadRequest, "Return URL not allowed",
		"Use a path on this site, or a URL whose origin is the site's or one of ALLOWED_ORIGINS.", ""},

	UpstreamTimeout: {http.StatusGatewayTimeout, "No response from Kinde in time", "Try again.", ""},
	UpstreamFailed: {http.StatusBadGateway, "Request to Kinde failed",
		"Try again. If the error persists, see the function's log.", ""},
	UpstreamThrottled: {http.StatusTooManyRequests, "Too many requests to Kinde",
		"Wait as long as Retry-After says, then try again.", ""},
	UpstreamMisconfigured: {http.StatusBadGateway, "Deployment misconfigured",
		"The function's log says how to fix it.", ""},

	PortalFailed: {http.StatusBadGateway, "No portal link from Kinde",
		"Check that the self-serve portal is enabled for this area in Kinde.", ""},
	InvalidResponse: {http.StatusBadGateway, "Invalid portal link from Kinde",
		"Try again. If the error persists, see the function's log.", ""},
	PortalError: {http.StatusGatewayTimeout, "Portal unreachable", "Try again in a moment.", ""},

	NotEntitled: {http.StatusNotFound, "Not entitled", "The caller's plan does not include this feature.", ""},

	RateLimited: {http.StatusTooManyRequests, "Too many requests",
		"Wait as long as Retry-After says, then try again.", ""},
	NotYourToken: {http.StatusForbidden, "Not your token",
		"Introspecting other tokens requires a permission that you do not have.", ""},
	NotRevoked: {http.StatusServiceUnavailable, "Not revoked",
		"Kinde is busy and the token is still valid. Try again after Retry-After.", ""},

	UnknownApp: {http.StatusNotFound, "Unknown app",
		"CONNECTED_APPS of this deployment does not list the app.", ""},
	NotConnected: {http.StatusNotFound, "Not connected", "Connect the app first.", ""},

	NotANavigation: {http.StatusServiceUnavailable, "Not a navigation",
		"Open this address with a link or a form, not with a prefetch.", ""},

	OrganizationChanged: {http.StatusConflict, "Organization changed",
		"The session has changed to another organization. Reload the page.", ""},
	OrganizationRequired: {http.StatusForbidden, "Organization required", "Sign in to an organization.", ""},

	NotAllowed: {http.StatusForbidden, "Not allowed",
		"Your account lacks a required permission, role, feature flag or entitlement.", ""},
	GateFailed: {http.StatusBadGateway, "Access check failed", "Try again in a moment.", ""},
	NoCookies:  {http.StatusBadRequest, "Cookies disabled", "Allow cookies for this site, then try again.", ""},

	UnknownAPI: {http.StatusNotFound, "Unknown API",
		"PROXY_APIS of this deployment does not list the API.", ""},
	NotImplemented: {http.StatusNotImplemented, "Not implemented", "Connection upgrades are not supported.", ""},

	Unavailable: {http.StatusServiceUnavailable, "Unavailable", "Try again after Retry-After.", ""},
	Misconfigured: {http.StatusInternalServerError, "Deployment settings missing",
		"The function's log names the settings.", ""},
	Internal: {http.StatusInternalServerError, "Internal error",
		"Try again. If the error persists, report the request ID.", ""},
}

// Codes lists every code, in no particular order.
func Codes() []Code {
	codes := make([]Code, 0, len(meanings))
	for code := range meanings {
		codes = append(codes, code)
	}
	return codes
}

// Status returns the code's HTTP status.
func (c Code) Status() int { return c.meaning().status }

func (c Code) meaning() meaning {
	if m, ok := meanings[c]; ok {
		return m
	}
	return meanings[Internal]
}

// Title returns the code's short summary.
func (c Code) Title() string { return c.meaning().title }

// Detail returns the detail of Errors that have none of their own.
func (c Code) Detail() string { return c.meaning().detail }
