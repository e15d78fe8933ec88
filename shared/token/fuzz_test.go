package token

import (
	"errors"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// FuzzCheck checks any token, and any header and payload made into one: mutated
// base64 is mostly refused for itself. What passes must read the same to golang-jwt,
// and what does not must be refused in one of our own words.
func FuzzCheck(f *testing.F) {
	header, payload := jsonOf(goodHeader()), jsonOf(goodClaims())
	for _, row := range refusedTokens() {
		f.Add(row.raw, header, payload)
	}
	for _, claim := range []string{`"exp":1e9`, `"aud":["a"]`, `"scope":"a b"`, `"roles":[{"key":"a"}]`,
		`"feature_flags":{"a":{"t":"b","v":true}}`, `"ISS":"x"`, `"nonce":""`,
		`"x-hasura-org-code":"org_1"`, `"x-hasura-permissions":["write:a","read:a"]`, `"X-Hasura-Roles":[]`} {
		f.Add(goodToken(), header, payload[:len(payload)-1]+","+claim+"}")
	}
	v := newVerifier(f, nil)
	f.Fuzz(func(t *testing.T, raw, header, payload string) {
		checkAny(t, v, raw)
		checkAny(t, v, base64Of(header)+"."+base64Of(payload)+"."+base64Of(make([]byte, 256)))
	})
}

func checkAny(t *testing.T, v *Verifier, raw string) {
	u, err := v.Check(raw)
	if err != nil {
		known := slices.ContainsFunc([]string{"too-large", "malformed", "duplicate-header", "algorithm", "type",
			"critical", "unknown-key", "signature", "duplicate-claim", "hasura-claim", "id-token", "issuer", "client",
			"audience",
			"subject", "not-yet-valid", "expired"},
			func(reason string) bool { return err.Error() == "token: refused: "+reason })
		if !known || !errors.Is(err, ErrInvalid) {
			t.Errorf("not one of our refusals: got %v", err)
		}
		return
	}
	claims := jwt.MapClaims{}
	token, _, err := jwt.NewParser().ParseUnverified(raw, claims)
	if err != nil {
		t.Fatalf("golang-jwt cannot read what was accepted: got %v", err)
	}
	issuer, _ := claims.GetIssuer()
	subject, _ := claims.GetSubject()
	expiry, _ := claims.GetExpirationTime()
	if token.Method != jwt.SigningMethodRS256 || issuer != testIssuer || subject != u.Claims().Subject ||
		claims["azp"] != testClient || expiry.Unix() < testNow.Unix()-30 || subject == "" {
		t.Errorf("read otherwise by golang-jwt: got %v", claims)
	}
}
