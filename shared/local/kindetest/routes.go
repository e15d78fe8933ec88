package kindetest

import (
	"net/http"
)

// maxBody bounds a request body, in bytes.
const maxBody = 64 << 10

// ServeHTTP records the call and serves the endpoint, or the fault that is set for it.
func (k *Kinde) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	// After a parse error the form is empty, and the endpoint reports the missing
	// parameters.
	_ = r.ParseForm()
	k.callLog.record(r, k.opt.Now())
	// net/http would send the machine's time, not the tenant's.
	w.Header().Set("Date", k.opt.Now().UTC().Format(http.TimeFormat))
	if k.allowOrigin(w, r) {
		return // a preflight
	}
	if fault, due := k.faults.take(r); due && fault.play(w, r) {
		return
	}
	k.mux.ServeHTTP(w, r)
}

// routes registers every endpoint.
func (k *Kinde) routes() {
	k.mux = http.NewServeMux()
	handle := k.mux.HandleFunc
	handle("GET /.well-known/openid-configuration", k.discovery)
	handle("GET /.well-known/jwks", k.keySet)
	handle("GET /.well-known/jwks.json", k.keySet)

	handle("POST /oauth2/token", k.token)
	handle("GET /oauth2/v2/user_profile", k.userProfile)
	handle("POST /oauth2/introspect", k.introspect)
	handle("POST /oauth2/revoke", k.revoke)
	handle("POST /oauth2/device/auth", k.deviceAuth)

	handle("GET /account_api/v1/entitlements", k.account(listEntitlements))
	handle("GET /account_api/v1/entitlement/{key}", k.account(k.oneEntitlement))
	handle("GET /account_api/v1/feature_flags", k.account(listFeatureFlags))
	handle("GET /account_api/v1/permissions", k.account(listPermissions))
	handle("GET /account_api/v1/roles", k.account(listRoles))
	handle("GET /account_api/v1/properties", k.account(listProperties))
	handle("GET /account_api/v1/portal_link", k.account(k.portalLink))
	handle("/account_api/", routeNotFound)

	handle("GET /api/v1/users", k.management("read:users", k.listUsers))
	handle("POST /api/v1/users/{id}/refresh_claims", k.management("update:user_refresh_claims", k.refreshClaims))
	handle("GET /api/v1/users/{id}/sessions", k.management("read:user_sessions", k.userSessions))
	handle("DELETE /api/v1/users/{id}/sessions", k.management("delete:user_sessions", k.deleteUserSessions))
	handle("GET /api/v1/applications/{app}", k.management("read:applications", k.application))
	handle("PATCH /api/v1/applications/{app}", k.management("update:applications", k.updateApplication))
	handle("POST /api/v1/applications/{app}/auth_redirect_urls",
		k.management("create:applications_redirect_uris", k.addURLs(callbackURLs)))
	handle("POST /api/v1/applications/{app}/auth_logout_urls",
		k.management("create:applications_logout_uris", k.addURLs(logoutURLs)))
	handle("GET /api/v1/connected_apps/auth_url", k.management("read:connected_apps", k.connectedAppURL))
	handle("GET /api/v1/connected_apps/token", k.management("read:connected_apps", k.connectedAppToken))
	handle("POST /api/v1/connected_apps/revoke", k.management("create:connected_apps", k.connectedAppRevoke))
	// A wrong path from Kinde's documentation: Kinde checks the caller, then responds 404.
	handle("GET /api/v1/account_api/portal_link", k.management("", routeNotFound))
	handle("/api/", routeNotFound)

	page := func(pattern string, h http.HandlerFunc) {
		k.mux.Handle(pattern, http.NewCrossOriginProtection().Handler(h))
	}
	page("GET /{$}", k.home)
	page("POST /dev/token", k.showToken)
	page("GET /dev/users", k.changes)
	page("POST /dev/users", k.change)
	page("GET /style.css", stylesheet)
	page("GET /oauth2/auth", k.authorize)
	page("POST /sign-in/{request}", k.signIn)
	page("GET /logout", k.logout)
	page("GET /device", k.devicePage)
	page("POST /device", k.deviceDecision)
	page("GET /portal_redirect", k.portalRedirect)
	page("GET /portal/{visit}/{area}", k.portalArea)
	page("POST /portal/{visit}/plan", k.choosePlan)
	page("GET /third-party/consent", k.consentPage)
	page("POST /third-party/consent", k.consentDecision)
	page("GET /third-party/connected", k.connectedPage)
	handle("GET /third-party/files", k.thirdPartyFiles)
}
