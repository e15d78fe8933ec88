// Package config turns environment variables into checked settings.
//
// A function names the settings it needs and those it uses; Load names every
// fault at once, by the variable's name and never by its value, so that a
// deployer mends them in one go and no secret reaches a log. It defends against
// settings that look right and are not: an issuer with a trailing slash, an
// origin in capitals, a key of the wrong length.
package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Settings are the values of the settings that were loaded. A field stays at
// its zero value when its setting was not asked for, or is unset and has no
// default.
type Settings struct {
	Issuer     string   // KINDE_ISSUER_URL: the tenant's origin, exactly the tokens' iss
	ClientID   string   // KINDE_CLIENT_ID
	Site       string   // KINDE_SITE_URL: the site's origin
	Audiences  []string // KINDE_AUDIENCE: one of them must be in a token's aud, when set
	Management string   // KINDE_MANAGEMENT_URL: the tenant's kinde.com origin; the issuer when unset
	// DeviceClientID is KINDE_DEVICE_CLIENT_ID: accepted as a token's azp too.
	DeviceClientID  string
	AllowedOrigins  []string // ALLOWED_ORIGINS: origins that may call /api/* and be return URLs
	AfterPortalPath string   // AFTER_PORTAL_PATH
	AfterLoginPath  string   // AFTER_LOGIN_PATH
	AfterLogoutPath string   // AFTER_LOGOUT_PATH
	ClientSecret    string   // KINDE_CLIENT_SECRET
	SessionKeys     [][]byte // SESSION_KEYS: the first seals, all open; 32 bytes each
	Scopes          string   // KINDE_SCOPES: asked for at login
	RedisURL        string   // REDIS_URL
	OriginSecret    string   // ORIGIN_SECRET: by which the site's distribution is known
	// M2MClientID and M2MClientSecret are KINDE_M2M_CLIENT_ID and _SECRET: the
	// application that acts for the server itself.
	M2MClientID, M2MClientSecret string
	// IntrospectionPermission is INTROSPECTION_PERMISSION: whose holders may
	// introspect others' tokens; empty: nobody.
	IntrospectionPermission string
	ProtectedScopes         []string // PROTECTED_RESOURCE_SCOPES: all of them are needed
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
	// UpstreamTimeout is UPSTREAM_TIMEOUT: how long one attempt upstream may take.
	UpstreamTimeout time.Duration
	LogLevel        slog.Level // LOG_LEVEL
}

// Rate is a number of requests in a time. The zero Rate is no limit.
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

// Sessions reports whether cookie sessions are switched on. With a secret and
// no keys they are not: the secret serves other functions too.
func (s *Settings) Sessions() bool { return len(s.SessionKeys) > 0 }

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(name string) (value string, set bool)

// Fault is one setting that keeps a function from serving.
type Fault struct {
	Name string
	Why  string // empty when the setting is missing; never holds the value
}

// Faults is the error of Load: everything that is missing or wrong.
type Faults []Fault

func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		why := fault.Why
		if why == "" {
			why = "is not set"
		}
		parts[i] = fault.Name + " " + why
	}
	return strings.Join(parts, "; ")
}

func (f Faults) name(setting string) bool {
	return slices.ContainsFunc(f, func(fault Fault) bool { return fault.Name == setting })
}

// halves are the settings that are missing beside one that is useless alone.
// given are the names of those that have a good value.
func (f Faults) halves(given []string, uses []Setting) (missing Faults) {
	for _, pair := range [][2]Setting{{SessionKeys, ClientSecret}, {M2MClientID, M2MClientSecret}, {M2MClientSecret, M2MClientID},
		{WebhookForwardURL, WebhookForwardSecret}, {WebhookForwardSecret, WebhookForwardURL}} {
		has, absent := pair[0], pair[1]
		used := slices.ContainsFunc(uses, func(u Setting) bool { return u.name == absent.name })
		if slices.Contains(given, has.name) && !slices.Contains(given, absent.name) && used && !f.name(absent.name) {
			missing = append(missing, Fault{Name: absent.name})
		}
	}
	return missing
}

// Split gives the names of the settings that are missing and of those that are
// wrong, for /api/health. Neither is nil.
func (f Faults) Split() (missing, wrong []string) {
	missing, wrong = []string{}, []string{}
	for _, fault := range f {
		if fault.Why == "" {
			missing = append(missing, fault.Name)
		} else {
			wrong = append(wrong, fault.Name)
		}
	}
	return missing, wrong
}

// Load reads the settings that a function needs and those that it uses when
// they are set. A variable set to the empty string counts as unset, since
// templates set optional ones so. It returns the settings it could read and,
// when anything needed is missing or anything used is malformed, Faults.
//
// A secret's setting that still holds a Reference counts as set and stays unread:
// shared/secrets fetches those, and says which it could not.
func Load(lookup Lookup, uses ...Setting) (*Settings, error) {
	settings := &Settings{}
	var faults Faults
	given := make([]string, 0, len(uses))
	for _, use := range uses {
		value, _ := lookup(use.name)
		if value == "" && use.fallback != "" {
			value, _ = lookup(use.fallback)
		}
		if value == "" {
			value = use.preset
		}
		switch {
		case faults.name(use.name): // named twice, as used and as needed
		case value != "":
			err := use.readOrRefer(settings, value)
			if err != nil {
				faults = append(faults, Fault{Name: use.name, Why: err.Error()})
			} else {
				given = append(given, use.name)
			}
		case use.needed:
			faults = append(faults, Fault{Name: use.name})
		}
	}
	if settings.Management == "" {
		settings.Management = settings.Issuer
	}
	faults = append(faults, faults.halves(given, uses)...)
	if len(faults) > 0 {
		return settings, faults
	}
	return settings, nil
}

// origin checks that value is an origin in the one form in which origins are
// compared: scheme://host[:port] in lower case and nothing else, https unless
// the host is loopback (RFC 6454 section 6.1 without its normalisation).
func origin(value string) (string, error) {
	if strings.TrimSpace(value) != value {
		return "", fmt.Errorf("has a space around it")
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme == "" {
		return "", fmt.Errorf("is not an absolute URL such as https://example.com")
	}
	host := u.Hostname()
	switch {
	case strings.HasSuffix(value, "/"):
		return "", fmt.Errorf("ends in a slash; remove it")
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#"):
		return "", fmt.Errorf("must be scheme and host alone, such as https://example.com")
	case u.Scheme == "http" && !loopback(host):
		return "", fmt.Errorf("must begin with https:// (http is for loopback only)")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", fmt.Errorf("must begin with https://")
	case u.Scheme+"://"+u.Host != value || strings.ToLower(value) != value:
		return "", fmt.Errorf("must be in lower case")
	case strings.HasSuffix(host, ".") || !plainHost(host):
		return "", fmt.Errorf("has a host name that browsers would write differently")
	case !plainPort(u):
		return "", fmt.Errorf("must not name its scheme's default port, nor an impossible one")
	}
	return value, nil
}

func plainHost(host string) bool {
	for _, c := range []byte(host) {
		letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !letter && c != '.' && c != '-' && c != ':' {
			return false
		}
	}
	return host != "" && !strings.Contains(host, "..")
}
