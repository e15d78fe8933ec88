package token

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"time"
)

// IDClaims are the claims of an ID token.
type IDClaims struct {
	Subject  string // sub, never empty
	ClientID string // the one of Config.ClientIDs that the token is for
	Expiry   time.Time
	IssuedAt time.Time
	AuthTime time.Time // auth_time: when the user signed in; zero: absent
	// Raw is the payload as it came: JSON, one object. It may hold a name and an
	// e-mail address.
	Raw json.RawMessage
}

// ID verifies the ID token of a sign-in (OpenID Connect Core section 3.1.3.7).
// nonce is the one of the authorization request; an empty one matches no token.
// Config.Audiences plays no part, since an ID token is for the client. The error
// is an *InvalidError, or ErrKeysUnavailable.
//
// The token identifies the user once. It is no credential for a later request.
func (v *Verifier) ID(ctx context.Context, raw, nonce string) (*IDClaims, error) {
	c, err := readCompact(raw, maxSize)
	if err != nil {
		return nil, err
	}
	if c.header.isAccess {
		return nil, refuse(reasonType)
	}
	set, err := readClaimSet(c.payload)
	if err != nil {
		return nil, err
	}
	got := set.text(claimNonce)
	if nonce == "" || subtle.ConstantTimeCompare([]byte(got), []byte(nonce)) != 1 {
		return nil, refuse(reasonNonce)
	}
	if set.text(claimIss) != v.config.Issuer {
		return nil, refuse(reasonIssuer)
	}
	clientID, err := v.idClient(set)
	if err != nil {
		return nil, err
	}
	claims := &IDClaims{Subject: set.text(claimSub), ClientID: clientID, Raw: c.payload}
	if claims.Subject == "" {
		return nil, refuse(reasonSubject)
	}
	if set[claimIat] == nil {
		return nil, refuse(reasonMalformed)
	}
	claims.Expiry, claims.IssuedAt, err = v.checkDates(set, leeway)
	if err != nil {
		return nil, err
	}
	claims.AuthTime, _ = set.date(claimAuthTime)
	if err := c.verify(ctx, v.config.Keys); err != nil {
		return nil, err
	}
	return claims, nil
}

// idClient returns the client that the token is for. Kinde shows ID tokens whose
// aud holds the client, and others whose aud is the issuer alone; azp names the
// client in those, and must agree with aud in the first.
func (v *Verifier) idClient(set *claimSet) (string, error) {
	forIssuer := set.audienceIs(v.config.Issuer)
	named := false
	for _, id := range v.config.ClientIDs {
		holds, _ := set.audienceHolds([]string{id})
		named = named || holds
		switch {
		case (holds || forIssuer) && set.text(claimAzp) == id:
			return id, nil
		case holds && set[claimAzp] == nil:
			return id, nil
		}
	}
	if named || forIssuer {
		return "", refuse(reasonClient)
	}
	return "", refuse(reasonAudience)
}
