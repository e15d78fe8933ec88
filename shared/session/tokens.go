package session

import (
	"errors"
	"strings"
)

// Tokens are what a session is made of. The zero value of one means that there
// is none.
type Tokens struct {
	Access  string // the access token
	Refresh string // the refresh token; empty when the scope lacks offline
}

// How a token is written.
const (
	asText = iota // as it is
	asJWT         // three texts: the bytes of its base64url segments
)

const jwtSegments = 3 // RFC 7515 section 7.1

// MarshalBinary writes the tokens in as few bytes as can be: a JWT in canonical
// base64url takes three quarters of its characters. It never fails.
func (t Tokens) MarshalBinary() ([]byte, error) { return t.encode(), nil }

// UnmarshalBinary reads what MarshalBinary wrote, every byte of the tokens as it
// was. Its error says nothing of the data.
func (t *Tokens) UnmarshalBinary(data []byte) error {
	f := fields{rest: data}
	read := Tokens{Access: f.token(), Refresh: f.token()}
	if !f.complete() {
		return errors.New("session: not an encoding of tokens")
	}
	*t = read
	return nil
}

func (t Tokens) encode() []byte {
	b := make([]byte, 0, len(t.Access)+len(t.Refresh)+16)
	return appendToken(appendToken(b, t.Access), t.Refresh)
}

func appendToken(b []byte, token string) []byte {
	if strings.Count(token, ".") != jwtSegments-1 {
		return appendText(append(b, asText), token)
	}
	start := len(b)
	b = append(b, asJWT)
	for segment := range strings.SplitSeq(token, ".") {
		decoded, ok := canonical(segment)
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
			segments[i] = strictBase64.EncodeToString(f.text())
		}
		return strings.Join(segments[:], ".")
	default:
		f.bad = true
		return ""
	}
}
