package kindetest

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
)

// The applications of DefaultClients. The secrets have the form of Kinde's, 40
// letters and digits, which Kinde's SDKs insist on. They are public on purpose:
// nothing but an embedded Kinde accepts them.
const (
	ClientID        = "demo_web_client"
	ClientSecret    = "demoWebSecretForTheEmbeddedKindeOnly0000"
	SPAClientID     = "demo_spa_client"
	M2MClientID     = "demo_m2m_client"
	M2MClientSecret = "demoM2MSecretForTheEmbeddedKindeOnly0000"
	DeviceClientID  = "demo_device_client"
)

// SampleAudience and SampleScope are an API and a scope of it that the default
// web, single-page and device clients may request.
const (
	SampleAudience = "https://api.example.com"
	SampleScope    = "read:reports"
)

// ManagementAudience in Client.Audiences means the Management API of the tenant: its
// management host + "/api".
const ManagementAudience = "{management}/api"

// ClientType is the kind of an application; it decides which grants it may use.
type ClientType string

// The kinds: a web server with a secret, a single-page application without,
// a machine, and a device without a browser.
const (
	Web    ClientType = "web"
	SPA    ClientType = "spa"
	M2M    ClientType = "m2m"
	Device ClientType = "device"
)

const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantMachine = "client_credentials"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

var grantsOf = map[ClientType][]string{
	Web:    {grantCode, grantRefresh},
	SPA:    {grantCode, grantRefresh},
	M2M:    {grantMachine},
	Device: {grantDevice, grantRefresh},
}

// Client is a registered application.
type Client struct {
	ID     string
	Secret string // empty: a public client
	Type   ClientType
	// Callbacks and Logouts are the exact URLs that a user may be redirected to. A
	// callback may have one * in its leftmost host label.
	Callbacks, Logouts []string
	// LoginURI is the application login URI: where invitations and old sign-in pages lead.
	LoginURI string
	// Audiences are the APIs that the application is authorized for.
	Audiences []string
	// Scopes may be requested next to openid, profile, email, phone and offline.
	Scopes []string
	// OptionalClaims are added to tokens: roles, org_name, email and properties
	// to access tokens, organizations to ID tokens.
	OptionalClaims []string
}

// DefaultClients are the demo applications, with the site's /auth/callback
// registered. The single-page application comes back to the site's origin, with
// or without a slash: Kinde's SDK for browsers leaves it out.
func DefaultClients(site string) []Client {
	callbacks, logouts := []string{site + "/auth/callback"}, []string{site, site + "/"}
	return []Client{{
		ID: ClientID, Secret: ClientSecret, Type: Web, Callbacks: callbacks, Logouts: logouts, LoginURI: site + "/auth/login",
		Audiences: []string{SampleAudience}, Scopes: []string{SampleScope},
		OptionalClaims: []string{"roles", "organizations"},
	}, {
		ID: SPAClientID, Type: SPA, Callbacks: []string{site + "/auth/callback", site, site + "/"}, Logouts: logouts,
		Audiences: []string{SampleAudience}, Scopes: []string{SampleScope},
	}, {
		ID: M2MClientID, Secret: M2MClientSecret, Type: M2M,
		Audiences: []string{ManagementAudience},
		Scopes: []string{"read:users", "read:connected_apps", "create:connected_apps", "update:user_refresh_claims",
			"read:user_sessions", "delete:user_sessions", "create:applications_redirect_uris", "create:applications_logout_uris",
			"read:applications", "update:applications"},
	}, {
		ID: DeviceClientID, Type: Device,
		Audiences: []string{SampleAudience}, Scopes: []string{SampleScope},
	}}
}

// Clients returns the registered applications as they are now.
func (k *Kinde) Clients() []Client { return slices.Clone(*k.clients.Load()) }

func (k *Kinde) client(id string) (Client, bool) {
	clients := *k.clients.Load()
	i := slices.IndexFunc(clients, func(c Client) bool { return c.ID == id })
	if id == "" || i < 0 {
		return Client{}, false
	}
	return clients[i], true
}

// takes reports whether the callback is registered.
func (c Client) takes(callback string) bool {
	return slices.ContainsFunc(c.Callbacks, func(registered string) bool {
		before, after, wildcard := strings.Cut(registered, "*")
		if !wildcard {
			return registered == callback
		}
		rest, ok := strings.CutPrefix(callback, before)
		label, ok2 := strings.CutSuffix(rest, after)
		return ok && ok2 && label != "" && !strings.ContainsAny(label, "./:?#@\\")
	})
}

// authenticate finds the client by the credentials in the form, the only
// place where Kinde looks for them (client_secret_post, RFC 6749 section 2.3.1).
func (k *Kinde) authenticate(r *http.Request) (Client, error) {
	if r.Header.Get("Authorization") != "" {
		return Client{}, oauthFault(http.StatusUnauthorized, "invalid_client",
			"Client authentication failed: this tenant takes client_secret_post only.")
	}
	c, ok := k.client(r.PostForm.Get("client_id"))
	secret := r.PostForm.Get("client_secret")
	if !ok || subtle.ConstantTimeCompare([]byte(secret), []byte(c.Secret)) != 1 {
		return Client{}, oauthFault(http.StatusUnauthorized, "invalid_client",
			"Client authentication failed: unknown client or wrong secret.")
	}
	return c, nil
}

// grantable returns the requested scopes that the client may have and whether any other
// was requested. Kinde ignores offline_access: the response lacks a refresh token.
func (c Client) grantable(asked []string) (granted []string, refused bool) {
	basic := []string{"openid", "profile", "email", "phone", "offline"}
	for _, scope := range asked {
		switch {
		case slices.Contains(granted, scope) || scope == "offline_access":
		case slices.Contains(c.Scopes, scope), c.Type != M2M && slices.Contains(basic, scope):
			granted = append(granted, scope)
		default:
			refused = true
		}
	}
	return granted, refused
}

// authorized keeps the audiences that the client is authorized for.
func (c Client) authorized(asked []string) []string {
	audiences := []string{}
	for _, aud := range asked {
		if slices.Contains(c.Audiences, aud) && !slices.Contains(audiences, aud) {
			audiences = append(audiences, aud)
		}
	}
	return audiences
}
