package token

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestNewVerifierRefuses(t *testing.T) {
	rows := []struct {
		name   string
		change func(*Config)
	}{
		{"no issuer", func(c *Config) { c.Issuer = "" }},
		{"no clients", func(c *Config) { c.ClientIDs = nil }},
		{"an empty client", func(c *Config) { c.ClientIDs = []string{testClient, ""} }},
		{"an empty audience", func(c *Config) { c.Audiences = []string{""} }},
		{"no keys", func(c *Config) { c.Keys = nil }},
	}
	for _, row := range rows {
		config := goodConfig((&endpoint{}).keys())
		row.change(&config)
		if v, err := NewVerifier(config); err == nil || v != nil {
			t.Errorf("got %s: accepted", row.name)
		}
	}
}

func TestVerifierKeepsItsOwnLists(t *testing.T) {
	clients := []string{testClient}
	v := newVerifier(t, func(c *Config) { c.ClientIDs = clients })
	clients[0] = "another"
	if _, err := v.Access(t.Context(), goodToken()); err != nil {
		t.Error(err)
	}
}

func TestAccessAccepts(t *testing.T) {
	audiences := func(c *Config) { c.Audiences = []string{"api-1", "api-2"} }
	rows := []struct {
		name   string
		header fields
		claims fields
		change func(*Config)
	}{
		{name: "an ordinary token"},
		{name: "no typ", header: fields{"typ": nil}},
		{name: "typ at+jwt", header: fields{"typ": "at+jwt"}},
		{name: "typ in other capitals", header: fields{"typ": "AT+JWT"}},
		{name: "typ in small letters", header: fields{"typ": "jwt"}},
		{name: "an unknown header parameter", header: fields{"x5t": "abc", "foo": fields{"alg": "none"}}},
		{name: "a second client", change: func(c *Config) { c.ClientIDs = []string{"other", testClient} }},
		{name: "no aud", claims: fields{"aud": nil}},
		{name: "aud of others, none configured", claims: fields{"aud": "elsewhere"}},
		{name: "aud as a string", claims: fields{"aud": "api-2"}, change: audiences},
		{name: "aud among others", claims: fields{"aud": []string{"x", "api-1"}}, change: audiences},
		{name: "typ in full", header: fields{"typ": "Application/AT+jwt"}},
		{name: "the client in aud and scopes", claims: fields{"aud": []string{testClient}, "scp": nil, "scope": ""}},
		{name: "the client in aud, which is configured", claims: fields{"aud": []string{testClient}, "scp": nil},
			change: func(c *Config) { c.Audiences = []string{testClient} }},
		{name: "no scopes", claims: fields{"scp": nil, "aud": []string{"api-1"}}},
		{name: "no iat", claims: fields{"iat": nil}},
		{name: "exp within the leeway", claims: fields{"exp": testNow.Unix() - 29}},
		{name: "iat within the leeway", claims: fields{"iat": testNow.Unix() + 30}},
		{name: "nbf within the leeway", claims: fields{"nbf": testNow.Unix() + 30}},
		{name: "exp with a fraction", claims: fields{"exp": float64(testNow.Unix()) + 0.5}},
		{name: "exp with an exponent", claims: fields{"exp": json.Number("1.6e9")}},
		{name: "a name that only resembles one", claims: fields{"Issuer": "x", "azpx": 1, "sub_": nil}},
		{name: "deep", claims: fields{"x": json.RawMessage(strings.Repeat("[", 500) + strings.Repeat("]", 500))}},
		{name: "repeated names deeper down", claims: fields{"x": json.RawMessage(`{"iss":1,"iss":2,"ISS":3}`)}},
	}
	for _, row := range rows {
		v := newVerifier(t, row.change)
		raw := sign(issuerKey(), jsonOf(with(goodHeader(), row.header)), jsonOf(with(goodClaims(), row.claims)))
		if _, err := v.Access(t.Context(), raw); err != nil {
			t.Errorf("%s: got %v", row.name, err)
		}
	}
}

func TestSizeLimit(t *testing.T) {
	// Unsigned, since Check looks at no signature's bytes.
	rest := "." + base64Of(jsonOf(goodClaims())) + "." + base64Of(make([]byte, 256))
	const limit = 16384
	spaces := (limit-len(rest))*3/4 - len(jsonOf(goodHeader()))
	raw := base64Of(jsonOf(goodHeader())+strings.Repeat(" ", spaces)) + rest
	v := newVerifier(t, nil)
	if _, err := v.Check(raw); len(raw) != limit || err != nil {
		t.Errorf("%d bytes: got %v", len(raw), err)
	}
	if _, err := v.Check(raw + "A"); reasonOf(err) != "too-large" {
		t.Errorf("one byte more: got %v", err)
	}
}

func TestClaims(t *testing.T) {
	payload := jsonOf(with(goodClaims(), fields{
		"scope":         "offline profile",
		"roles":         []fields{{"id": "r1", "key": "admin", "name": "Admin"}},
		"feature_flags": fields{"dark": fields{"t": "b", "v": true}, "max": fields{"t": "i", "v": 7}},
		"sub":           json.RawMessage(`"kp\u005f1"`),
	}))
	claims, err := newVerifier(t, nil).Access(t.Context(), sign(issuerKey(), jsonOf(goodHeader()), payload))
	if err != nil {
		t.Fatal(err)
	}
	want := &Claims{
		Subject: "kp_1", OrgCode: "org_1", ClientID: testClient, ID: "jti-1",
		Expiry: time.Unix(testNow.Unix()+3600, 0), IssuedAt: time.Unix(testNow.Unix(), 0),
		Scopes: []string{"offline", "openid", "profile"},
		Raw:    json.RawMessage(payload),
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("got  %+v\nwant %+v", claims, want)
	}
	grants := Grants{
		Permissions: []string{"read:a", "write:a"},
		Roles:       []Role{{ID: "r1", Key: "admin", Name: "Admin"}},
		FeatureFlags: map[string]Flag{
			"dark": {Type: "b", Value: json.RawMessage("true")},
			"max":  {Type: "i", Value: json.RawMessage("7")},
		},
	}
	if got := claims.Grants(); !reflect.DeepEqual(got, grants) {
		t.Errorf("got  %+v\nwant %+v", got, grants)
	}
}

