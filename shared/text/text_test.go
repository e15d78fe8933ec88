package text

import (
	"strings"
	"testing"
)

func TestIsPlain(t *testing.T) {
	for s, want := range map[string]bool{
		"azAZ09": true, "a-b_c": true, "a": true, strings.Repeat("a", 8): true,
		"": false, strings.Repeat("a", 9): false, "a b": false, "a.b": false, "a\n": false, "\x00": false,
		"é": false, "`": false, "[": false, "/": false, ":": false, "@": false, "{": false, "\xff": false,
	} {
		if got := IsPlain(s, 8, "-_"); got != want {
			t.Errorf("IsPlain(%q) = %t, want %t", s, got, want)
		}
	}
}

func TestIsVisible(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "!": true, "~": true, `a"\\`: true, "https://site.example/?a=b#c": true,
		" ": false, "a b": false, "a\n": false, "\t": false, "\x00": false, "\x7f": false, "é": false, "\xff": false,
	} {
		if got := IsVisible(s); got != want {
			t.Errorf("IsVisible(%q) = %t, want %t", s, got, want)
		}
	}
}

func TestDecodeBase64URL(t *testing.T) {
	for s, want := range map[string]string{"": "", "YQ": "a", "_-8": "\xff\xef", "YWI": "ab", "YWJj": "abc"} {
		if got, ok := DecodeBase64URL(s); !ok || string(got) != want {
			t.Errorf("DecodeBase64URL(%q) = %q, %t; want %q", s, got, ok, want)
		}
	}
	for _, s := range []string{"YQ==", "YR", "Y", "YQ\n", "Y\rQ", "YQ ", "/+8", "YQ.", "\xff"} {
		if got, ok := DecodeBase64URL(s); ok {
			t.Errorf("DecodeBase64URL(%q) = %q, true; want false", s, got)
		}
	}
}
