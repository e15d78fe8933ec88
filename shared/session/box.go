package session

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"kinde-functions/shared/text"
)

const (
	keyBytes  = 32
	version   = 2 // the first byte of every envelope
	keyIDSize = 4
	headSize  = 1 + keyIDSize
	// maxSealed is the longest value, in characters, that Open decodes.
	maxSealed = 8 << 10
	// salt separates these keys from others derived from the same secret.
	salt = "kinde-functions/session"
)

// Box seals values for storage in a browser or a shared store. A sealed value cannot
// be read or altered, and opens only for the purpose, issuer, client and site that it
// was sealed for.
//
// A sealed value is base64url of: version, key id, nonce, ciphertext and tag.
// Each purpose has a key of its own, so a purpose may be sealed 2^32 times under
// one of SESSION_KEYS before random nonces wear thin (NIST SP 800-38D section
// 8.3): once a second for a century.
type Box struct {
	keys                 []key
	issuer, client, site string
}

// key is derived from one of SESSION_KEYS.
type key struct {
	id   []byte // distinguishes keys without revealing them
	root []byte // HKDF's pseudorandom key (RFC 5869 section 2.2)
}

// NewBox takes SESSION_KEYS, 32 random bytes each: the first seals, all open. It
// refuses what would silently weaken the binding: no key, a key of another length, a
// repeated key, an empty issuer or client. site is the site's origin; it is empty in
// functions that have no site.
func NewBox(keys [][]byte, issuer, client, site string) (*Box, error) {
	if len(keys) == 0 || issuer == "" || client == "" {
		return nil, errors.New("session: a box needs a key, an issuer and a client")
	}
	box := &Box{issuer: issuer, client: client, site: site}
	for i, secret := range keys {
		if len(secret) != keyBytes {
			return nil, fmt.Errorf("session: key %d does not have %d bytes", i+1, keyBytes)
		}
		root, err := hkdf.Extract(sha256.New, secret, []byte(salt))
		if err != nil {
			return nil, fmt.Errorf("session: key %d: %w", i+1, err)
		}
		for _, other := range box.keys {
			if bytes.Equal(other.root, root) {
				return nil, fmt.Errorf("session: key %d is repeated", i+1)
			}
		}
		id := must(hkdf.Expand(sha256.New, root, "id", keyIDSize))
		box.keys = append(box.keys, key{id: id, root: root})
	}
	return box, nil
}

// Seal seals plain for a purpose, such as the name of the cookie that will hold
// it. A plaintext over 6,000 bytes makes a value that is too long for Open.
func (b *Box) Seal(purpose string, plain []byte) string {
	first, bound := b.keys[0], b.bound(purpose)
	head := append([]byte{version}, first.id...)
	return base64.RawURLEncoding.EncodeToString(first.aead(bound).Seal(head, nil, plain, slices.Concat(head, bound)))
}

// Open returns the plaintext of a value that Seal made for the same purpose, or ErrSealed.
func (b *Box) Open(purpose, sealed string) ([]byte, error) {
	if len(sealed) > maxSealed {
		return nil, ErrSealed
	}
	envelope, ok := text.DecodeBase64URL(sealed)
	if !ok || len(envelope) < headSize || envelope[0] != version {
		return nil, ErrSealed
	}
	head, box := envelope[:headSize], envelope[headSize:]
	bound := b.bound(purpose)
	for _, k := range b.keys {
		if !bytes.Equal(k.id, head[1:]) {
			continue
		}
		if plain, err := k.aead(bound).Open(nil, nil, box, slices.Concat(head, bound)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrSealed
}

// bound is what a value is bound to, besides its version and key id.
func (b *Box) bound(purpose string) []byte {
	return appendText(appendText(appendText(appendText(nil, purpose), b.issuer), b.client), b.site)
}

// aead is AES-256-GCM under the key for bound.
func (k key) aead(bound []byte) cipher.AEAD {
	derived := must(hkdf.Expand(sha256.New, k.root, "seal"+string(bound), keyBytes))
	return must(cipher.NewGCMWithRandomNonce(must(aes.NewCipher(derived))))
}

// must is for calls that fail on key sizes alone, which are constants here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
