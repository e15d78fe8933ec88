// Package text validates and decodes text from requests and upstreams. It defends against
// values with several encodings and against characters with a special meaning elsewhere.
package text

import (
	"encoding/base64"
	"strings"
)

// IsPlain reports whether s has 1 to longest characters, all of them ASCII letters,
// digits or among others.
func IsPlain(s string, longest int, others string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte(others, c) < 0:
			return false
		}
	}
	return s != "" && len(s) <= longest
}

// IsVisible reports whether s has no characters but visible ASCII ones (RFC 5234's VCHAR):
// no space, no control character.
func IsVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

var strict = base64.RawURLEncoding.Strict()

// DecodeBase64URL decodes s if it is the one base64url form of its bytes: without
// padding, line breaks and unused bits.
func DecodeBase64URL(s string) (decoded []byte, ok bool) {
	if strings.ContainsAny(s, "\r\n") { // which Strict skips
		return nil, false
	}
	decoded, err := strict.DecodeString(s)
	return decoded, err == nil
}
