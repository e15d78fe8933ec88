package config

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting says how one environment variable is read. The variables below are
// optional; Setting.Needed makes one that must be set.
type Setting struct {
	name     string
	fallback string // another variable that serves when this one is unset
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

// Name is the environment variable's name.
func (s Setting) Name() string { return s.name }

// Secret reports whether the value may be a Reference.
func (s Setting) Secret() bool { return s.secret }

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
	Management = Setting{name: "KINDE_MANAGEMENT_URL", read: originTo(func(s *Settings) *string { return &s.Management })}
	// Site falls back on URL, which Netlify sets to the site's main address.
	Site                    = Setting{name: "KINDE_SITE_URL", fallback: "URL", read: originTo(func(s *Settings) *string { return &s.Site })}
	ClientID                = Setting{name: "KINDE_CLIENT_ID", read: wordTo(func(s *Settings) *string { return &s.ClientID })}
	DeviceClientID          = Setting{name: "KINDE_DEVICE_CLIENT_ID", read: wordTo(func(s *Settings) *string { return &s.DeviceClientID })}
	Audiences               = Setting{name: "KINDE_AUDIENCE", read: readAudiences}
	AllowedOrigins          = Setting{name: "ALLOWED_ORIGINS", read: readAllowedOrigins}
	AfterPortal             = Setting{name: "AFTER_PORTAL_PATH", preset: "/access/", read: pathTo(func(s *Settings) *string { return &s.AfterPortalPath })}
	AfterLogin              = Setting{name: "AFTER_LOGIN_PATH", preset: "/", read: pathTo(func(s *Settings) *string { return &s.AfterLoginPath })}
	AfterLogout             = Setting{name: "AFTER_LOGOUT_PATH", preset: "/", read: pathTo(func(s *Settings) *string { return &s.AfterLogoutPath })}
	ClientSecret            = Setting{name: "KINDE_CLIENT_SECRET", secret: true, read: wordTo(func(s *Settings) *string { return &s.ClientSecret })}
	SessionKeys             = Setting{name: "SESSION_KEYS", secret: true, read: readKeysTo(func(s *Settings) *[][]byte { return &s.SessionKeys })}
	Scopes                  = Setting{name: "KINDE_SCOPES", preset: "openid profile email offline", read: readScopes}
	RedisURL                = Setting{name: "REDIS_URL", secret: true, read: readRedisURL}
	M2MClientID             = Setting{name: "KINDE_M2M_CLIENT_ID", read: wordTo(func(s *Settings) *string { return &s.M2MClientID })}
	M2MClientSecret         = Setting{name: "KINDE_M2M_CLIENT_SECRET", secret: true, read: wordTo(func(s *Settings) *string { return &s.M2MClientSecret })}
	IntrospectionPermission = Setting{name: "INTROSPECTION_PERMISSION", read: wordTo(func(s *Settings) *string { return &s.IntrospectionPermission })}
	ProtectedScopes         = Setting{name: "PROTECTED_RESOURCE_SCOPES", read: readProtectedScopes}
	ConnectedApps           = Setting{name: "CONNECTED_APPS", read: readConnectedApps}
	RateLimit               = Setting{name: "RATE_LIMIT", preset: "100/15m", read: readRateLimit}
	ProxyAPIs               = Setting{name: "PROXY_APIS", read: readProxyAPIs}
	ProxyHeaders            = Setting{name: "PROXY_HEADERS", read: readProxyHeaders}
	RequireOrganization     = Setting{name: "REQUIRE_ORGANIZATION", preset: "no", read: readRequireOrganization}
	PreviewOrigins          = Setting{name: "PREVIEW_ORIGINS", read: readPreviewOrigins}
	GateKeys                = Setting{name: "GATE_KEYS", secret: true, read: readKeysTo(func(s *Settings) *[][]byte { return &s.GateKeys })}
	WebhookForwardURL       = Setting{name: "WEBHOOK_FORWARD_URL", read: readForwardURL}
	WebhookForwardSecret    = Setting{name: "WEBHOOK_FORWARD_SECRET", secret: true, read: readForwardSecret}
	// OriginSecret is used by every function: shared/endpoint sees to it.
	OriginSecret = Setting{name: "ORIGIN_SECRET", secret: true, read: readOriginSecret}
	Timeout      = Setting{name: "UPSTREAM_TIMEOUT", preset: "5s", read: readTimeout}
	LogLevel     = Setting{name: "LOG_LEVEL", preset: "info", read: readLogLevel}
)

