package session

import (
	"bytes"
	"strings"
	"testing"
)

func TestTokensRoundTrip(t *testing.T) {
	for name, token := range map[string]string{
		"none":             "",
		"opaque":           "refresh-token",
		"JWT":              jwtOf(1500),
		"unsigned JWT":     "e30.e30.",
		"dots alone":       "..",
		"two segments":     "e30.e30",
		"four segments":    "e30.e30.e30.e30",
		"unused bits":      "e31.e30.e30",
		"padding":          "e30=.e30.e30",
		"line break":       "e3\n0.e30.e30",
		"standard base64":  "+/+/.e30.e30",
		"impossible":       "e.e30.e30",
		"last not base64":  "e30.e30.!",
		"not UTF-8":        "\xff\x00.\xfe",
		"looks like a JWT": "www.example.com",
	} {
		for _, tokens := range []Tokens{{token, ""}, {"", token}, {token, token}} {
			encoded, err := tokens.MarshalBinary()
			var back Tokens
			if err := back.UnmarshalBinary(encoded); err != nil || back != tokens {
				t.Errorf("%s: got %q, %v, want %q", name, back, err, tokens)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
}

func TestJWTsAreStoredDecoded(t *testing.T) {
	raw := jwtOf(5000)
	if n := len(Tokens{Access: raw}.encode()); n > len(raw)*3/4+12 {
		t.Errorf("%d characters: got %d bytes, want three quarters", len(raw), n)
	}
	if n := len(Tokens{Access: "e30=." + raw[strings.IndexByte(raw, '.')+1:]}.encode()); n < 4900 {
		t.Errorf("JWT that is not canonical: got %d bytes, want it stored as text", n)
	}
}

func TestDamagedTokensAreRefused(t *testing.T) {
	good := small.Tokens.encode()
	for n := range good {
		keep := Tokens{Access: "kept"}
		if err := keep.UnmarshalBinary(good[:n]); err == nil || keep.Access != "kept" {
			t.Fatalf("%d bytes of %d: got %v, want an error and the tokens unchanged", n, len(good), err)
		}
	}
	var tokens Tokens
	for name, data := range map[string][]byte{
		"left over":      append(bytes.Clone(good), 0),
		"unknown form":   {2, 0, 0, 0},
		"endless length": append([]byte{asText}, bytes.Repeat([]byte{0xff}, 20)...),
		"huge length":    {asText, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
	} {
		if err := tokens.UnmarshalBinary(data); err == nil {
			t.Errorf("%s: got %q, want an error", name, tokens)
		}
	}
}
