// Package config turns environment variables into checked settings.
//
// Of lists the settings that a function needs and uses, in one table that the
// functions, /api/health, the doctor and the deployment templates read. Load
// reports every fault at once, by the variable's name and never by its value, so
// that one deploy shows all of them and no secret reaches a log. The package
// defends against values that look right and are not: an issuer with a trailing
// slash, an origin in capitals, a key of the wrong length.
package config

import (
	"log/slog"
	"time"
)

// Settings holds the values of the settings that Load read. A field is zero when
// its setting was not requested, or is unset and has no default.
type Settings struct {
	Issuer     string   // KINDE_ISSUER_URL: the tenant's origin, exactly the tokens' iss
	ClientID   string   // KINDE_CLIENT_ID
	Site       string   // KINDE_SITE_URL: the site's origin
	Audiences  []string // KINDE_AUDIENCE: one of them must be in a token's aud, when set
	Management string   // KINDE_MANAGEMENT_URL: the tenant's kinde.com origin; the issuer when unset
	// DeviceClientID is KINDE_DEVICE_CLIENT_ID, also accepted as a token's azp.
	DeviceClientID  string
	AllowedOrigins  []string // ALLOWED_ORIGINS: origins that may call /api/* and be return URLs
	AfterPortalPath string   // AFTER_PORTAL_PATH
	AfterLoginPath  string   // AFTER_LOGIN_PATH
	AfterLogoutPath string   // AFTER_LOGOUT_PATH
	ClientSecret    string   // KINDE_CLIENT_SECRET
	SessionKeys     [][]byte // SESSION_KEYS: the first seals, all open; 32 bytes each
	Scopes          string   // KINDE_SCOPES: requested at login
	RedisURL        string   // REDIS_URL
	OriginSecret    string   // ORIGIN_SECRET: proves that a request came through the site's distribution
	// M2MClientID and M2MClientSecret are KINDE_M2M_CLIENT_ID and _SECRET: the
	// credentials with which the server itself calls Kinde.
	M2MClientID, M2MClientSecret string
	// IntrospectionPermission is INTROSPECTION_PERMISSION: the permission to
	// introspect other users' tokens. Empty: no user may.
	IntrospectionPermission string
	ProtectedScopes         []string // PROTECTED_RESOURCE_SCOPES: a token needs all of them
	ConnectedApps           []string // CONNECTED_APPS: the key_code_refs that may be used
	RateLimit               Rate     // RATE_LIMIT: per caller and function
	// ProxyAPIs is PROXY_APIS: the site's own APIs behind /api/proxy/{name}.
	ProxyAPIs []API
	// ProxyHeaders is PROXY_HEADERS: further request headers to forward, in canonical form.
	ProxyHeaders []string
	// RequireOrganization is REQUIRE_ORGANIZATION: refuse users without an organization.
	RequireOrganization bool
	// PreviewOrigins is PREVIEW_ORIGINS: hosts that are served as sites of their own.
	PreviewOrigins []OriginPattern
	GateKeys       [][]byte // GATE_KEYS: the first signs passes, all are accepted; 32 bytes each
	// WebhookForwardURL and WebhookForwardSecret are WEBHOOK_FORWARD_URL and _SECRET: where
	// verified webhooks go, and the key that signs them there. Both are set or neither.
	WebhookForwardURL    string
	WebhookForwardSecret []byte
	// UpstreamTimeout is UPSTREAM_TIMEOUT: the timeout of one attempt upstream.
	UpstreamTimeout time.Duration
	LogLevel        slog.Level // LOG_LEVEL
}

// Rate is a number of requests in a period. The zero Rate is no limit.
type Rate struct {
	Requests int
	Window   time.Duration
}

// ClientIDs are the clients whose tokens are accepted: values of azp.
func (s *Settings) ClientIDs() []string {
	ids := []string{s.ClientID}
	if s.DeviceClientID != "" {
		ids = append(ids, s.DeviceClientID)
	}
	return ids
}

// Sessions reports whether cookie sessions are switched on. A client secret alone
// does not switch them on, since other functions use it too.
func (s *Settings) Sessions() bool { return len(s.SessionKeys) > 0 }
