package kindetest

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claim changes one thing about a token that Mint or MintID makes. Claims
// apply in the order given.
type Claim func(*minting)

// minting is the token that Mint or MintID makes.
type minting struct {
	k     *Kinde
	grant *grant
	steps []func(header, claims map[string]any)
	key   KeyChoice
	alg   string
}

// KeyChoice selects the key that signs a minted token.
type KeyChoice int

// The keys: the current one, the one before the last RotateKeys, and a foreign one with
// the current kid.
const (
	CurrentKey KeyChoice = iota
	OldKey
	ForeignKey
)

// With sets a claim; the value is anything that encoding/json writes.
func With(name string, value any) Claim {
	return step(func(_, claims map[string]any) { claims[name] = value })
}

// Without removes a claim.
func Without(name string) Claim {
	return step(func(_, claims map[string]any) { delete(claims, name) })
}

// Header sets a header parameter.
func Header(name string, value any) Claim {
	return step(func(header, _ map[string]any) { header[name] = value })
}

// ExpiresIn sets exp relative to the tenant's clock; negative: expired.
func ExpiresIn(d time.Duration) Claim {
	return func(m *minting) {
		exp := m.k.opt.Now().Add(d).Unix()
		With("exp", exp)(m)
	}
}

func step(change func(header, claims map[string]any)) Claim {
	return func(m *minting) { m.steps = append(m.steps, change) }
}

// For makes it the token of another user, with all of their claims. An
// unknown id gives a token with that sub and no account.
func For(userID string) Claim { return func(m *minting) { m.grant.sub = userID } }

// InOrg chooses one of the user's organizations.
func InOrg(code string) Claim { return func(m *minting) { m.grant.org = code } }

// ForClient makes it a token of another client, with the claims that client
// opted into; an unknown id is just named as azp.
func ForClient(id string) Claim {
	return func(m *minting) {
		m.grant.client = Client{ID: id}
		if c, ok := m.k.client(id); ok {
			m.grant.client = c
		}
	}
}

// FromDevice makes it a token of the device flow: of the device client, with
// scope written out next to scp.
func FromDevice() Claim {
	return func(m *minting) {
		ForClient(DeviceClientID)(m)
		m.grant.device = true
	}
}

// Machine makes it an M2M token for the Management API: no sub, gty, and the
// scopes given.
func Machine(scopes ...string) Claim {
	return func(m *minting) {
		ForClient(M2MClientID)(m)
		m.grant.issuer = m.k.opt.Management
		m.grant.sub, m.grant.org, m.grant.scopes = "", "", scopes
		m.grant.audience = []string{m.k.managementAudience()}
	}
}

// Scopes sets the scopes that the token was given.
func Scopes(scopes ...string) Claim { return func(m *minting) { m.grant.scopes = scopes } }

// Audience sets aud; with no arguments it is the empty list that Kinde's user
// tokens usually have.
func Audience(audiences ...string) Claim { return func(m *minting) { m.grant.audience = audiences } }

// Nonce sets the nonce of an ID token.
func Nonce(nonce string) Claim { return func(m *minting) { m.grant.nonce = nonce } }

// AccessToken binds an ID token to an access token by at_hash.
func AccessToken(raw string) Claim { return func(m *minting) { m.grant.access = raw } }

// SignedBy chooses the key. OldKey needs an earlier RotateKeys.
func SignedBy(key KeyChoice) Claim { return func(m *minting) { m.key = key } }

// SignedWith chooses the algorithm and names it in the header: RS256, RS384,
// RS512, PS256, HS256 with the public key's PEM as its secret (the confusion
// of RFC 8725 section 2.1), or none.
func SignedWith(alg string) Claim {
	return func(m *minting) {
		m.alg = alg
		Header("alg", alg)(m)
	}
}

// Mint returns an access token without a sign-in: a valid one for DemoUser and ClientID
// unless opts change it. It panics on options that make no token (an unknown algorithm,
// OldKey before any rotation).
func (k *Kinde) Mint(opts ...Claim) string {
	m := k.minting(opts)
	k.mu.Lock()
	claims := k.accessClaims(m.grant, k.liveClaims(m.grant))
	k.mu.Unlock()
	return m.finish(claims)
}

// MintID returns an ID token in the same way.
func (k *Kinde) MintID(opts ...Claim) string {
	m := k.minting(opts)
	k.mu.Lock()
	claims := k.idClaims(m.grant, m.grant.access)
	k.mu.Unlock()
	return m.finish(claims)
}

// MintRefresh returns a refresh token without a sign-in, for the user, client and
// organization that For, ForClient and InOrg name. The first refresh returns a new access
// token.
func (k *Kinde) MintRefresh(opts ...Claim) string {
	m := k.minting(opts)
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.issue(m.grant).RefreshToken
}

func (k *Kinde) minting(opts []Claim) *minting {
	m := &minting{k: k, alg: "RS256", grant: &grant{
		issuer: k.opt.Issuer, client: Client{ID: ClientID}, sub: DemoUser,
		scopes: []string{"openid", "profile", "email", "offline"}, signedIn: k.opt.Now(),
	}}
	ForClient(ClientID)(m)
	for _, opt := range opts {
		opt(m)
	}
	return m
}

func (m *minting) finish(claims map[string]any) string {
	key := m.signer()
	header := map[string]any{"alg": "RS256", "typ": "JWT", "kid": key.id}
	for _, change := range m.steps {
		change(header, claims)
	}
	signing := encodePart(header) + "." + encodePart(claims)
	method := jwt.GetSigningMethod(m.alg)
	if method == nil {
		panic("kindetest: Mint: unknown algorithm " + m.alg)
	}
	signature, err := method.Sign(signing, secretFor(m.alg, key))
	if err != nil {
		panic("kindetest: Mint: " + err.Error())
	}
	return signing + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (m *minting) signer() *signingKey {
	switch m.key {
	case OldKey:
		if key := m.k.keys.previous(); key != nil {
			return key
		}
		panic("kindetest: Mint: OldKey before any RotateKeys")
	case ForeignKey:
		return &signingKey{m.k.keys.current().id, foreignKey()}
	default:
		return m.k.keys.current()
	}
}

// secretFor returns the key for the algorithm.
func secretFor(alg string, key *signingKey) any {
	switch alg {
	case "none":
		return jwt.UnsafeAllowNoneSignatureType
	case "HS256", "HS384", "HS512":
		der, _ := x509.MarshalPKIXPublicKey(&key.private.PublicKey) // RSA keys always marshal
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	default:
		return key.private
	}
}

func encodePart(values map[string]any) string {
	out, err := json.Marshal(values)
	if err != nil {
		panic("kindetest: Mint: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(out)
}
