// Package kindetest is an embedded Kinde: it imitates a Kinde tenant closely
// enough to develop and test against without one, with real RSA keys, real
// redirects and Kinde's peculiarities (a refresh before expiry returns the same
// access token, the key set refuses an Authorization header, five shapes of error body).
//
// It shares no code with the rest of the project, so that a mistake in the client does
// not hide behind the same mistake here, and its own tests use an independent OpenID
// Connect client. Faults, key rotation and minted tokens let tests show what happens
// when a tenant misbehaves or a token is forged.
//
// It is not an identity provider. There are no passwords, anyone who reaches it can sign
// in as anyone, and its client secrets are public constants, so Serve listens on loopback
// addresses only. All state is bounded and in memory.
package kindetest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults for the zero values of Options. They are Kinde's where Kinde documents one.
const (
	DefaultSite           = "http://localhost:8888"
	DefaultAccessTTL      = 24 * time.Hour
	DefaultIDTTL          = time.Hour
	DefaultRefreshTTL     = 15 * 24 * time.Hour
	DefaultRefreshOverlap = 10 * time.Second
	DefaultDeviceTTL      = 10 * time.Minute
	DefaultDeviceInterval = 5 * time.Second
)

// Options configure a Kinde. The zero value is a working tenant for Serve;
// New needs Issuer as well.
type Options struct {
	// Issuer is the tenant's origin, which becomes the tokens' iss.
	// Serve fills it from the listener when empty.
	Issuer string
	// Management is the tenant's own host when Issuer plays a custom domain.
	// Empty: the issuer. Requests whose Host is this one get and accept tokens
	// with this iss only, and the M2M audience is always Management + "/api".
	Management string
	// Site is the origin of the site that users sign in to; the default
	// clients' callback and logout URLs are registered on it.
	Site string
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Clients are the registered applications; nil: DefaultClients(Site).
	Clients []Client
	// Users may sign in; nil: DemoUsers().
	Users []User

	// Lifetimes; zero means the default above.
	AccessTTL, IDTTL, RefreshTTL time.Duration
	// RefreshOverlap is how long a rotated refresh token keeps working next
	// to its successor; negative: not at all.
	RefreshOverlap            time.Duration
	DeviceTTL, DeviceInterval time.Duration

	// WebhookURL is where the page /dev/users sends events, once each; empty: nowhere.
	WebhookURL string
	// ConnectedApps are the third parties that can be connected, by
	// key_code_ref; nil: SampleDrive.
	ConnectedApps []string
	// Quirks change the tenant's behavior.
	Quirks Quirks

	// The remaining fields are for Serve.

	// Addr is the loopback address to listen on; empty: 127.0.0.1, any port.
	Addr string
	// TLSConfig with a certificate makes Serve use https.
	TLSConfig *tls.Config
	// SeparateManagement puts the management host on the name localhost of
	// the same port, so that the issuer plays a custom domain.
	SeparateManagement bool
}

// Quirks are behaviors in which real tenants differ or misbehave. The zero value is the usual tenant.
type Quirks struct {
	// NoEntitlementRoute treats /account_api/v1/entitlement/{key} as a route
	// that does not exist.
	NoEntitlementRoute bool
	// FlagsMetadata adds the metadata that feature_flags lacks by default.
	FlagsMetadata bool
	// Cursors selects how the Account API's paging misbehaves.
	Cursors CursorQuirk
	// IDAudienceIssuer makes the issuer alone the aud of ID tokens.
	IDAudienceIssuer bool
	// Hasura renames the account claims to x-hasura-….
	Hasura bool
	// DiscoveryIssuer is the issuer in the discovery document; empty: that of
	// the requested host.
	DiscoveryIssuer string
}

// CursorQuirk is a fault in paging.
type CursorQuirk string

// The faults in paging: none, the same cursor on every page, more entries without a
// cursor, and a list without an end.
const (
	CursorsRight   CursorQuirk = ""
	CursorsRepeat  CursorQuirk = "repeat"
	CursorsEmpty   CursorQuirk = "empty"
	CursorsEndless CursorQuirk = "endless"
)

