package kinde

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// MachineClaims are the audiences and scopes that a machine's token claims.
type MachineClaims struct{ Audiences, Scopes []string }

// SingleToken makes a new machine keep its first token, even if Kinde refuses it or it
// has expired, so that a diagnosis costs one token at most.
func (m *Machine) SingleToken() *Machine {
	m.oneToken = true
	return m
}

// Claims returns the claims of the machine's token. It requests a token when the
// machine has none. The signature is not verified: only Kinde uses the token.
func (m *Machine) Claims(ctx context.Context) (MachineClaims, error) {
	token, err := m.token(ctx, machineToken{})
	if err != nil {
		return MachineClaims{}, err
	}
	_, rest, _ := strings.Cut(token.Value, ".")
	payload, _, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	var claims struct {
		Aud, Scp, Scope stringList
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return MachineClaims{}, unusable("the machine's token is not a JWT")
	}
	return MachineClaims{Audiences: claims.Aud, Scopes: append(claims.Scp, claims.Scope...)}, nil
}

// stringList is a JSON array of strings, or one string of words separated by spaces.
type stringList []string

func (l *stringList) UnmarshalJSON(raw []byte) error {
	var line string
	if json.Unmarshal(raw, &line) == nil {
		*l = strings.Fields(line)
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}
