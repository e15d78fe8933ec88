package token

import (
	"encoding/json"
	"testing"
	"time"
)

const testNonce = "nonce-of-this-login"

func goodIDClaims() fields {
	return fields{
		"iss": testIssuer, "sub": "kp_1", "azp": testClient, "aud": []string{testClient},
		"exp": testNow.Add(time.Hour).Unix(), "iat": testNow.Unix(),
		"nonce": testNonce, "at_hash": "abc", "name": "Ann",
	}
}

func TestIDAccepts(t *testing.T) {
	rows := []struct {
		name   string
		claims fields
	}{
		{"an ordinary token", nil},
		{"no azp", fields{"azp": nil}},
		{"aud as a string", fields{"aud": testClient}},
		{"several audiences", fields{"aud": []string{testIssuer, testClient}}},
		{"aud is the issuer alone", fields{"aud": []string{testIssuer}}},
		{"aud is the issuer alone, as a string", fields{"aud": testIssuer}},
		{"within the leeway", fields{"exp": testNow.Unix() - 29, "iat": testNow.Unix() + 30}},
	}
	v := newVerifier(t, func(c *Config) { c.Audiences = []string{"api-1"} })
	for _, row := range rows {
		payload := jsonOf(with(goodIDClaims(), row.claims))
		claims, err := v.ID(t.Context(), sign(issuerKey(), jsonOf(goodHeader()), payload), testNonce)
		if err != nil {
			t.Errorf("%s: got %v", row.name, err)
			continue
		}
		if claims.Subject != "kp_1" || claims.ClientID != testClient || string(claims.Raw) != payload ||
			claims.IssuedAt.IsZero() || claims.Expiry.IsZero() {
			t.Errorf("%s: got %+v", row.name, claims)
		}
	}
}

func TestIDReadsAuthTime(t *testing.T) {
	v := newVerifier(t, nil)
	signedIn := testNow.Add(-time.Hour).Unix()
	for value, want := range map[any]int64{signedIn: signedIn, "yesterday": time.Time{}.Unix(), nil: time.Time{}.Unix()} {
		payload := jsonOf(with(goodIDClaims(), fields{"auth_time": value}))
		claims, err := v.ID(t.Context(), sign(issuerKey(), jsonOf(goodHeader()), payload), testNonce)
		if err != nil || claims.AuthTime.Unix() != want {
			t.Errorf("auth_time %v: got %+v, %v, want %d", value, claims, err, want)
		}
	}
}

func TestIDRefuses(t *testing.T) {
	now := testNow.Unix()
	rows := []struct {
		name   string
		header fields
		claims fields
		want   string
	}{
		{"an access token's type", fields{"typ": "at+jwt"}, nil, "type"},
		{"another algorithm", fields{"alg": "none"}, nil, "algorithm"},
		{"an unknown key", fields{"kid": "key-two"}, nil, "unknown-key"},
		{"an extension", fields{"crit": []string{"exp"}}, nil, "critical"},
		{"another issuer", nil, fields{"iss": "https://evil.test"}, "issuer"},
		{"no audience", nil, fields{"aud": nil}, "audience"},
		{"an API's audience", nil, fields{"aud": []string{"api-1"}}, "audience"},
		{"an odd audience", nil, fields{"aud": []any{testClient, 7}}, "audience"},
		{"an empty audience", nil, fields{"aud": []string{}}, "audience"},
		{"the issuer and an API", nil, fields{"aud": []string{testIssuer, "api-1"}}, "audience"},
		{"an API and the issuer", nil, fields{"aud": []string{"api-1", testIssuer}}, "audience"},
		{"the issuer alone, no azp", nil, fields{"aud": []string{testIssuer}, "azp": nil}, "client"},
		{"the issuer alone, another client's", nil, fields{"aud": []string{testIssuer}, "azp": "client-other"}, "client"},
		{"another issuer's audience", nil, fields{"aud": []string{"https://evil.test"}}, "audience"},
		{"made for another client", nil, fields{"azp": "client-other"}, "client"},
		{"made for our other client", nil, fields{"azp": "client-device"}, "client"},
		{"azp null", nil, fields{"azp": json.RawMessage("null")}, "client"},
		{"no subject", nil, fields{"sub": nil}, "subject"},
		{"no expiry", nil, fields{"exp": nil}, "malformed"},
		{"no issue date", nil, fields{"iat": nil}, "malformed"},
		{"expired", nil, fields{"exp": now - 30}, "expired"},
		{"issued in the future", nil, fields{"iat": now + 31}, "not-yet-valid"},
		{"not valid yet", nil, fields{"nbf": now + 31}, "not-yet-valid"},
		{"no nonce", nil, fields{"nonce": nil}, "nonce"},
		{"an empty nonce", nil, fields{"nonce": ""}, "nonce"},
		{"another nonce", nil, fields{"nonce": "Nonce-of-this-login"}, "nonce"},
		{"a longer nonce", nil, fields{"nonce": testNonce + "x"}, "nonce"},
		{"a list of nonces", nil, fields{"nonce": []string{testNonce}}, "nonce"},
		{"two nonces", nil, fields{"Nonce": testNonce}, "duplicate-claim"},
	}
	v := newVerifier(t, func(c *Config) { c.ClientIDs = []string{"client-device", testClient} })
	for _, row := range rows {
		raw := sign(issuerKey(), jsonOf(with(goodHeader(), row.header)), jsonOf(with(goodIDClaims(), row.claims)))
		claims, err := v.ID(t.Context(), raw, testNonce)
		if got := reasonOf(err); got != row.want || claims != nil {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
		checkSilent(t, err, raw)
	}
	forged := sign(otherKey(), jsonOf(goodHeader()), jsonOf(goodIDClaims()))
	if _, err := v.ID(t.Context(), forged, testNonce); reasonOf(err) != "signature" {
		t.Errorf("forged: got %v", err)
	}
}

// A login that forgot its nonce must not match a token that has none either.
func TestIDWithoutExpectedNonce(t *testing.T) {
	v := newVerifier(t, nil)
	for _, nonce := range []any{nil, "", testNonce} {
		raw := sign(issuerKey(), jsonOf(goodHeader()), jsonOf(with(goodIDClaims(), fields{"nonce": nonce})))
		if _, err := v.ID(t.Context(), raw, ""); reasonOf(err) != "nonce" {
			t.Errorf("%v: got %v", nonce, err)
		}
	}
}