// Kinde is an embedded tenant: an http.Handler, safe for concurrent use.
type Kinde struct {
	opt     Options
	mux     *http.ServeMux
	keys    *keyring
	faults  faultList
	callLog callLog
	clients atomic.Pointer[[]Client] // replaced whole; opt.Clients are the first

	mu       sync.Mutex // guards everything below
	quirks   Quirks
	users    []*User
	claims   claimsCache
	pending  expiring[*authRequest]   // pending authorization requests, by page id
	sessions expiring[*tenantSession] // by cookie
	codes    expiring[*codeGrant]     // authorization codes
	refresh  expiring[*refreshToken]  // refresh tokens
	revoked  expiring[struct{}]       // revoked access tokens, by digest
	devices  expiring[*deviceGrant]   // by device_code
	portals  expiring[*portalVisit]   // by one-time key, then by visit id
	connects expiring[*connection]    // by session_id
}

// New returns a tenant that serves opt.Issuer. It fails on an issuer, site or
// management host that is not an origin.
func New(opt Options) (*Kinde, error) {
	opt = withDefaults(opt)
	for name, origin := range map[string]string{"Issuer": opt.Issuer, "Management": opt.Management, "Site": opt.Site} {
		if err := checkOrigin(origin); err != nil {
			return nil, fmt.Errorf("kindetest: Options.%s: %w", name, err)
		}
	}
	k := &Kinde{
		opt: opt, keys: newKeyring(), quirks: opt.Quirks, claims: claimsCache{},
		pending:  newExpiring[*authRequest](1000),
		sessions: newExpiring[*tenantSession](1000),
		codes:    newExpiring[*codeGrant](1000),
		refresh:  newExpiring[*refreshToken](10_000),
		revoked:  newExpiring[struct{}](10_000),
		devices:  newExpiring[*deviceGrant](1000),
		portals:  newExpiring[*portalVisit](1000),
		connects: newExpiring[*connection](1000),
	}
	for _, p := range opt.Users {
		p.Memberships = slices.Clone(p.Memberships)
		k.users = append(k.users, &p)
	}
	k.clients.Store(&opt.Clients)
	k.routes()
	return k, nil
}

func withDefaults(opt Options) Options {
	orDuration := func(d *time.Duration, fallback time.Duration) {
		if *d == 0 {
			*d = fallback
		}
	}
	orDuration(&opt.AccessTTL, DefaultAccessTTL)
	orDuration(&opt.IDTTL, DefaultIDTTL)
	orDuration(&opt.RefreshTTL, DefaultRefreshTTL)
	orDuration(&opt.RefreshOverlap, DefaultRefreshOverlap)
	orDuration(&opt.DeviceTTL, DefaultDeviceTTL)
	orDuration(&opt.DeviceInterval, DefaultDeviceInterval)
	if opt.Management == "" {
		opt.Management = opt.Issuer
	}
	if opt.Site == "" {
		opt.Site = DefaultSite
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Clients == nil {
		opt.Clients = DefaultClients(opt.Site)
	}
	if opt.Users == nil {
		opt.Users = DemoUsers()
	}
	if opt.ConnectedApps == nil {
		opt.ConnectedApps = []string{SampleDrive}
	}
	return opt
}

var errNotOrigin = errors.New("not an origin such as https://acme.kinde.com")

func checkOrigin(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || raw != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%w: %q", errNotOrigin, raw)
	}
	return nil
}

// Issuer is the tenant's origin and its tokens' iss.
func (k *Kinde) Issuer() string { return k.opt.Issuer }

// Management is the origin of the tenant's own host; the issuer unless Options name
// another.
func (k *Kinde) Management() string { return k.opt.Management }

// SetQuirks replaces the quirks from the next request on.
func (k *Kinde) SetQuirks(q Quirks) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.quirks = q
}

// issuerOf returns the origin of the host that a request was sent to: tokens of one host
// are invalid on the other.
func (k *Kinde) issuerOf(r *http.Request) string {
	if u, err := url.Parse(k.opt.Management); err == nil && r.Host == u.Host {
		return k.opt.Management
	}
	return k.opt.Issuer
}

func (k *Kinde) managementAudience() string { return k.opt.Management + "/api" }
