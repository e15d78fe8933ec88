package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"kinde-functions/shared/jsonscan"
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
		`"feature_flags":{"a":{"t":"b","v":true}}`, `"ISS":"x"`, `"nonce":""`} {
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
			"critical", "unknown-key", "signature", "duplicate-claim", "id-token", "issuer", "client", "audience",
			"subject", "not-yet-valid", "expired"},
			func(reason string) bool { return err.Error() == "token: refused: "+reason })
		if !known || !errors.Is(err, ErrInvalid) {
			t.Errorf("not one of our refusals: %v", err)
		}
		return
	}
	claims := jwt.MapClaims{}
	token, _, err := jwt.NewParser().ParseUnverified(raw, claims)
	if err != nil {
		t.Fatalf("golang-jwt cannot read what was accepted: %v", err)
	}
	issuer, _ := claims.GetIssuer()
	subject, _ := claims.GetSubject()
	expiry, _ := claims.GetExpirationTime()
	if token.Method != jwt.SigningMethodRS256 || issuer != testIssuer || subject != u.Claims().Subject ||
		claims["azp"] != testClient || expiry.Unix() < testNow.Unix()-30 || subject == "" {
		t.Errorf("read otherwise by golang-jwt: %v", claims)
	}
}

func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : [ 1 , -0.5e+3 , true , false , null , "\u00e9\n" ] , "b":{"c":{}} } `,
		`{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a" 1}`,
		`{"a":1,}`, `{,}`, `{"a":[1,]}`, `{"a":}`, `{"a`, `{"a":"`, `{"a":"\`, `{"a":1}x`, `[]`, ``, "{\"\xff\":1}",
		`{"a":` + strings.Repeat("[", 32), `{"\u0061":"\ud800"}`, `{"a":nul`, "{\"a\":\"\t\"}", `{a:1}`, `{"a":NaN}`,
		`{"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`,
		`{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		read := make(map[string]json.RawMessage)
		got := jsonscan.Document(b, func(name, value []byte) bool {
			read[string(name)] = value
			return true
		})
		var want map[string]json.RawMessage
		valid := utf8.Valid(b) && json.Unmarshal(b, &want) == nil && want != nil && depth(b) <= jsonscan.MaxDepth
		if got != valid {
			t.Fatalf("document says %t of %q", got, b)
		}
		if valid && jsonOf(read) != jsonOf(want) {
			t.Errorf("read %s as %v", b, read)
		}
	})
}

// depth is how deep valid JSON nests.
func depth(b []byte) (deepest int) {
	decoder := json.NewDecoder(bytes.NewReader(b))
	for level := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			level++
			deepest = max(deepest, level)
		case json.Delim('}'), json.Delim(']'):
			level--
		}
	}
}
