package token

import (
	"fmt"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// benchToken is of the size that a tenant with roles and flags sees.
func benchToken() string {
	claims := goodClaims()
	flags := fields{}
	var permissions []string
	for i := range 10 {
		flags[fmt.Sprintf("feature_%d", i)] = fields{"t": "b", "v": true}
		permissions = append(permissions, fmt.Sprintf("read:thing_%d", i))
	}
	claims["feature_flags"] = flags
	claims["permissions"] = permissions
	claims["roles"] = []fields{{"id": "r1", "key": "admin", "name": "Administrator"}}
	return sign(issuerKey(), jsonOf(goodHeader()), jsonOf(claims))
}

// BenchmarkAccess is a warm verification; BenchmarkSignature is the part of it that
// golang-jwt's RSA takes.
func BenchmarkAccess(b *testing.B) {
	v := newVerifier(b, nil)
	raw := benchToken()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Access(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	v := newVerifier(b, nil)
	raw := benchToken()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Check(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignature(b *testing.B) {
	c, err := readCompact(benchToken(), maxSize)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := jwt.SigningMethodRS256.Verify(c.signed, c.signature, &issuerKey().PublicKey); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkKeySet is what a cold start adds to the fetch.
func BenchmarkKeySet(b *testing.B) {
	body := []byte(keySetOf(jwkOf(issuerKey(), testKid), jwkOf(otherKey(), "key-two")))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readKeySet(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostile is the largest cost of a full-sized token before its
// signature is looked at.
func BenchmarkHostile(b *testing.B) {
	v := newVerifier(b, nil)
	payload := strings.TrimSuffix(jsonOf(goodClaims()), "}") + strings.Repeat(`,"A":0`, 1700) + "}"
	raw := sign(issuerKey(), jsonOf(goodHeader()), payload)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Check(raw); err != nil {
			b.Fatal(err)
		}
	}
}
