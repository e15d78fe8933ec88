package kinde

import "net/http"

// Remedies tell the deployer how to fix a refusal, in the log and in scripts/doctor. The
// credentials of a call decide what a code means.

// Remedies for refusals that the codes of a response do not identify.
const (
	CodeRemedy = "the code was used or ran out, or the registered callback URL differs from " +
		"<KINDE_SITE_URL>/auth/callback"
	DeviceCodeRemedy = "the device's code was used or ran out: begin the device flow again"
	RefreshRemedy    = "another request has renewed the session, or it was ended: send the request again with the " +
		"newer cookie, else sign in again"
	NoRefreshRemedy = "KINDE_SCOPES must hold offline: without it, or with offline_access in its place, Kinde gives " +
		"no refresh token and says nothing"
	CallbackRemedy = "the callback URL is not registered: add exactly <KINDE_SITE_URL>/auth/callback to the " +
		"application's allowed callback URLs in Kinde"
	LogoutRemedy = "the address is not registered: add it exactly to the application's allowed logout redirect " +
		"URLs in Kinde"
	KeysRemedy = "the key set is refused where the host is not the tenant's, or where something on the way adds " +
		"an Authorization header: check KINDE_ISSUER_URL, and proxies"
	ThrottledRemedy = "Kinde throttles: wait as long as Retry-After says, else RateLimit-Reset seconds, then try again"
)

// Remedy tells the deployer what caused the response and how to fix it. It is empty
// when there is nothing to fix.
func (e *Error) Remedy() string {
	switch {
	case e.Has("MISSING_AUDIENCE"):
		return "a user's token reached the Management API (user calls live under /account_api/v1), or the M2M audience is " +
			"not https://<subdomain>.kinde.com/api"
	case e.Has("ROUTE_NOT_FOUND"), e.Status == http.StatusNotFound, e.Status == http.StatusMethodNotAllowed:
		return "wrong path or method at Kinde: check that KINDE_ISSUER_URL is the tenant's own origin"
	case e.Status >= 300 && e.Status < 400:
		return "KINDE_ISSUER_URL redirects: set it to the origin it redirects to, exactly as the tokens' iss"
	case e.Has("INVALID_CREDENTIALS"), e.Status == http.StatusForbidden, e.Status == http.StatusUnauthorized:
		return "the token is expired, revoked or minted on the tenant's other domain: sign in again, and compare " +
			"KINDE_ISSUER_URL with the token's iss"
	}
	return ""
}

// AppRemedy is Error.Remedy for calls with an application's credentials.
func AppRemedy(e *Error) string {
	switch {
	case e.Has("invalid_client"):
		return "the client id or secret is wrong or was rotated: compare KINDE_CLIENT_ID and KINDE_CLIENT_SECRET with the " +
			"application in Kinde"
	case e.Has("unauthorized_client"):
		return "the application's type does not allow this grant: it must be a back-end web application in Kinde"
	case e.Has("invalid_grant"):
		return "" // caused by the user or another request
	case e.Has("invalid_scope"):
		return "a scope in KINDE_SCOPES is not assigned to the application in Kinde"
	case e.Has("unsupported_grant_type"), e.Has("invalid_request"):
		return "Kinde did not understand the request: check KINDE_AUDIENCE and that KINDE_ISSUER_URL is the tenant's own " +
			"origin"
	}
	return e.Remedy()
}

// DeviceRemedy is AppRemedy for the device application, which has no secret.
func DeviceRemedy(e *Error) string {
	switch {
	case e.Has("invalid_client"):
		return "compare KINDE_DEVICE_CLIENT_ID with the device application in Kinde"
	case e.Has("unauthorized_client"):
		return "KINDE_DEVICE_CLIENT_ID must name an application of the type Device in Kinde"
	case e.Has("invalid_scope"):
		return "a scope is not assigned to the device application in Kinde: see KINDE_SCOPES"
	}
	return AppRemedy(e)
}

// MachineRemedy is AppRemedy for requests for the machine's token; management is the
// tenant's kinde.com origin.
func MachineRemedy(e *Error, management string) string {
	switch audience := management + "/api"; {
	case e.Has("invalid_client"):
		return "compare KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET with the machine-to-machine application in Kinde"
	case e.Has("unauthorized_client"), e.Has("access_denied"):
		return "authorize the machine-to-machine application for the Kinde Management API in Kinde (" + audience + ")"
	case e.Has("invalid_scope"), e.Has("invalid_request"):
		return "the audience " + audience +
			" is not the Management API's: set KINDE_MANAGEMENT_URL to https://<subdomain>.kinde.com"
	}
	return AppRemedy(e)
}

// ManagementRemedy is for refused calls with the machine's token; scope is the one that
// the call needs, or empty where Kinde documents none.
func ManagementRemedy(e *Error, scope string) string {
	switch {
	case e.Has("MISSING_AUDIENCE"):
		return "the machine's token is for another audience: set KINDE_MANAGEMENT_URL to https://<subdomain>.kinde.com"
	case scope != "":
		return "give the machine-to-machine application the scope " + scope +
			" of the Kinde Management API; it takes effect within the hour"
	}
	return "Kinde refuses the machine's token: compare KINDE_ISSUER_URL and KINDE_MANAGEMENT_URL with the tenant"
}