// ForUsers are the settings of every route that needs a signed-in caller.
func ForUsers(more ...Setting) []Setting {
	return slices.Concat([]Setting{Issuer.Needed(), ClientID.Needed(), Site.Needed(),
		Management, DeviceClientID, Audiences, AllowedOrigins, ClientSecret, SessionKeys, RedisURL, Timeout, LogLevel}, more)
}

// ForSessions are the settings of the functions that make and end sessions.
func ForSessions(more ...Setting) []Setting {
	return append(ForUsers(ClientSecret.Needed(), SessionKeys.Needed()), more...)
}

// All are all settings, each as some function of the bundle needs or uses it.
func All() []Setting {
	return ForUsers(AfterPortal, AfterLogin, AfterLogout, Scopes, M2MClientID, M2MClientSecret, IntrospectionPermission, ProtectedScopes, ConnectedApps, RateLimit, OriginSecret,
		ProxyAPIs, ProxyHeaders, RequireOrganization, PreviewOrigins, GateKeys, WebhookForwardURL, WebhookForwardSecret)
}

// ForMachine are the settings of the functions that call Kinde as the server
// itself, for a signed-in person.
func ForMachine(more ...Setting) []Setting {
	return append(ForUsers(M2MClientID.Needed(), M2MClientSecret.Needed()), more...)
}

func originTo(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, value string) (err error) {
		*field(s), err = origin(value)
		return err
	}
}

// wordTo reads an identifier: printable ASCII without spaces, since a pasted
// line break in a client id is a day lost.
func wordTo(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		if !printable(value) {
			return fmt.Errorf("holds a space, a line break or a character that is not ASCII")
		}
		*field(s) = value
		return nil
	}
}

// pathTo reads a path on the site; redirect.Policy checks it again in full.
func pathTo(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		if !strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//") || !printable(value) {
			return fmt.Errorf("must be a path on the site that begins with one slash")
		}
		*field(s) = value
		return nil
	}
}

func readAudiences(s *Settings, value string) error {
	list, err := commaList(value)
	s.Audiences = list
	return err
}

func readAllowedOrigins(s *Settings, value string) error {
	list, err := commaList(value)
	if err != nil {
		return err
	}
	for i, item := range list {
		if _, err := origin(item); err != nil {
			return fmt.Errorf("entry %d %w", i+1, err)
		}
	}
	s.AllowedOrigins = list
	return nil
}

// readKeysTo reads keys in either base64 alphabet, padded or not. A key that is
// given twice, or that is one byte repeated, is a mistake.
func readKeysTo(field func(*Settings) *[][]byte) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		list, err := commaList(value)
		if err != nil {
			return err
		}
		var keys [][]byte
		seen := map[string]bool{}
		for i, item := range list {
			plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(item, "="))
			key, err := base64.RawStdEncoding.Strict().DecodeString(plain)
			if err != nil || len(key) != 32 {
				return fmt.Errorf("entry %d is not 32 bytes in base64; make one with: openssl rand -base64 32", i+1)
			}
			if seen[string(key)] || string(key) == strings.Repeat(string(key[:1]), 32) {
				return fmt.Errorf("entry %d repeats; make another with: openssl rand -base64 32", i+1)
			}
			seen[string(key)] = true
			keys = append(keys, key)
		}
		*field(s) = keys
		return nil
	}
}

