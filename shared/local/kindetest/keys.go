package kindetest

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
)

const keyBits = 2048

// signingKey is an RSA key with its name in the key set.
type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

// The tenants of a process have their first private key in common, each under a kid of
// its own, and the key that none publishes: tests start hundreds of tenants, and making
// a key takes longer than most of them.
var firstKey, foreignKey = sync.OnceValue(newPrivateKey), sync.OnceValue(newPrivateKey)

func newPrivateKey() *rsa.PrivateKey {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(err) // for an impossible size alone
	}
	return private
}

// newSigningKey returns a key with a kid like Kinde's: hexadecimal bytes separated by
// colons.
func newSigningKey(private *rsa.PrivateKey) *signingKey {
	var id []string
	for pair := range slices.Chunk([]byte(randomHex(16)), 2) {
		id = append(id, string(pair))
	}
	return &signingKey{strings.Join(id, ":"), private}
}

// maxOldKeys is the most old keys that rotation keeps.
const maxOldKeys = 8

// keyring holds the tenant's keys, the newest last.
type keyring struct {
	mu        sync.Mutex
	all       []*signingKey
	published int // how many of the newest are in the key set
}

func newKeyring() *keyring {
	return &keyring{all: []*signingKey{newSigningKey(firstKey())}, published: 1}
}

func (ring *keyring) current() *signingKey {
	ring.mu.Lock()
	defer ring.mu.Unlock()
	return ring.all[len(ring.all)-1]
}

// previous is the key before the last rotation, nil before the first.
func (ring *keyring) previous() *signingKey {
	ring.mu.Lock()
	defer ring.mu.Unlock()
	if len(ring.all) < 2 {
		return nil
	}
	return ring.all[len(ring.all)-2]
}

// publishedKeys are the keys in the key set.
func (ring *keyring) publishedKeys() []*signingKey {
	ring.mu.Lock()
	defer ring.mu.Unlock()
	return slices.Clone(ring.all[len(ring.all)-ring.published:])
}

// find returns the published key of that name, or nil.
func (ring *keyring) find(id string) *signingKey {
	for _, key := range ring.publishedKeys() {
		if key.id == id {
			return key
		}
	}
	return nil
}

// Rotation decides whether the old keys stay in the key set.
type Rotation int

// KeepOld leaves the old keys in the key set, so that their tokens stay valid; DropOld
// removes them at once.
const (
	KeepOld Rotation = iota
	DropOld
)

// RotateKeys makes a new key, with a new kid, that signs from now on. The old
// ones stay in the key set unless DropOld is given.
func (k *Kinde) RotateKeys(how ...Rotation) {
	key := newSigningKey(newPrivateKey())
	ring := k.keys
	ring.mu.Lock()
	defer ring.mu.Unlock()
	ring.all = append(ring.all, key)
	ring.published++
	if slices.Contains(how, DropOld) {
		ring.published = 1
	}
	if extra := len(ring.all) - maxOldKeys; extra > 0 {
		ring.all = ring.all[extra:]
	}
	ring.published = min(ring.published, len(ring.all))
}

// jwk is a public RSA key as RFC 7517 writes it.
type jwk struct {
	E   string `json:"e"`
	N   string `json:"n"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	Use string `json:"use"`
}

// keySet handles GET /.well-known/jwks and jwks.json. Kinde refuses requests
// that carry an Authorization header here.
func (k *Kinde) keySet(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	b64 := base64.RawURLEncoding.EncodeToString
	keys := []jwk{}
	for _, key := range slices.Backward(k.keys.publishedKeys()) {
		keys = append(keys, jwk{
			E: b64(big.NewInt(int64(key.private.E)).Bytes()), N: b64(key.private.N.Bytes()),
			Alg: "RS256", Kid: key.id, Kty: "RSA", Use: "sig",
		})
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": keys})
}

// discovery handles GET /.well-known/openid-configuration (OpenID Connect
// Discovery 1.0 section 3). Kinde lists no device endpoint in it.
func (k *Kinde) discovery(w http.ResponseWriter, r *http.Request) {
	issuer := k.issuerOf(r)
	k.mu.Lock()
	named := cmp.Or(k.quirks.DiscoveryIssuer, issuer)
	k.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                named,
		"authorization_endpoint":                issuer + "/oauth2/auth",
		"token_endpoint":                        issuer + "/oauth2/token",
		"userinfo_endpoint":                     issuer + "/oauth2/v2/user_profile",
		"introspection_endpoint":                issuer + "/oauth2/introspect",
		"revocation_endpoint":                   issuer + "/oauth2/revoke",
		"end_session_endpoint":                  issuer + "/logout",
		"jwks_uri":                              issuer + "/.well-known/jwks",
		"scopes_supported":                      []string{"openid", "profile", "email", "phone", "offline"},
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}
