package kindetest

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// grant is a client's access to a user's account, from which tokens are made.
type grant struct {
	issuer   string
	client   Client
	sub      string // empty: a machine
	org      string
	scopes   []string
	audience []string
	nonce    string
	device   bool
	signedIn time.Time
	session  string // the id of the user's session at the tenant; may be empty

	access  string // the current access token
	until   time.Time
	revoked bool
}

// accessClaims are the claims of an access token of the grant, with the account
// claims given. Kinde's own tokens have no typ claim; the header says JWT.
func (k *Kinde) accessClaims(g *grant, account map[string]any) map[string]any {
	now := k.opt.Now()
	claims := map[string]any{
		"iss": g.issuer, "azp": g.client.ID, "aud": nonNil(g.audience),
		"iat": now.Unix(), "exp": now.Add(k.opt.AccessTTL).Unix(), "jti": randomHex(16),
		"scp": nonNil(g.scopes),
	}
	if g.sub == "" {
		claims["gty"] = []string{grantMachine}
	}
	if g.sub == "" || g.device {
		claims["scope"] = strings.Join(g.scopes, " ")
	}
	maps.Copy(claims, account)
	if g.sub != "" {
		claims["sub"] = g.sub
	}
	return claims
}

// optionalClaims are the claims that an application opts into.
var optionalClaims = []string{"roles", "org_name", "email", "properties"}

// accountClaims are the claims about a user's account, optional ones included.
func accountClaims(p *User, m *Membership) map[string]any {
	keys := []string{}
	for _, permission := range m.Permissions {
		keys = append(keys, permission.Key)
	}
	flags := map[string]any{}
	for _, f := range m.FeatureFlags {
		flags[f.Key] = map[string]any{"t": f.Type[:min(1, len(f.Type))], "v": f.Value} // b, i, s or j
	}
	properties := map[string]any{}
	for _, property := range m.Properties {
		properties[property.Key] = map[string]any{"v": property.Value}
	}
	return map[string]any{
		"org_code": m.OrgCode, "permissions": keys, "feature_flags": flags,
		"roles": slices.Clone(nonNil(m.Roles)), "org_name": m.OrgName, "email": p.Email, "properties": properties,
	}
}

// idClaims are the claims of the grant's ID token (OpenID Connect Core
// section 2); k.mu is held.
func (k *Kinde) idClaims(g *grant, access string) map[string]any {
	now := k.opt.Now()
	claims := map[string]any{
		"iss": g.issuer, "sub": g.sub, "aud": k.idAudience(g), "azp": g.client.ID,
		"iat": now.Unix(), "exp": now.Add(k.opt.IDTTL).Unix(), "auth_time": g.signedIn.Unix(),
		"jti": randomHex(16), "at_hash": halfHash(access),
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	p := k.user(g.sub)
	if p == nil {
		return claims
	}
	orgs, named := []string{}, []map[string]string{}
	for _, m := range p.Memberships {
		orgs = append(orgs, m.OrgCode)
		named = append(named, map[string]string{"id": m.OrgCode, "name": m.OrgName})
	}
	claims[k.claimName("org_codes")] = orgs
	if slices.Contains(g.client.OptionalClaims, "organizations") {
		claims["organizations"] = named
	}
	if slices.Contains(g.scopes, "profile") {
		claims["name"], claims["given_name"], claims["family_name"] = p.Name(), p.GivenName, p.FamilyName
		claims["preferred_username"], claims["picture"] = orNull(p.Username), orNull(p.Picture)
		claims["updated_at"] = p.UpdatedAt.Unix()
	}
	if slices.Contains(g.scopes, "email") {
		claims["email"], claims["email_verified"] = p.Email, p.EmailVerified
	}
	return claims
}

func (k *Kinde) idAudience(g *grant) []string {
	if k.quirks.IDAudienceIssuer {
		return []string{g.issuer}
	}
	return []string{g.client.ID}
}

// hasuraNames are the claims that the Hasura switch renames.
var hasuraNames = map[string]string{
	"org_code": "x-hasura-org-code", "org_codes": "x-hasura-org-codes", "permissions": "x-hasura-permissions",
	"roles": "x-hasura-roles", "feature_flags": "x-hasura-feature-flags",
}

// claimName returns the tenant's name of a claim; k.mu is held.
func (k *Kinde) claimName(name string) string {
	if renamed := hasuraNames[name]; k.quirks.Hasura && renamed != "" {
		return renamed
	}
	return name
}

// halfHash is at_hash (OpenID Connect Core section 3.1.3.6).
func halfHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// orNull returns nil, JSON's null, for an empty string.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// nonNil writes an empty list as [] rather than null.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// sign returns a token signed with the current key. It cannot fail, since the claims
// consist of plain values.
func (k *Kinde) sign(claims map[string]any) string {
	key := k.keys.current()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(claims))
	token.Header["kid"] = key.id
	signed, err := token.SignedString(key.private)
	if err != nil {
		panic(err)
	}
	return signed
}

// bearer holds the claims of a valid access token.
type bearer struct {
	sub, org, client string
	scopes, audience []string
	issued, expires  int64
	machine          bool
}

var errBadToken = errors.New("bad access token")

// bearerOf checks the access token in a request's Authorization header.
func (k *Kinde) bearerOf(r *http.Request, issuers ...string) (*bearer, error) {
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, errBadToken
	}
	return k.verify(raw, issuers...)
}

// verify accepts an access token that this tenant signed as one of issuers and that has
// neither expired nor been revoked.
func (k *Kinde) verify(raw string, issuers ...string) (*bearer, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(raw, claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if key := k.keys.find(id); key != nil {
			return &key.private.PublicKey, nil
		}
		return nil, errBadToken
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithTimeFunc(k.opt.Now))
	if err != nil {
		return nil, errors.Join(errBadToken, err)
	}
	issuer, _ := claims.GetIssuer()
	_, isIDToken := claims["at_hash"] // only ID tokens have one
	if isIDToken || !slices.Contains(issuers, issuer) || k.isRevoked(raw) {
		return nil, errBadToken
	}
	b := &bearer{}
	b.sub, _ = claims["sub"].(string)
	if b.org, _ = claims["org_code"].(string); b.org == "" {
		b.org, _ = claims[hasuraNames["org_code"]].(string)
	}
	b.client, _ = claims["azp"].(string)
	b.audience, _ = claims.GetAudience()
	if list, ok := claims["scp"].([]any); ok {
		for _, scope := range list {
			if s, ok := scope.(string); ok {
				b.scopes = append(b.scopes, s)
			}
		}
	}
	if issued, _ := claims.GetIssuedAt(); issued != nil {
		b.issued = issued.Unix()
	}
	if expires, _ := claims.GetExpirationTime(); expires != nil {
		b.expires = expires.Unix()
	}
	_, b.machine = claims["gty"]
	return b, nil
}

// digest identifies a token without storing it.
func digest(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return string(sum[:])
}

func (k *Kinde) isRevoked(raw string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, revoked := k.revoked.get(digest(raw), k.opt.Now())
	return revoked
}
