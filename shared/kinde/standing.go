package kinde

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Standing is what a machine's token is good for, by its own claims.
type Standing struct{ Audiences, Scopes []string }

// Sparing makes the machine keep to the first token it gets, whatever Kinde says of
// it and however short its life: for whoever finds out what it is good for, and may
// not spend a second. It is for a new machine.
func (m *Machine) Sparing() *Machine {
	m.sparing = true
	return m
}

// Standing reads the token's claims, asking for a token when none is held. The token
// itself is not given out, and its signature not checked: Kinde is who judges it.
func (m *Machine) Standing(ctx context.Context) (Standing, error) {
	token, err := m.token(ctx, machineToken{})
	if err != nil {
		return Standing{}, err
	}
	_, rest, _ := strings.Cut(token.Value, ".")
	payload, _, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	var claims struct {
		Aud, Scp, Scope words
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return Standing{}, unusable("the machine's token is not a JWT")
	}
	return Standing{Audiences: claims.Aud, Scopes: append(claims.Scp, claims.Scope...)}, nil
}

// words are a JSON array of strings, or one string with spaces between them.
type words []string

func (w *words) UnmarshalJSON(raw []byte) error {
	var line string
	if json.Unmarshal(raw, &line) == nil {
		*w = strings.Fields(line)
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(w))
}
