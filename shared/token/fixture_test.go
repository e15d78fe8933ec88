package token

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	testIssuer = "https://acme.kinde.test"
	testClient = "client-web"
	testKid    = "key-one"
	keySetURL  = testIssuer + "/.well-known/jwks"
)

// testNow is the time of these tests' clocks, or their start (synctest's epoch).
var testNow = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

var (
	issuerKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	otherKey  = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	weakKey   = sync.OnceValue(func() *rsa.PrivateKey { return newKey(1024) })
)

func newKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// fields is a JSON object to be marshaled.
type fields = map[string]any

// with gives base changed by set; a nil value removes its name.
func with(base fields, set fields) fields {
	changed := maps.Clone(base)
	maps.Copy(changed, set)
	maps.DeleteFunc(changed, func(_ string, value any) bool { return value == nil })
	return changed
}

func jsonOf(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func base64Of[T string | []byte](part T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(part))
}

// sign makes a token of exactly this header and payload.
func sign(key *rsa.PrivateKey, header, payload string) string {
	signed := base64Of(header) + "." + base64Of(payload)
	signature, err := jwt.SigningMethodRS256.Sign(signed, key)
	if err != nil {
		panic(err)
	}
	return signed + "." + base64Of(signature)
}

func goodHeader() fields { return fields{"alg": "RS256", "kid": testKid, "typ": "JWT"} }

func goodClaims() fields {
	return fields{
		"iss": testIssuer, "sub": "kp_1", "azp": testClient, "aud": []string{},
		"exp": testNow.Add(time.Hour).Unix(), "iat": testNow.Unix(), "jti": "jti-1",
		"org_code": "org_1", "permissions": []string{"read:a", "write:a"},
		"scp": []string{"openid", "offline"},
	}
}

func goodToken() string { return sign(issuerKey(), jsonOf(goodHeader()), jsonOf(goodClaims())) }

// jwkOf is key's public half as a JWK.
func jwkOf(key *rsa.PrivateKey, kid string) fields {
	e := big.NewInt(int64(key.E)).Bytes()
	return fields{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
		"n": base64Of(key.N.Bytes()), "e": base64Of(e)}
}

func keySetOf(keys ...fields) string { return jsonOf(fields{"keys": keys}) }

func goodKeySet() string { return keySetOf(jwkOf(issuerKey(), testKid)) }

// endpoint is a key-set endpoint in memory. Its zero value responds 200 and an
// empty body.
type endpoint struct {
	fetches atomic.Int32

	mu     sync.Mutex
	status int
	body   string
	hang   bool // until the request's context ends
	stall  bool // likewise, in the middle of the body
	delay  time.Duration
}

func (e *endpoint) set(status int, body string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.body = status, body
}

func (e *endpoint) RoundTrip(request *http.Request) (*http.Response, error) {
	e.fetches.Add(1)
	e.mu.Lock()
	status, body, hang, stall, delay := e.status, e.body, e.hang, e.stall, e.delay
	e.mu.Unlock()
	if hang {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	select {
	case <-time.After(delay):
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	if status == 0 {
		status = http.StatusOK
	}
	var content io.Reader = strings.NewReader(body)
	if stall {
		content = io.MultiReader(content, stalled{request})
	}
	header := http.Header{"Location": {"https://elsewhere.test/jwks"}}
	return &http.Response{StatusCode: status, Header: header, Request: request, Body: io.NopCloser(content)}, nil
}

// stalled is the rest of a body that never comes.
type stalled struct{ request *http.Request }

func (s stalled) Read([]byte) (int, error) {
	<-s.request.Context().Done()
	return 0, s.request.Context().Err()
}

func (e *endpoint) keys() *Keys { return NewKeys(keySetURL, &http.Client{Transport: e}) }

func goodConfig(keys *Keys) Config {
	return Config{Issuer: testIssuer, ClientIDs: []string{testClient}, Keys: keys,
		Now: func() time.Time { return testNow }}
}

// newVerifier makes a Verifier whose issuer publishes testKid.
func newVerifier(t testing.TB, change func(*Config)) *Verifier {
	t.Helper()
	config := goodConfig((&endpoint{body: goodKeySet()}).keys())
	if change != nil {
		change(&config)
	}
	v, err := NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// reasonOf is the word of a refusal, "" for success, else the error's text.
func reasonOf(err error) string {
	if invalid, ok := errors.AsType[*InvalidError](err); ok {
		if !errors.Is(err, ErrInvalid) {
			return "does not match ErrInvalid"
		}
		return invalid.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// checkSilent fails when err quotes raw: any eight characters of it, or of its
// decoded parts.
func checkSilent(t testing.TB, err error, raw string) {
	t.Helper()
	if err == nil {
		return
	}
	message := err.Error()
	secrets := []string{raw}
	for part := range strings.SplitSeq(raw, ".") {
		decoded, _ := base64.RawURLEncoding.DecodeString(part)
		secrets = append(secrets, string(decoded))
	}
	leaks := func(secret string) bool {
		for i := range max(0, len(message)-7) {
			if strings.Contains(secret, message[i:i+8]) {
				return true
			}
		}
		return false
	}
	if slices.ContainsFunc(secrets, leaks) {
		t.Errorf("the error quotes the token: got %s", fmt.Sprintf("%.200s", message))
	}
}
