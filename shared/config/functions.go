package config

import "slices"

// everywhere lists the settings that every function uses.
var everywhere = []Setting{AllowedOrigins, PreviewOrigins, OriginSecret, LogLevel}

// user lists the settings of a function that serves users, by Bearer token or by
// session cookie.
var user = slices.Concat([]Setting{
	Issuer.Needed(), ClientID.Needed(), Site.Needed(), Management, DeviceClientID, Audiences,
	RequireOrganization, ClientSecret, SessionKeys, RedisURL, RateLimit, Timeout,
}, everywhere)

// signIn lists the settings of a function that starts or ends sessions.
var signIn = append(slices.Clip(user), ClientSecret.Needed(), SessionKeys.Needed())

// machine lists the settings of a function that calls Kinde with the M2M application.
var machine = append(slices.Clip(user), M2MClientID.Needed(), M2MClientSecret.Needed())

// byFunction lists the settings of each function whose settings are not user's. A
// setting listed twice is needed if either entry needs it.
var byFunction = map[string][]Setting{
	"portal":             with(user, AfterPortal),
	"introspect":         with(machine, IntrospectionPermission),
	"revoke":             with(user, ClientSecret.Needed()),
	"login":              with(signIn, Scopes, AfterLogin),
	"callback":           with(signIn, Scopes, AfterLogin),
	"logout":             with(signIn, AfterLogout),
	"session":            signIn,
	"refresh":            with(signIn, M2MClientID, M2MClientSecret),
	"connected-apps":     with(machine, ConnectedApps),
	"protected-resource": with(user, ProtectedScopes),
	"proxy":              with(user, ProxyAPIs, ProxyHeaders),
	"gate":               with(signIn, GateKeys.Needed(), Scopes, AfterLogin),
	"webhooks":           with(user, M2MClientID, M2MClientSecret, WebhookForwardURL, WebhookForwardSecret),
	"device": with(everywhere, Issuer.Needed(), DeviceClientID.Needed(), Site, Management, ClientID, Audiences, Scopes,
		ClientSecret, SessionKeys, RedisURL, RateLimit, Timeout),
	"health": everywhere,
}

func with(base []Setting, more ...Setting) []Setting { return append(slices.Clip(base), more...) }

// Of returns every setting that a function needs or uses. A function that the table
// does not name serves users and nothing else.
func Of(function string) []Setting {
	settings, found := byFunction[function]
	if !found {
		settings = user
	}
	return slices.Clone(settings)
}

// All returns every setting. Those without which no function for users serves are
// needed.
func All() []Setting {
	return []Setting{
		Issuer.Needed(), ClientID.Needed(), Site.Needed(),
		Management, DeviceClientID, Audiences, AllowedOrigins, ClientSecret, SessionKeys, RedisURL, Timeout, LogLevel,
		AfterPortal, AfterLogin, AfterLogout, Scopes, M2MClientID, M2MClientSecret, IntrospectionPermission,
		ProtectedScopes, ConnectedApps, RateLimit, OriginSecret, ProxyAPIs, ProxyHeaders, RequireOrganization,
		PreviewOrigins, GateKeys, WebhookForwardURL, WebhookForwardSecret,
	}
}

// A capability is a part of the service that is off while a setting is unset: one that
// its function needs, or one of further, without which the function serves and has
// nothing to do.
type capability struct {
	name, function string
	further        []Setting
}

var capabilities = []capability{
	{"sessions", "login", nil},
	{"claims-refresh", "refresh", []Setting{M2MClientID, M2MClientSecret}},
	{"introspection", "introspect", nil},
	{"introspection-of-others", "introspect", []Setting{IntrospectionPermission}},
	{"revocation", "revoke", nil},
	{"connected-apps", "connected-apps", []Setting{ConnectedApps}},
	{"device", "device", nil},
	{"own-apis", "proxy", []Setting{ProxyAPIs}},
	{"protected-pages", "gate", nil},
	{"webhooks", "webhooks", []Setting{RedisURL, ClientSecret, SessionKeys}},
	{"webhook-forwarding", "webhooks", []Setting{WebhookForwardURL, WebhookForwardSecret}},
}

// needs returns the settings that switch the capability on, each once. Those that
// every site needs are not among them.
func (c capability) needs() []Setting {
	var list []Setting
	add := func(setting Setting) {
		same := func(other Setting) bool { return other.name == setting.name }
		if !slices.ContainsFunc(list, same) {
			list = append(list, setting)
		}
	}
	required := func(setting Setting) bool {
		return slices.ContainsFunc(All(), func(s Setting) bool { return s.name == setting.name && s.needed })
	}
	for _, setting := range Of(c.function) {
		if setting.needed && !required(setting) {
			add(setting)
		}
	}
	for _, setting := range c.further {
		add(setting)
	}
	return list
}
