package token

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// refusedToken differs from an accepted token in one thing.
type refusedToken struct {
	name, raw, want string
	// keyless: refused before a key is looked for.
	keyless bool
}

func refusedTokens() []refusedToken {
	return slices.Concat(refusedForms(), refusedHeaders(), refusedClaims(), refusedNames(), refusedSignatures())
}

func TestAccessRefuses(t *testing.T) {
	if _, err := newVerifier(t, nil).Access(t.Context(), goodToken()); err != nil {
		t.Fatal("the token that the rows differ from:", err)
	}
	for _, row := range refusedTokens() {
		t.Run(row.name, func(t *testing.T) {
			server := &endpoint{body: goodKeySet()}
			v := newVerifier(t, func(c *Config) { c.Keys = server.keys() })
			_, err := v.Access(t.Context(), row.raw)
			if got := reasonOf(err); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if fetched := server.fetches.Load() > 0; fetched == row.keyless {
				t.Errorf("key set fetched: got %t", fetched)
			}
		})
	}
}

// splice changes the parts of the accepted token without signing it anew.
func splice(change func(parts []string)) string {
	parts := strings.Split(goodToken(), ".")
	change(parts)
	return strings.Join(parts, ".")
}

func refusedForms() []refusedToken {
	good := goodToken()
	// The 256 bytes of a signature leave four bits over in the last of 342 characters.
	lastBit := splice(func(p []string) {
		alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := len(p[2]) - 1
		p[2] = p[2][:last] + string(alphabet[strings.IndexByte(alphabet, p[2][last])+1])
	})
	header, payload := jsonOf(goodHeader()), jsonOf(goodClaims())
	filler := strings.Repeat(" ", maxSize)
	signed := func(header, payload string) string { return sign(issuerKey(), header, payload) }
	rows := map[string]string{
		"empty": "", "one part": "abc", "two parts": good[:strings.LastIndexByte(good, '.')],
		"four parts": good + ".abc", "five parts": good + ".abc.def", "a trailing dot": good + ".",
		"space before": " " + good, "space after": good + " ", "scheme before": "Bearer " + good,
		"newline after": good + "\n", "newline in the signature": good[:len(good)-4] + "\n" + good[len(good)-4:],
		"carriage return in the payload": splice(func(p []string) { p[1] = p[1][:8] + "\r" + p[1][8:] }),
		"newline in the header":          splice(func(p []string) { p[0] = p[0][:8] + "\n" + p[0][8:] }),
		"padding":                        good + "==", "non-zero trailing bits": lastBit,
		"the other alphabet":   splice(func(p []string) { p[2] = "+/" + p[2][2:] }),
		"an impossible length": splice(func(p []string) { p[1] += "AAA"[:(5-len(p[1])%4)%4] }),
		"no header":            splice(func(p []string) { p[0] = "" }),
		"no payload":           splice(func(p []string) { p[1] = "" }),
		"header not JSON":      signed("alg", payload), "header an array": signed("["+header+"]", payload),
		"header null": signed("null", payload), "header twice": signed(header+header, payload),
		"header with a BOM":    signed("\ufeff"+header, payload),
		"header truncated":     signed(header[:len(header)-1], payload),
		"payload not JSON":     signed(header, "hello"),
		"payload an array":     signed(header, "["+payload+"]"),
		"payload null":         signed(header, "null"),
		"payload a string":     signed(header, jsonOf(payload)),
		"payload twice":        signed(header, payload+payload),
		"payload then a brace": signed(header, payload+"}"),
		"payload then NUL":     signed(header, payload+"\x00"),
		"trailing comma":       signed(header, payload[:len(payload)-1]+",}"),
		"invalid UTF-8":        signed(header, strings.Replace(payload, "kp_1", "kp_\xff", 1)),
		"raw control in text":  signed(header, strings.Replace(payload, "kp_1", "kp_\n", 1)),
	}
	list := []refusedToken{{"too large", signed(header, payload+filler), "too-large", true}}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		list = append(list, refusedToken{"form: " + name, rows[name], "malformed", true})
	}
	return list
}

