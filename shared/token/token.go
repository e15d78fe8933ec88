// Package token verifies access tokens, ID tokens and the tokens of webhook events,
// and finds the issuer's signing keys.
//
// Until its signature is verified, a token is whatever a client sent. This package
// defends against
//
//   - tokens of other issuers, clients and audiences, tokens of another kind (an ID
//     token is not a credential; an M2M token has no subject) and old ones;
//   - alg none, keyed hashes, keys that the token itself brings (jwk, jku, x5c) and
//     unknown extensions (crit, RFC 7515 section 4.1.11);
//   - tokens that two readers read differently: repeated or differently-cased names, a
//     claim and its Hasura form that differ, several spellings of one base64 text,
//     bytes after the JSON;
//   - unbounded work: size is bounded before parsing, and everything that needs no key
//     is checked before a key is looked up;
//   - a key set that is slow, absent, huge or odd, and tokens made to have it fetched
//     over and over ([Keys]).
//
// The rules are those of RFC 7515, 7519 and 8725, read strictly. golang-jwt checks
// the signature and keyfunc finds the key; neither reads the header or the claims,
// since encoding/json, which they use, accepts the ambiguities above.
//
// Nothing about a token is remembered: it is verified on each use.
package token

import (
	"context"
	"errors"
	"slices"
	"time"
)

// leeway is how far our clock and the issuer's may differ (RFC 7519 section 4.1.4).
const leeway = 30 * time.Second

// Config describes which tokens are accepted. Issuer, ClientIDs and Keys are required: an
// empty one would let tokens pass that are meant for others, and is refused instead of
// switching its check off.
type Config struct {
	// Issuer must equal iss byte for byte; empty: refused. With another tenant's here,
	// all of its users pass.
	Issuer string

	// ClientIDs are the accepted values of azp; none, or an empty one: refused. The
	// issuer signs for every application of the tenant; with azp unpinned all of their
	// tokens would pass.
	ClientIDs []string

	// Audiences, if there are any, must have one in aud; an empty one: refused. With
	// none, any aud passes but that of an ID token, which is safe only because azp is
	// pinned.
	Audiences []string

	// Keys finds the issuer's signing keys; nil: refused. A set that others can write
	// to makes every other rule worthless.
	Keys *Keys

	// Now is the clock; nil: time.Now. A stopped clock lets expired tokens pass.
	Now func() time.Time
}

// Verifier verifies tokens by one Config. It is safe for concurrent use.
type Verifier struct {
	config Config
}

// NewVerifier refuses a Config that would leave a check undone.
func NewVerifier(config Config) (*Verifier, error) {
	switch {
	case config.Issuer == "":
		return nil, errors.New("token: no issuer to compare iss with")
	case len(config.ClientIDs) == 0 || slices.Contains(config.ClientIDs, ""):
		return nil, errors.New("token: no client ID, or an empty one, to compare azp with")
	case slices.Contains(config.Audiences, ""):
		return nil, errors.New("token: an empty audience")
	case config.Keys == nil:
		return nil, errors.New("token: no signing keys")
	}
	config.ClientIDs = slices.Clone(config.ClientIDs)
	config.Audiences = slices.Clone(config.Audiences)
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Verifier{config: config}, nil
}

// Access verifies an access token: Check, then Verify.
func (v *Verifier) Access(ctx context.Context, raw string) (*Claims, error) {
	u, err := v.Check(raw)
	if err != nil {
		return nil, err
	}
	return u.Verify(ctx)
}

// Check applies every rule for access tokens that needs no key. Its error is an
// *InvalidError. The token is not a credential yet: see Verify.
func (v *Verifier) Check(raw string) (*Unverified, error) {
	return v.check(raw, leeway)
}

// CheckSession is Check for the access token of a session. It counts as expired
// (ErrExpired) at exp itself: Kinde, which receives it next, allows no leeway, and the
// session can be refreshed.
func (v *Verifier) CheckSession(raw string) (*Unverified, error) {
	return v.check(raw, 0)
}