// readScopes insists on openid, without which there is no ID token, and on no
// offline_access, for which Kinde silently gives no refresh token.
func readScopes(s *Settings, value string) error {
	scopes := strings.Fields(value)
	switch {
	case !slices.Contains(scopes, "openid"):
		return fmt.Errorf("must hold openid")
	case slices.Contains(scopes, "offline_access"):
		return fmt.Errorf("holds offline_access; Kinde's scope for refresh tokens is offline")
	case slices.ContainsFunc(scopes, func(scope string) bool { return !printable(scope) }):
		return fmt.Errorf("holds a character that is not ASCII")
	}
	s.Scopes = strings.Join(scopes, " ")
	return nil
}

// readProtectedScopes reads scope-tokens (RFC 6749 section 3.3): a quote or a
// backslash would break out of the challenge that names them.
func readProtectedScopes(s *Settings, value string) error {
	scopes := strings.Fields(value)
	for _, scope := range scopes {
		if !printable(scope) || strings.ContainsAny(scope, `"\,`) {
			return fmt.Errorf("must be scopes separated by spaces, without commas, quotes and backslashes")
		}
	}
	s.ProtectedScopes = scopes
	return nil
}

// readConnectedApps reads names that are fit for a path, a cookie's name and a log.
func readConnectedApps(s *Settings, value string) error {
	list, err := commaList(value)
	if err != nil {
		return err
	}
	for i, app := range list {
		if len(app) > 64 || strings.Trim(app, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			return fmt.Errorf("entry %d is no key_code_ref: letters, digits, _ and - alone", i+1)
		}
	}
	s.ConnectedApps = list
	return nil
}

func readRedisURL(s *Settings, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Host == "" {
		return fmt.Errorf("must be redis://… or rediss://…")
	}
	s.RedisURL = value
	return nil
}

// readOriginSecret wants what nobody guesses: who knows it may say which host a
// request was for, and whose it is.
func readOriginSecret(s *Settings, value string) error {
	if !printable(value) || len(value) < 32 {
		return fmt.Errorf("must be 32 characters or more, without spaces; make one with: openssl rand -hex 32")
	}
	s.OriginSecret = value
	return nil
}

func readRateLimit(s *Settings, value string) error {
	if value == "off" {
		return nil
	}
	count, window, _ := strings.Cut(value, "/")
	requests, err := strconv.Atoi(count)
	d, windowErr := time.ParseDuration(window)
	switch {
	case err != nil || windowErr != nil || strconv.Itoa(requests) != count:
		return fmt.Errorf("must be such as 100/15m, or off")
	case requests < 1 || requests > 1_000_000:
		return fmt.Errorf("must allow 1 to 1000000 requests, such as 100/15m, or be off")
	case d < time.Second || d > 24*time.Hour:
		return fmt.Errorf("must have a time of 1s to 24h, such as 100/15m, or be off")
	}
	s.RateLimit = Rate{Requests: requests, Window: d}
	return nil
}

func readTimeout(s *Settings, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > 15*time.Minute {
		return fmt.Errorf("must be a Go duration such as 5s, above zero and at most 15m")
	}
	s.UpstreamTimeout = d
	return nil
}

func readLogLevel(s *Settings, value string) error {
	if s.LogLevel.UnmarshalText([]byte(value)) != nil {
		s.LogLevel = slog.LevelInfo
		return fmt.Errorf("must be debug, info, warn or error")
	}
	return nil
}

func commaList(value string) ([]string, error) {
	list := strings.Split(value, ",")
	for i, item := range list {
		list[i] = strings.TrimSpace(item)
		if !printable(list[i]) {
			return nil, fmt.Errorf("must be a comma list; entry %d is empty or holds a space", i+1)
		}
	}
	return list, nil
}

func printable(value string) bool {
	for _, c := range []byte(value) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return value != ""
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 section 6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func plainPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	isDefault := u.Scheme == "https" && n == 443 || u.Scheme == "http" && n == 80
	return err == nil && n > 0 && !isDefault && strconv.FormatUint(n, 10) == port
}
