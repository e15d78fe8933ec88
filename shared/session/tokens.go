package session

import (
	"encoding/base64"
	"errors"
	"strings"

	"kinde-functions/shared/text"
)

// Tokens are a session's tokens. A token that is empty does not exist.
type Tokens struct {
	Access  string // the access token
	Refresh string // the refresh token; empty when the scope lacks offline
}

// The encodings of a token.
const (
	asText = iota // as it is
	asJWT         // three texts: the bytes of its base64url segments
)

const jwtSegments = 3 // RFC 7515 section 7.1

// MarshalBinary encodes the tokens compactly: a JWT in canonical base64url takes three
// quarters of its characters. It never fails.
func (t Tokens) MarshalBinary() ([]byte, error) { return t.encode(), nil }

// UnmarshalBinary decodes the output of MarshalBinary. Its error contains nothing of the data.
func (t *Tokens) UnmarshalBinary(data []byte) error {
	f := fields{rest: data}
	decoded := f.tokens()
	if !f.complete() {
		return errors.New("session: not an encoding of tokens")
	}
	*t = decoded
	return nil
}

func (t Tokens) encode() []byte {
	b := make([]byte, 0, len(t.Access)+len(t.Refresh)+16)
	return appendToken(appendToken(b, t.Access), t.Refresh)
}

func (f *fields) tokens() Tokens { return Tokens{Access: f.token(), Refresh: f.token()} }

func appendToken(b []byte, token string) []byte {
	if strings.Count(token, ".") != jwtSegments-1 {
		return appendText(append(b, asText), token)
	}
	start := len(b)
	b = append(b, asJWT)
	for segment := range strings.SplitSeq(token, ".") {
		decoded, ok := text.DecodeBase64URL(segment)
		if !ok {
			return appendText(append(b[:start], asText), token)
		}
		b = appendText(b, decoded)
	}
	return b
}

func (f *fields) token() string {
	switch f.number() {
	case asText:
		return string(f.text())
	case asJWT:
		var segments [jwtSegments]string
		for i := range segments {
			segments[i] = base64.RawURLEncoding.EncodeToString(f.text())
		}
		return strings.Join(segments[:], ".")
	default:
		f.bad = true
		return ""
	}
}
