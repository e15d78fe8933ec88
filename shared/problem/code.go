package problem

import "net/http"

// Code names a failure for programs: the `code` of a problem document and the
// `error` of the /access/ page.
type Code string

// The codes, by what the caller can do about them.
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

// meaning is what a code says: its status, a short title that is the same each
// time, and a sentence that tells the caller what to do.
type meaning struct {
	status    int
	title     string
	detail    string
	challenge string
}

var meanings = map[Code]meaning{
	NoToken: {http.StatusUnauthorized, "Not signed in",
		"Send an access token as `Authorization: Bearer …`, or sign in.", "Bearer"},
	InvalidToken: {http.StatusUnauthorized, "Access token refused", "Sign in again to get a new access token.",
		`Bearer error="invalid_token"`},
	InvalidRequest: {http.StatusBadRequest, "Malformed request",
		"Send exactly one well-formed Authorization header.", ""},
	InsufficientScope: {http.StatusForbidden, "Scope missing",
		"Ask for an access token with the scopes this resource needs.", `Bearer error="insufficient_scope"`},
	KeysUnavailable: {http.StatusServiceUnavailable, "Signing keys unavailable",
		"The token could not be checked just now. Try again in half a minute.", ""},

	CSRFHeaderMissing: {http.StatusForbidden, "X-CSRF header missing",
		"Send `X-CSRF: 1` with requests that rely on the session cookie.", ""},
	CrossSite: {http.StatusForbidden, "Request from another site",
		"The session cookie serves pages of this site alone; from elsewhere send an access token.", ""},
	SessionSuperseded: {http.StatusConflict, "Session superseded",
		"Another request has just renewed this session. Send the request once more.", ""},
	SessionExpired: {http.StatusUnauthorized, "Session expired", "Sign in again.", "Bearer"},

	WrongHost: {http.StatusBadRequest, "Not the site's address",
		"Sign in at the site's own address; other addresses of it, such as deploy previews, cannot hold its session.", ""},
	LoginExpired:  {http.StatusBadRequest, "Sign-in expired", "Start signing in again.", ""},
	LoginRequired: {http.StatusUnauthorized, "Sign-in required", "Sign in without prompt=none.", "Bearer"},
	AccessDenied:  {http.StatusForbidden, "Sign-in declined", "Sign in again and accept, or go back to the site.", ""},
	LoginFailed: {http.StatusBadGateway, "Sign-in failed",
		"Try again; if it persists, look at the function's log.", ""},
	SessionTooLarge: {http.StatusInternalServerError, "Session too large",
		"The tokens do not fit a cookie: take claims out of them in Kinde.", ""},

	NotFound: {http.StatusNotFound, "No such path", "Check the path; /openapi.yaml lists every route.", ""},
	MethodNotAllowed: {http.StatusMethodNotAllowed, "Method not allowed",
		"Use one of the methods in the Allow header.", ""},
	BodyTooLarge: {http.StatusRequestEntityTooLarge, "Body too large", "Send at most 64 KiB.", ""},
	UnsupportedMediaType: {http.StatusUnsupportedMediaType, "Unsupported content type",
		"Send application/x-www-form-urlencoded or application/json.", ""},
	InvalidParameter: {http.StatusBadRequest, "Bad parameter",
		"Check the parameters; /openapi.yaml lists those of every route.", ""},
	InvalidReturnURL: {http.StatusBadRequest, "Return URL refused",
		"Use a path on this site, or a URL whose origin is the site's or one of ALLOWED_ORIGINS.", ""},

	UpstreamTimeout: {http.StatusGatewayTimeout, "Kinde did not answer in time", "Try again.", ""},
	UpstreamFailed: {http.StatusBadGateway, "Kinde could not be asked",
		"Try again; if it persists, look at the function's log.", ""},
	UpstreamThrottled: {http.StatusTooManyRequests, "Kinde throttles us",
		"Wait as long as Retry-After says, then try again.", ""},
	UpstreamMisconfigured: {http.StatusBadGateway, "This deployment is set up wrongly",
		"The site's owner finds the remedy in the function's log.", ""},

	PortalFailed: {http.StatusBadGateway, "Kinde refused a portal link",
		"Check that the self-serve portal is switched on for this area in Kinde.", ""},
	InvalidResponse: {http.StatusBadGateway, "Kinde's portal link is unusable",
		"Try again; if it persists, look at the function's log.", ""},
	PortalError: {http.StatusGatewayTimeout, "The portal cannot be reached", "Try again in a moment.", ""},

	NotEntitled: {http.StatusNotFound, "Not entitled", "The caller's plan does not include this feature.", ""},

	RateLimited: {http.StatusTooManyRequests, "Too many requests",
		"Wait as long as Retry-After says, then try again.", ""},
	NotYourToken: {http.StatusForbidden, "Not your token",
		"Ask about your own tokens: others' take a permission that you do not hold.", ""},
	NotRevoked: {http.StatusServiceUnavailable, "Not revoked",
		"Kinde is busy and the token still works. Try again after Retry-After.", ""},

	UnknownApp: {http.StatusNotFound, "Unknown app",
		"This deployment connects no app of that name: its owner lists them in CONNECTED_APPS.", ""},
	NotConnected: {http.StatusNotFound, "Not connected", "Connect the app first, or again.", ""},

	NotANavigation: {http.StatusServiceUnavailable, "Not a navigation",
		"Open this address by a link or a form, not by a prefetch.", ""},

	OrganizationChanged: {http.StatusConflict, "Organization changed",
		"This session is in another organization now. Load the page again.", ""},
	OrganizationRequired: {http.StatusForbidden, "Organization required", "Sign in to an organization.", ""},

	NotAllowed: {http.StatusForbidden, "Not allowed",
		"Your account lacks a permission, role, feature flag or entitlement that this needs.", ""},
	GateFailed: {http.StatusBadGateway, "Access could not be checked", "Try again in a moment.", ""},
	NoCookies:  {http.StatusBadRequest, "Cookies are off", "Allow cookies for this site, then try again.", ""},

	UnknownAPI: {http.StatusNotFound, "Unknown API",
		"This deployment forwards to no API of that name: its owner lists them in PROXY_APIS.", ""},
	NotImplemented: {http.StatusNotImplemented, "Not implemented", "Connections cannot be upgraded here.", ""},

	Unavailable: {http.StatusServiceUnavailable, "Unavailable", "Try again after Retry-After.", ""},
	Misconfigured: {http.StatusInternalServerError, "This deployment lacks settings",
		"The site's owner finds the names of the settings in the function's log.", ""},
	Internal: {http.StatusInternalServerError, "Internal error",
		"Try again; if it persists, give the site's owner the request id.", ""},
}

// Codes lists every code, in no particular order.
func Codes() []Code {
	codes := make([]Code, 0, len(meanings))
	for code := range meanings {
		codes = append(codes, code)
	}
	return codes
}

// Status is the HTTP status that goes with the code.
func (c Code) Status() int { return c.meaning().status }

func (c Code) meaning() meaning {
	if m, ok := meanings[c]; ok {
		return m
	}
	return meanings[Internal]
}

// Title is a short summary of the code.
func (c Code) Title() string { return c.meaning().title }

// Detail tells a caller what to do, where an Error has no Detail of its own.
func (c Code) Detail() string { return c.meaning().detail }