func (v *Verifier) check(raw string, expiryLeeway time.Duration) (*Unverified, error) {
	c, err := readCompact(raw, maxSize)
	if err != nil {
		return nil, err
	}
	set, err := readClaimSet(c.payload)
	if err != nil {
		return nil, err
	}
	if v.isIDToken(set) {
		return nil, refuse(reasonIDToken)
	}
	claims := set.claims(c.payload)
	if set.text(claimIss) != v.config.Issuer {
		return nil, refuse(reasonIssuer)
	}
	if !slices.Contains(v.config.ClientIDs, claims.ClientID) {
		return nil, refuse(reasonClient)
	}
	holds, ok := set.audienceHolds(v.config.Audiences)
	if !ok || len(v.config.Audiences) > 0 && !holds {
		return nil, refuse(reasonAudience)
	}
	if claims.Subject == "" {
		return nil, refuse(reasonSubject)
	}
	claims.Expiry, claims.IssuedAt, err = v.checkDates(set, expiryLeeway)
	if err != nil {
		return nil, err
	}
	return &Unverified{compact: c, keys: v.config.Keys, claims: claims}, nil
}

// isIDToken reports whether an ID token is in an access token's place. One without nonce
// and at_hash is told by its aud, which is a client's or the issuer alone, where that
// cannot be an access token's: no audience is configured, and the token has no scopes.
func (v *Verifier) isIDToken(set *claimSet) bool {
	if set[claimNonce] != nil || set[claimAtHash] != nil {
		return true
	}
	if len(v.config.Audiences) > 0 || !isAbsent(set[claimScp]) || !isAbsent(set[claimScope]) {
		return false
	}
	forClient, _ := set.audienceHolds(v.config.ClientIDs)
	return forClient || set.audienceIs(v.config.Issuer)
}

// checkDates applies RFC 7519 sections 4.1.4 to 4.1.6. exp is required, and comes
// last for the sake of ErrExpired.
func (v *Verifier) checkDates(set *claimSet, expiryLeeway time.Duration) (expiry, issuedAt time.Time, err error) {
	expiry, ok1 := set.date(claimExp)
	issuedAt, ok2 := set.date(claimIat)
	notBefore, ok3 := set.date(claimNbf)
	now := v.config.Now()
	switch {
	case !ok1 || !ok2 || !ok3 || set[claimExp] == nil:
		err = refuse(reasonMalformed)
	case issuedAt.After(now.Add(leeway)) || notBefore.After(now.Add(leeway)):
		err = refuse(reasonNotYetValid)
	case !expiry.Add(expiryLeeway).After(now):
		err = ErrExpired
	}
	return expiry, issuedAt, err
}

// VisibleOrgCode returns the organization that a JWT names, without verifying anything:
// a forger chooses it. ok is false unless raw is a JWT that names one. It serves to
// refuse a token of another organization before the issuer judges the token.
func VisibleOrgCode(raw string) (orgCode string, ok bool) {
	c, err := readCompact(raw, maxSize)
	if err != nil {
		return "", false
	}
	set, err := readClaimSet(c.payload)
	if err != nil {
		return "", false
	}
	orgCode = set.text(claimOrgCode)
	return orgCode, orgCode != ""
}

// Unverified is an access token whose signature is not verified: any client can make
// one. It belongs to the Verifier that checked it.
type Unverified struct {
	compact compact
	keys    *Keys
	claims  *Claims
}

// Verify finds the key, checks the signature and returns the claims. Its error is an
// *InvalidError or ErrKeysUnavailable. It may wait for a key set, until ctx is done.
func (u *Unverified) Verify(ctx context.Context) (*Claims, error) {
	if err := u.compact.verify(ctx, u.keys); err != nil {
		return nil, err
	}
	return u.claims, nil
}

// Claims returns claims that are NOT VERIFIED: a forger chooses Subject, OrgCode and
// the rest freely. They serve to start a call to the issuer, which verifies the token
// itself, while keys are being fetched. The call must be safe to repeat, and its
// response must be withheld until Verify has succeeded. Never decide by these claims,
// log them as a user's, or show them.
func (u *Unverified) Claims() *Claims { return u.claims }