func refusedHeaders() []refusedToken {
	payload := jsonOf(goodClaims())
	var list []refusedToken
	add := func(name, header, want string) {
		list = append(list, refusedToken{"header: " + name, sign(issuerKey(), header, payload), want, true})
	}
	for _, alg := range []any{nil, "", "none", "None", "rs256", "RS256 ", "RS384", "PS256", "ES256", "HS256", 256,
		[]string{"RS256"}} {
		add("alg "+jsonOf(alg), jsonOf(with(goodHeader(), fields{"alg": alg})), "algorithm")
	}
	for _, typ := range []string{`""`, `null`, `"JWE"`, `"logout+jwt"`, `"JWT "`, `"application/jwt"`,
		`"application/at+jwt "`, `7`, `["JWT"]`} {
		add("typ "+typ, jsonOf(with(goodHeader(), fields{"typ": json.RawMessage(typ)})), "type")
	}
	for _, crit := range []string{`["exp"]`, `[]`, `null`, `"b64"`} {
		add("crit "+crit, jsonOf(with(goodHeader(), fields{"crit": json.RawMessage(crit)})), "critical")
	}
	for _, kid := range []any{nil, "", 7, []string{testKid}, fields{"kid": testKid}} {
		add("kid "+jsonOf(kid), jsonOf(with(goodHeader(), fields{"kid": kid})), "unknown-key")
	}
	for _, extra := range []string{
		`"alg":"RS256"`, `"alg":"none"`, `"kid":"key-one"`, `"typ":"JWT"`, `"ALG":"RS256"`, `"Kid":"key-one"`,
		"\"\u212aid\":\"key-one\"", `"Crit":[]`, `"TYP":"JWT"`, `"\u0061lg":"RS256"`, `"\u0041lg":"x"`, `"x":1,"x":1`,
	} {
		add("repeated "+extra, strings.Replace(jsonOf(goodHeader()), "}", ","+extra+"}", 1), "duplicate-header")
	}
	many := make(fields)
	for i := range 40 {
		many[strings.Repeat("x", i+1)] = i
	}
	add("too many parameters", jsonOf(with(goodHeader(), many)), "malformed")
	return list
}

func refusedClaims() []refusedToken {
	now := testNow.Unix()
	rows := []struct {
		claim  string
		values []string // "" leaves the claim out
		want   string
	}{
		{"iss", []string{"", `""`, `null`, `"https://evil.test"`, `"` + testIssuer + `/"`, `"HTTPS://acme.kinde.test"`,
			`["` + testIssuer + `"]`}, "issuer"},
		{"azp", []string{"", `""`, `null`, `"client-other"`, `["` + testClient + `"]`, `"client-web "`}, "client"},
		{"aud", []string{`null`, `7`, `{"a":1}`, `[7]`, `["a",null]`}, "audience"},
		{"sub", []string{"", `""`, `null`, `7`, `["kp_1"]`}, "subject"},
		{"exp", []string{"", `null`, `"4102444800"`, `true`, `-1`, `-0.5`, `1e400`, `1e30`, `253402300800`,
			`99999999999999999999`, `[]`}, "malformed"},
		{"exp", []string{jsonOf(now - 30), jsonOf(now - 3600), `0`, `1`, `1.5`}, "expired"},
		{"nbf", []string{`null`, `"0"`, `true`, `1e400`, `-5`}, "malformed"},
		{"iat", []string{`null`, `"0"`, `{}`, `1e400`}, "malformed"},
		{"nbf", []string{jsonOf(now + 31), jsonOf(float64(now) + 30.5)}, "not-yet-valid"},
		{"iat", []string{jsonOf(now + 31), jsonOf(now + 86400)}, "not-yet-valid"},
		{"nonce", []string{`"n"`, `""`, `null`}, "id-token"},
		{"at_hash", []string{`"h"`, `null`}, "id-token"},
		{"x-hasura-org-code", []string{`"org_2"`, `""`, `7`, `["org_1"]`}, "hasura-claim"},
		{"x-hasura-permissions", []string{`["read:a"]`, `["read:a","write:a","x"]`, `[]`, `"read:a write:a"`},
			"hasura-claim"},
	}
	var list []refusedToken
	for _, row := range rows {
		for _, value := range row.values {
			changed := fields{row.claim: nil}
			if value != "" {
				changed[row.claim] = json.RawMessage(value)
			}
			raw := sign(issuerKey(), jsonOf(goodHeader()), jsonOf(with(goodClaims(), changed)))
			list = append(list, refusedToken{"claim: " + row.claim + " " + value, raw, row.want, true})
		}
	}
	return list
}

