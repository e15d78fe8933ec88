package token

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/MicahParks/jwkset"
)

const (
	maxKeySet      = 256 << 10 // bytes of the response, decompressed
	maxModulusBits = 8192      // a larger key would make each check slow
)

// get fetches the JWK set. Its errors hold the response's status and never its body.
func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("the key set's URL is malformed")
	}
	request.URL.User = nil // or net/http makes an Authorization header of it
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("key set: got status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeySet+1))
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	if len(body) > maxKeySet {
		return nil, fmt.Errorf("key set: more than %d bytes", maxKeySet)
	}
	return body, nil
}

// readKeySet gives the keys of a JWK set (RFC 7517 section 5) that may verify RS256.
// Others are skipped one by one; a set without any is an error, so that it does not
// replace a good one. Of several usable keys with one kid, the first counts.
func readKeySet(body []byte) ([]jwkset.JWK, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil {
		return nil, errors.New("key set: not a JWK set")
	}
	var keys []jwkset.JWK
	seen := make(map[string]bool)
	for _, raw := range set.Keys {
		key, ok := readKey(raw)
		if kid := key.Marshal().KID; ok && !seen[kid] {
			seen[kid] = true
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("key set: no usable RSA key")
	}
	return keys, nil
}

// readKey gives the public key in a JWK. ok is false unless it has a kid and is an
// RSA key of 2048 to 8192 bits that is meant for verifying RS256, as far as it says.
// A key published with its private half is skipped: anyone could sign with it.
func readKey(raw json.RawMessage) (key jwkset.JWK, ok bool) {
	// Only what is used is read; x5c and the like may hold anything.
	var j struct {
		Kty, Kid, Use, Alg, N, E string

		KeyOps                      []string `json:"key_ops"`
		D, P, Q, DP, DQ, QI, Oth, K json.RawMessage
	}
	if json.Unmarshal(raw, &j) != nil || j.Kty != string(jwkset.KtyRSA) || j.Kid == "" {
		return jwkset.JWK{}, false
	}
	private := slices.ContainsFunc([]json.RawMessage{j.D, j.P, j.Q, j.DP, j.DQ, j.QI, j.Oth, j.K},
		func(part json.RawMessage) bool { return part != nil })
	forSignatures := (j.Use == "" || j.Use == string(jwkset.UseSig)) &&
		(j.Alg == "" || j.Alg == string(jwkset.AlgRS256)) &&
		(j.KeyOps == nil || slices.Contains(j.KeyOps, string(jwkset.KeyOpsVerify)))
	if private || !forSignatures {
		return jwkset.JWK{}, false
	}
	key, err := jwkset.NewJWKFromMarshal(jwkset.JWKMarshal{
		KTY: jwkset.KtyRSA, KID: j.Kid, USE: jwkset.USE(j.Use), ALG: jwkset.ALG(j.Alg), N: j.N, E: j.E,
	}, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return jwkset.JWK{}, false
	}
	public, isRSA := key.Key().(*rsa.PublicKey)
	return key, isRSA && isSound(public)
}

// isSound reports whether key has a size that we accept and numbers that RSA can
// have: crypto/rsa would refuse others at each token.
func isSound(key *rsa.PublicKey) bool {
	bits := key.N.BitLen()
	return minModulusBits <= bits && bits <= maxModulusBits &&
		key.N.Bit(0) == 1 && key.E%2 == 1
}
