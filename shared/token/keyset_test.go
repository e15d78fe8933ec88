package token

import (
	"crypto/rsa"
	"errors"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestReadKeySet(t *testing.T) {
	n := func(change func(n *big.Int)) string {
		n := new(big.Int).Set(otherKey().N)
		change(n)
		return base64Of(n.Bytes())
	}
	rows := []struct {
		name   string
		change fields
		usable bool
	}{
		{"an ordinary key", nil, true},
		{"no use, alg or key_ops", fields{"use": nil, "alg": nil}, true},
		{"key_ops with verify", fields{"key_ops": []string{"encrypt", "verify"}}, true},
		{"odd certificates", fields{"x5c": 7, "x5t": []int{1}, "x5u": "::"}, true},
		{"padded n", fields{"n": base64Of(otherKey().N.Bytes()) + "=="}, true},
		{"an elliptic-curve key", fields{"kty": "EC"}, false},
		{"a symmetric key", fields{"kty": "oct", "k": "c2VjcmV0"}, false},
		{"no kty", fields{"kty": nil}, false},
		{"for encryption", fields{"use": "enc"}, false},
		{"for something else", fields{"use": "tls"}, false},
		{"for another algorithm", fields{"alg": "RSA-OAEP"}, false},
		{"for PS256", fields{"alg": "PS256"}, false},
		{"key_ops without verify", fields{"key_ops": []string{"sign"}}, false},
		{"key_ops empty", fields{"key_ops": []string{}}, false},
		{"no kid", fields{"kid": nil}, false},
		{"an empty kid", fields{"kid": ""}, false},
		{"kid a number", fields{"kid": 7}, false},
		{"with its private exponent", fields{"d": "AQAB"}, false},
		{"with a prime", fields{"p": "AQAB"}, false},
		{"1024 bits", fields{"n": base64Of(weakKey().N.Bytes())}, false},
		{"2047 bits", fields{"n": n(func(n *big.Int) { n.Rsh(n, 1).SetBit(n, 0, 1) })}, false},
		{"8193 bits", fields{"n": n(func(n *big.Int) { n.SetBit(n, 8192, 1) })}, false},
		{"even n", fields{"n": n(func(n *big.Int) { n.SetBit(n, 0, 0) })}, false},
		{"no n", fields{"n": nil}, false},
		{"n not base64url", fields{"n": "+/+/"}, false},
		{"e of 1", fields{"e": "AQ"}, false},
		{"even e", fields{"e": "AQAC"}, false},
		{"e beyond 32 bits", fields{"e": "AQAAAAAAAAAB"}, false},
	}
	for _, row := range rows {
		body := keySetOf(with(jwkOf(otherKey(), "key-two"), row.change), jwkOf(issuerKey(), testKid))
		keys, err := readKeySet([]byte(body))
		want := 1
		if row.usable {
			want = 2
		}
		if err != nil || len(keys) != want || keys[want-1].Marshal().KID != testKid {
			t.Errorf("%s: got %d keys, %v", row.name, len(keys), err)
		}
	}
	odd := `{"keys":[null,7,"x",[],{},` + jsonOf(jwkOf(issuerKey(), testKid)) + `],"x":1}`
	if keys, err := readKeySet([]byte(odd)); err != nil || len(keys) != 1 {
		t.Errorf("got %d keys, %v, want the one usable key", len(keys), err)
	}
}

func TestKeySetSizeLimit(t *testing.T) {
	for size, want := range map[int]string{262144: "", 262144 + 1: "more than"} {
		body := goodKeySet() + strings.Repeat(" ", size-len(goodKeySet()))
		_, err := (&endpoint{body: body}).keys().find(t.Context(), testKid)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: got %v", size, err)
		}
	}
}

func TestReadKeySetRepeatedKid(t *testing.T) {
	keys, err := readKeySet([]byte(keySetOf(
		with(jwkOf(weakKey(), testKid), nil), jwkOf(issuerKey(), testKid), jwkOf(otherKey(), testKid))))
	if err != nil || len(keys) != 1 {
		t.Fatalf("got %d keys, %v", len(keys), err)
	}
	if !issuerKey().PublicKey.Equal(keys[0].Key().(*rsa.PublicKey)) {
		t.Error("not the first usable key")
	}
}

// The endpoint responds 403 to an Authorization header; and a redirect could lead to
// anybody's keys.
func TestKeySetRequest(t *testing.T) {
	var requests []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: "x"}})
	client := &http.Client{Transport: server.Client().Transport, Jar: jar}

	secret := strings.Replace(server.URL, "http://", "http://user:password@", 1)
	_, err = NewKeys(secret+"/jwks", client).find(t.Context(), testKid)
	if !errors.Is(err, ErrKeysUnavailable) || !strings.Contains(err.Error(), "302") {
		t.Error(err)
	}
	if len(requests) != 1 {
		t.Fatalf("got %d requests", len(requests))
	}
	r := requests[0]
	if r.Method != http.MethodGet || r.URL.Path != "/jwks" || r.Header.Get("Authorization") != "" ||
		r.Header.Get("Cookie") != "" {
		t.Errorf("got %s %s %v", r.Method, r.URL, r.Header)
	}
	if client.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("bug") }

func TestKeySetFailuresAreErrors(t *testing.T) {
	for name, keys := range map[string]*Keys{
		"panic":         NewKeys(keySetURL, &http.Client{Transport: panicking{}}),
		"malformed URL": NewKeys("https://user:pass word@\x7f", nil),
		"no scheme":     NewKeys("acme.kinde.test/jwks", nil),
	} {
		_, err := keys.find(t.Context(), testKid)
		if !errors.Is(err, ErrKeysUnavailable) || strings.Contains(err.Error(), "pass") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestUsableKeys(t *testing.T) {
	for set, want := range map[string]int{
		goodKeySet(): 1,
		keySetOf(jwkOf(issuerKey(), "a"), jwkOf(otherKey(), "b"), fields{"kty": "EC"}): 2,
		`{"keys":[]}`: 0,
		`<html>`:      0,
	} {
		if n, err := UsableKeys([]byte(set)); n != want || (err == nil) != (want > 0) {
			t.Errorf("%.20s: got %d, %v", set, n, err)
		}
	}
}