// refusedNames repeats each security name, and has it in other capitals alone.
func refusedNames() []refusedToken {
	var list []refusedToken
	add := func(extra, at string) {
		payload := jsonOf(goodClaims())
		if at == "before" {
			payload = "{" + extra + "," + payload[1:]
		} else {
			payload = payload[:len(payload)-1] + "," + extra + "}"
		}
		raw := sign(issuerKey(), jsonOf(goodHeader()), payload)
		list = append(list, refusedToken{"name: " + extra + " " + at, raw, "duplicate-claim", true})
	}
	for name := range goodClaims() {
		add(jsonOf(name)+":"+jsonOf(goodClaims()[name]), "after")
		add(jsonOf(name)+":null", "before")
	}
	for _, name := range claimNames {
		if strings.HasPrefix(name, "x-hasura-") {
			add(jsonOf(name)+":null,"+jsonOf(name)+":null", "after")
		}
		add(jsonOf(strings.ToUpper(name))+":1", "after")
		add(jsonOf(strings.ToUpper(name[:1])+name[1:])+":null", "before")
	}
	add(`"\u0069ss":"https://evil.test"`, "after")
	add("\"i\u017fs\":\"https://evil.test\"", "after")
	add("\"role\u017f\":[]", "after")
	return list
}

func refusedSignatures() []refusedToken {
	header, payload := goodHeader(), jsonOf(goodClaims())
	own := with(header, fields{"jwk": jwkOf(otherKey(), testKid), "jku": "https://evil.test/jwks"})
	rows := []refusedToken{
		{"by another key", sign(otherKey(), jsonOf(header), payload), "signature", false},
		{"by a key that the token brings", sign(otherKey(), jsonOf(own), payload), "signature", false},
		{"of another payload", splice(func(p []string) {
			p[1] = base64Of(strings.Replace(payload, "kp_1", "kp_2", 1))
		}), "signature", false},
		{"of another header", splice(func(p []string) {
			p[0] = base64Of(jsonOf(with(header, fields{"typ": "at+jwt"})))
		}), "signature", false},
		{"zeroes", splice(func(p []string) { p[2] = base64Of(make([]byte, 256)) }), "signature", false},
		{"longer", splice(func(p []string) { p[2] = base64Of(make([]byte, 512)) }), "signature", false},
		{"empty", splice(func(p []string) { p[2] = "" }), "signature", true},
		{"shorter than any key", sign(weakKey(), jsonOf(header), payload), "signature", true},
		{"unknown key", sign(issuerKey(), jsonOf(with(header, fields{"kid": "key-two"})), payload), "unknown-key", false},
		{"kid in other capitals", sign(issuerKey(), jsonOf(with(header, fields{"kid": "KEY-ONE"})), payload), "unknown-key",
			false},
	}
	for i := range rows {
		rows[i].name = "signature: " + rows[i].name
	}
	return rows
}

func TestAudienceRequired(t *testing.T) {
	v := newVerifier(t, func(c *Config) { c.Audiences = []string{"api-1"} })
	for _, aud := range []any{nil, []string{}, "", "api-2", "API-1", []string{"api", "api-11"}, "api-1 "} {
		_, err := v.Check(sign(issuerKey(), jsonOf(goodHeader()), jsonOf(with(goodClaims(), fields{"aud": aud}))))
		if got := reasonOf(err); got != "audience" {
			t.Errorf("%v: got %q", aud, got)
		}
	}
}
