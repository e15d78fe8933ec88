package config

// The settings, by their variables. docs/settings.md is generated from their comments.
var (
	// Issuer is the tenant's origin, exactly the tokens' `iss`: https (http on loopback), no slash at its end.
	Issuer = Setting{name: "KINDE_ISSUER_URL", read: originTo(func(s *Settings) *string { return &s.Issuer })}
	// Management is `https://<subdomain>.kinde.com`, where the issuer is a custom domain.
	Management = Setting{name: "KINDE_MANAGEMENT_URL",
		read: originTo(func(s *Settings) *string { return &s.Management })}
	// Site is the site's origin. On Netlify `URL`, the site's main address, is used when it is unset.
	Site = Setting{name: "KINDE_SITE_URL", fallback: "URL",
		read: originTo(func(s *Settings) *string { return &s.Site })}
	// ClientID is the client ID of the back-end web application. Tokens carry it as `azp`.
	ClientID = Setting{name: "KINDE_CLIENT_ID",
		read: wordTo(func(s *Settings) *string { return &s.ClientID })}
	// DeviceClientID is the client ID of the device application. Its tokens are accepted by the routes for devices.
	DeviceClientID = Setting{name: "KINDE_DEVICE_CLIENT_ID",
		read: wordTo(func(s *Settings) *string { return &s.DeviceClientID })}
	// Audiences is a list, separated by commas or spaces. Sign-in requests them, and a token must have one of them in
	// `aud`.
	Audiences = Setting{name: "KINDE_AUDIENCE", read: readAudiences}
	// AllowedOrigins is a comma-separated list of further origins that may call `/api/*` with an access token and be
	// return URLs.
	AllowedOrigins = Setting{name: "ALLOWED_ORIGINS", read: readAllowedOrigins}
	// AfterPortal is the path to which the portal returns when the link names no `return_url`.
	AfterPortal = Setting{name: "AFTER_PORTAL_PATH", preset: "/access/",
		read: pathTo(func(s *Settings) *string { return &s.AfterPortalPath })}
	// AfterLogin is the path to which a sign-in leads when the link names no `return_url`.
	AfterLogin = Setting{name: "AFTER_LOGIN_PATH", preset: "/",
		read: pathTo(func(s *Settings) *string { return &s.AfterLoginPath })}
	// AfterLogout is the path to which a sign-out leads. It is registered in Kinde.
	AfterLogout = Setting{name: "AFTER_LOGOUT_PATH", preset: "/",
		read: pathTo(func(s *Settings) *string { return &s.AfterLogoutPath })}
	// ClientSecret is the client secret of the back-end web application.
	ClientSecret = Setting{name: "KINDE_CLIENT_SECRET", secret: true,
		read: wordTo(func(s *Settings) *string { return &s.ClientSecret })}
	// SessionKeys is a comma-separated list of keys: 32 random bytes in base64 each (`openssl rand -base64 32`). The
	// first key seals cookies; all keys open them. Unset, only access tokens are accepted.
	SessionKeys = Setting{name: "SESSION_KEYS", secret: true,
		read: readKeysTo(func(s *Settings) *[][]byte { return &s.SessionKeys })}
	// Scopes is what a sign-in requests. `offline` gives a refresh token. `KINDE_SCOPE`, the name in Kinde's SDKs, is
	// read when it is unset.
	Scopes = Setting{name: "KINDE_SCOPES", fallback: "KINDE_SCOPE", preset: "openid profile email offline",
		read: readScopes}
	// RedisURL is the address of a Redis (`redis://` or `rediss://`) through which instances share limits, refreshes,
	// sign-outs and webhooks.
	RedisURL = Setting{name: "REDIS_URL", secret: true, read: readRedisURL}
	// M2MClientID is the client ID of the machine-to-machine application.
	M2MClientID = Setting{name: "KINDE_M2M_CLIENT_ID",
		read: wordTo(func(s *Settings) *string { return &s.M2MClientID })}
	// M2MClientSecret is the client secret of the machine-to-machine application.
	M2MClientSecret = Setting{name: "KINDE_M2M_CLIENT_SECRET", secret: true,
		read: wordTo(func(s *Settings) *string { return &s.M2MClientSecret })}
	// IntrospectionPermission is the Kinde permission whose holders may introspect other users' tokens. Unset, no user
	// may.
	IntrospectionPermission = Setting{name: "INTROSPECTION_PERMISSION",
		read: wordTo(func(s *Settings) *string { return &s.IntrospectionPermission })}
	// ProtectedScopes is a space-separated list of scopes, all of which `protected-resource` requires.
	ProtectedScopes = Setting{name: "PROTECTED_RESOURCE_SCOPES", read: readProtectedScopes}
	// ConnectedApps is a comma-separated list of the reference keys (key code refs) of the apps that users may
	// connect. Unset, no app may be connected.
	ConnectedApps = Setting{name: "CONNECTED_APPS", read: readConnectedApps}
	// RateLimit is the number of requests of one caller to one limited function and the time for them; `off` disables
	// it.
	RateLimit = Setting{name: "RATE_LIMIT", preset: "100/15m", read: readRateLimit}
	// ProxyAPIs is a space-separated list of `name=https://origin[/base]`: the APIs behind `/api/proxy/{name}`.
	ProxyAPIs = Setting{name: "PROXY_APIS", read: readProxyAPIs}
	// ProxyHeaders is a comma-separated list of further request headers that `proxy` forwards.
	ProxyHeaders = Setting{name: "PROXY_HEADERS", read: readProxyHeaders}
	// RequireOrganization is `yes` to refuse users without an organization on every route that requires a user.
	RequireOrganization = Setting{name: "REQUIRE_ORGANIZATION", preset: "no", read: readRequireOrganization}
	// PreviewOrigins is a comma-separated list of origins with one `*` in the leftmost label, such as
	// `https://deploy-preview-*--my-site.netlify.app`. A request for one is served as a site of its own.
	PreviewOrigins = Setting{name: "PREVIEW_ORIGINS", read: readPreviewOrigins}
	// GateKeys is a list like `SESSION_KEYS`. It signs the pass that the edge checks on protected pages.
	GateKeys = Setting{name: "GATE_KEYS", secret: true,
		read: readKeysTo(func(s *Settings) *[][]byte { return &s.GateKeys })}
	// WebhookForwardURL is the https URL to which verified webhooks are forwarded.
	WebhookForwardURL = Setting{name: "WEBHOOK_FORWARD_URL", read: readForwardURL}
	// WebhookForwardSecret is the key that signs forwarded webhooks: `whsec_` and base64.
	WebhookForwardSecret = Setting{name: "WEBHOOK_FORWARD_SECRET", secret: true, read: readForwardSecret}
	// OriginSecret identifies the site's CloudFront distribution to functions. template.yaml generates it.
	OriginSecret = Setting{name: "ORIGIN_SECRET", secret: true, read: readOriginSecret}
	// Timeout is the time limit of one request to Kinde, as a Go duration.
	Timeout = Setting{name: "UPSTREAM_TIMEOUT", preset: "5s", read: readTimeout}
	// LogLevel is `debug`, `info`, `warn` or `error`.
	LogLevel = Setting{name: "LOG_LEVEL", preset: "info", read: readLogLevel}
)