// Claims that refuse no token are read as far as they make sense, and grant
// nothing by guess.
func TestOddClaims(t *testing.T) {
	rows := []struct {
		claim, value string
		want         Claims
		grants       Grants
	}{
		{"permissions", `{"read:a":true}`, Claims{}, Grants{}},
		{"permissions", `"read:a"`, Claims{}, Grants{}},
		{"permissions", `["read:a",7,null,"",["x"],"b"]`, Claims{}, Grants{Permissions: []string{"read:a", "b"}}},
		{"scp", `"b  a b"`, Claims{Scopes: []string{"a", "b"}}, Grants{}},
		{"scp", `["a",{"b":1}]`, Claims{Scopes: []string{"a"}}, Grants{}},
		{"scope", `["a b"]`, Claims{Scopes: []string{"a b"}}, Grants{}},
		{"scope", `"a\tb\u00a0c"`, Claims{Scopes: []string{"a\tb\u00a0c"}}, Grants{}},
		{"scope", `{"a":1}`, Claims{}, Grants{}},
		{"roles", `["admin",{"key":7,"name":"N"},{},null,3]`, Claims{}, Grants{Roles: []Role{{Key: "admin"}, {Name: "N"}}}},
		{"roles", `{"id":"r"}`, Claims{}, Grants{}},
		{"feature_flags", `{"a":true,"b":{"t":"s"},"c":{"v":[1,{}]}}`, Claims{}, Grants{
			FeatureFlags: map[string]Flag{"b": {Type: "s"}, "c": {Value: json.RawMessage(`[1,{}]`)}}}},
		{"feature_flags", `[{"t":"b","v":true}]`, Claims{}, Grants{}},
		{"org_code", `7`, Claims{}, Grants{}},
		{"jti", `null`, Claims{}, Grants{}},
	}
	v := newVerifier(t, nil)
	for _, row := range rows {
		base := fields{"permissions": nil, "scp": nil, "org_code": nil, "jti": nil}
		base[row.claim] = json.RawMessage(row.value)
		u, err := v.Check(sign(issuerKey(), jsonOf(goodHeader()), jsonOf(with(goodClaims(), base))))
		if err != nil {
			t.Errorf("%s %s: got %v", row.claim, row.value, err)
			continue
		}
		got, grants := *u.Claims(), u.Claims().Grants()
		got.Subject, got.ClientID, got.Raw = "", "", nil
		got.Expiry, got.IssuedAt = time.Time{}, time.Time{}
		if !reflect.DeepEqual(got, row.want) || !reflect.DeepEqual(grants, row.grants) {
			t.Errorf("%s %s: got %+v %+v", row.claim, row.value, got, grants)
		}
	}
}

func TestExpiry(t *testing.T) {
	const session, access = true, false
	rows := []struct {
		remaining float64 // seconds
		session   bool
		want      string
	}{
		{1, session, ""}, {0.5, session, ""}, {0, session, "expired"}, {-1, session, "expired"},
		{-29, access, ""}, {-30, access, "expired"}, {-3600, access, "expired"},
	}
	v := newVerifier(t, nil)
	for _, row := range rows {
		raw := sign(issuerKey(), jsonOf(goodHeader()),
			jsonOf(with(goodClaims(), fields{"exp": float64(testNow.Unix()) + row.remaining})))
		check := v.Check
		if row.session {
			check = v.CheckSession
		}
		_, err := check(raw)
		if got := reasonOf(err); got != row.want {
			t.Errorf("%+v: got the reason %q", row, got)
		}
		if errors.Is(err, ErrExpired) != (row.want == "expired") {
			t.Errorf("%+v: errors.Is(%v, ErrExpired) = %v", row, err, errors.Is(err, ErrExpired))
		}
	}
	// Nothing but age may be wrong with an ErrExpired.
	_, err := v.CheckSession(sign(issuerKey(), jsonOf(goodHeader()),
		jsonOf(with(goodClaims(), fields{"exp": 1, "iss": "https://evil.test"}))))
	if errors.Is(err, ErrExpired) || !errors.Is(err, ErrInvalid) {
		t.Errorf("expired and foreign: got %v, want an ErrInvalid that is no ErrExpired", err)
	}
	if !errors.Is(ErrExpired, ErrInvalid) || errors.Is(refuse(reasonIssuer), ErrExpired) {
		t.Error("ErrExpired is no ErrInvalid, or another refusal is an ErrExpired")
	}
}

// Every refusal in the tables of this package must keep the token to itself.
func TestErrorsHoldNoToken(t *testing.T) {
	v := newVerifier(t, nil)
	for _, row := range refusedTokens() {
		_, err := v.Access(t.Context(), row.raw)
		checkSilent(t, err, row.raw)
	}
	unreachable := newVerifier(t, func(c *Config) {
		c.Keys = (&endpoint{status: 500, body: strings.Repeat("secret body ", 9)}).keys()
	})
	_, err := unreachable.Access(t.Context(), goodToken())
	checkSilent(t, err, goodToken())
	if !errors.Is(err, ErrKeysUnavailable) || strings.Contains(err.Error(), "secret") ||
		!strings.Contains(err.Error(), "500") {
		t.Error(err)
	}
}
