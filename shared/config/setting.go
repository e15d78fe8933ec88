package config

// Setting says how one environment variable is read. The variables below are
// optional; Setting.Needed makes one that must be set.
type Setting struct {
	name     string
	fallback string // another variable that is read when this one is unset
	preset   string // the default
	needed   bool
	secret   bool // its value may be a Reference
	read     func(*Settings, string) error
}

// Needed returns the setting as one without which the function cannot serve.
func (s Setting) Needed() Setting {
	s.needed = true
	return s
}

// Required reports whether the function cannot serve without the setting.
func (s Setting) Required() bool { return s.needed }

// Name is the environment variable's name.
func (s Setting) Name() string { return s.name }

// Secret reports whether the value may be a Reference.
func (s Setting) Secret() bool { return s.secret }

// lookup finds the setting's value and the name of the variable that holds it. A
// variable set to the empty string counts as unset, since templates set optional
// ones so.
func (s Setting) lookup(env Lookup) (name, value string) {
	for _, name := range []string{s.name, s.fallback} {
		if name == "" {
			continue
		}
		if value, _ := env(name); value != "" {
			return name, value
		}
	}
	return s.name, s.preset
}

func (s Setting) readOrRefer(settings *Settings, value string) error {
	if s.secret {
		if _, refers, err := ParseReference(value); refers {
			return err
		}
	}
	return s.read(settings, value)
}

// The settings, by their variables.
var (
	Issuer     = Setting{name: "KINDE_ISSUER_URL", read: originTo(func(s *Settings) *string { return &s.Issuer })}
	Management = Setting{name: "KINDE_MANAGEMENT_URL",
		read: originTo(func(s *Settings) *string { return &s.Management })}
	// Site falls back on URL, which Netlify sets to the site's primary address.
	Site = Setting{name: "KINDE_SITE_URL", fallback: "URL",
		read: originTo(func(s *Settings) *string { return &s.Site })}
	ClientID       = Setting{name: "KINDE_CLIENT_ID", read: wordTo(func(s *Settings) *string { return &s.ClientID })}
	DeviceClientID = Setting{name: "KINDE_DEVICE_CLIENT_ID",
		read: wordTo(func(s *Settings) *string { return &s.DeviceClientID })}
	Audiences      = Setting{name: "KINDE_AUDIENCE", read: readAudiences}
	AllowedOrigins = Setting{name: "ALLOWED_ORIGINS", read: readAllowedOrigins}
	AfterPortal    = Setting{name: "AFTER_PORTAL_PATH", preset: "/access/",
		read: pathTo(func(s *Settings) *string { return &s.AfterPortalPath })}
	AfterLogin = Setting{name: "AFTER_LOGIN_PATH", preset: "/",
		read: pathTo(func(s *Settings) *string { return &s.AfterLoginPath })}
	AfterLogout = Setting{name: "AFTER_LOGOUT_PATH", preset: "/",
		read: pathTo(func(s *Settings) *string { return &s.AfterLogoutPath })}
	ClientSecret = Setting{name: "KINDE_CLIENT_SECRET", secret: true,
		read: wordTo(func(s *Settings) *string { return &s.ClientSecret })}
	SessionKeys = Setting{name: "SESSION_KEYS", secret: true,
		read: readKeysTo(func(s *Settings) *[][]byte { return &s.SessionKeys })}
	// Scopes falls back on KINDE_SCOPE, the name in Kinde's SDKs.
	Scopes = Setting{name: "KINDE_SCOPES", fallback: "KINDE_SCOPE", preset: "openid profile email offline",
		read: readScopes}
	RedisURL    = Setting{name: "REDIS_URL", secret: true, read: readRedisURL}
	M2MClientID = Setting{name: "KINDE_M2M_CLIENT_ID",
		read: wordTo(func(s *Settings) *string { return &s.M2MClientID })}
	M2MClientSecret = Setting{name: "KINDE_M2M_CLIENT_SECRET", secret: true,
		read: wordTo(func(s *Settings) *string { return &s.M2MClientSecret })}
	IntrospectionPermission = Setting{name: "INTROSPECTION_PERMISSION",
		read: wordTo(func(s *Settings) *string { return &s.IntrospectionPermission })}
	ProtectedScopes     = Setting{name: "PROTECTED_RESOURCE_SCOPES", read: readProtectedScopes}
	ConnectedApps       = Setting{name: "CONNECTED_APPS", read: readConnectedApps}
	RateLimit           = Setting{name: "RATE_LIMIT", preset: "100/15m", read: readRateLimit}
	ProxyAPIs           = Setting{name: "PROXY_APIS", read: readProxyAPIs}
	ProxyHeaders        = Setting{name: "PROXY_HEADERS", read: readProxyHeaders}
	RequireOrganization = Setting{name: "REQUIRE_ORGANIZATION", preset: "no", read: readRequireOrganization}
	PreviewOrigins      = Setting{name: "PREVIEW_ORIGINS", read: readPreviewOrigins}
	GateKeys            = Setting{name: "GATE_KEYS", secret: true,
		read: readKeysTo(func(s *Settings) *[][]byte { return &s.GateKeys })}
	WebhookForwardURL    = Setting{name: "WEBHOOK_FORWARD_URL", read: readForwardURL}
	WebhookForwardSecret = Setting{name: "WEBHOOK_FORWARD_SECRET", secret: true, read: readForwardSecret}
	OriginSecret         = Setting{name: "ORIGIN_SECRET", secret: true, read: readOriginSecret}
	Timeout              = Setting{name: "UPSTREAM_TIMEOUT", preset: "5s", read: readTimeout}
	LogLevel             = Setting{name: "LOG_LEVEL", preset: "info", read: readLogLevel}
)
