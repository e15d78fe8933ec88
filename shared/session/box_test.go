package session

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/text"
)

func TestNewBoxRefusesWeakKeys(t *testing.T) {
	one, two := keyOf('1'), keyOf('2')
	for name, row := range map[string]struct {
		keys           [][]byte
		issuer, client string
	}{
		"no key":          {nil, issuer, client},
		"empty key":       {[][]byte{one, {}}, issuer, client},
		"short key":       {[][]byte{one[1:]}, issuer, client},
		"long key":        {[][]byte{append(keyOf('1'), '1')}, issuer, client},
		"repeated key":    {[][]byte{one, two, keyOf('1')}, issuer, client},
		"no issuer":       {[][]byte{one}, "", client},
		"no client":       {[][]byte{one}, issuer, ""},
		"second key only": {[][]byte{one, two[1:]}, issuer, client},
	} {
		box, err := NewBox(row.keys, row.issuer, row.client, site)
		if err == nil || box != nil {
			t.Errorf("%s: NewBox = %v, %v, want an error", name, box, err)
		} else if strings.Contains(err.Error(), "1111") || strings.Contains(err.Error(), "2222") {
			t.Errorf("%s: the error holds the key", name)
		}
	}
}

func TestOpenRequiresPurposeAndOwner(t *testing.T) {
	sealed := newBox(t, "ab", "cd", 1, 2).Seal("purpose", []byte("plain"))
	elsewhere, err := NewBox([][]byte{keyOf(1)}, "ab", "cd", "https://preview.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		box     *Box
		purpose string
		opens   bool
	}{
		"another site":               {elsewhere, "purpose", false},
		"the same":                   {newBox(t, "ab", "cd", 1, 2), "purpose", true},
		"its key alone":              {newBox(t, "ab", "cd", 1), "purpose", true},
		"its key behind a newer one": {newBox(t, "ab", "cd", 3, 1), "purpose", true},
		"its key gone":               {newBox(t, "ab", "cd", 2, 3), "purpose", false},
		"another purpose":            {newBox(t, "ab", "cd", 1), "purposf", false},
		"another issuer":             {newBox(t, "ax", "cd", 1), "purpose", false},
		"another client":             {newBox(t, "ab", "cx", 1), "purpose", false},
		"issuer and client shifted":  {newBox(t, "abc", "d", 1), "purpose", false},
		"purpose and issuer shifted": {newBox(t, "b", "cd", 1), "purposea", false},
		"issuer and client swapped":  {newBox(t, "cd", "ab", 1), "purpose", false},
	} {
		plain, err := row.box.Open(row.purpose, sealed)
		switch {
		case row.opens && (err != nil || string(plain) != "plain"):
			t.Errorf("%s: Open = %q, %v, want plain", name, plain, err)
		case !row.opens && (!errors.Is(err, ErrSealed) || plain != nil):
			t.Errorf("%s: Open = %q, %v, want ErrSealed", name, plain, err)
		}
	}
}

// envelope seals correctly under the given version and key id.
func envelope(k key, version byte, id, bound []byte) string {
	head := slices.Concat([]byte{version}, id)
	return base64.RawURLEncoding.EncodeToString(k.aead(bound).Seal(head, nil, []byte("plain"), slices.Concat(head, bound)))
}

func TestOpenChecksVersionAndKeyID(t *testing.T) {
	box := newBox(t, issuer, client, 1, 2)
	bound, first, second := box.bound("p"), box.keys[0], box.keys[1]
	if plain, err := box.Open("p", envelope(first, version, first.id, bound)); string(plain) != "plain" {
		t.Fatal("the test's own envelope does not open", err)
	}
	for name, sealed := range map[string]string{
		"future version":   envelope(first, version+1, first.id, bound),
		"version zero":     envelope(first, 0, first.id, bound),
		"another key's id": envelope(first, version, second.id, bound),
		"unknown key id":   envelope(first, version, []byte("none"), bound),
	} {
		if plain, err := box.Open("p", sealed); !errors.Is(err, ErrSealed) || plain != nil {
			t.Errorf("%s: Open = %q, %v, want ErrSealed", name, plain, err)
		}
	}
}

// The derivation is fixed: a change would sign out all users on a deploy.
func TestKeysAreDerivedByHKDF(t *testing.T) {
	box := newBox(t, issuer, client, 1)
	root, _ := hkdf.Extract(sha256.New, keyOf(1), []byte("kinde-functions/session"))
	id, _ := hkdf.Expand(sha256.New, root, "id", 4)
	sealed, ok := text.DecodeBase64URL(box.Seal("p", nil))
	if !ok || sealed[0] != 2 || !bytes.Equal(sealed[1:5], id) || len(sealed) != 5+12+16 {
		t.Errorf("got the envelope %x, want version 2 and key id %x", sealed, id)
	}
	const earlier = "ApjeLfGi4g6D2LyRR6IfcIqqd1LmXlm7OqtSQgiPmVbxa1gPB7A"
	if plain, err := box.Open("p", earlier); err != nil || string(plain) != "plain" {
		t.Errorf("Open of an earlier build's value = %q, %v, want plain; now sealed as %s", plain, err, box.Seal("p",
			[]byte("plain")))
	}
}

func TestSealUsesFreshNonce(t *testing.T) {
	box := newBox(t, issuer, client, 1)
	seen := map[string]bool{}
	for range 100 {
		sealed := box.Seal("p", []byte("plain"))
		decoded, _ := text.DecodeBase64URL(sealed)
		nonce := string(decoded[headSize : headSize+12])
		if seen[nonce] || bytes.Contains(decoded, []byte("plain")) {
			t.Fatal("a nonce came twice, or the plaintext shows")
		}
		seen[nonce] = true
	}
}

func TestOpenRequiresCanonicalBase64(t *testing.T) {
	box := newBox(t, issuer, client, 1)
	for _, plain := range []string{"", "1", "12"} { // all three ways to end
		sealed := box.Seal("p", []byte(plain))
		if opened, err := box.Open("p", sealed); err != nil || string(opened) != plain {
			t.Fatal(err)
		}
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(alphabet, sealed[len(sealed)-1])
		for name, other := range map[string]string{
			"padding":     sealed + strings.Repeat("=", (4-len(sealed)%4)%4) + "=",
			"line break":  sealed[:7] + "\n" + sealed[7:],
			"return":      sealed + "\r",
			"space":       " " + sealed,
			"trailing":    sealed + "A",
			"unused bits": sealed[:len(sealed)-1] + string(alphabet[last^1]),
			"quoted":      `"` + sealed + `"`,
			"escaped":     strings.Replace(sealed, sealed[:1], "%41", 1),
			"empty":       "",
		} {
			if _, err := box.Open("p", other); !errors.Is(err, ErrSealed) {
				t.Errorf("%d bytes, %s: Open = %v, want ErrSealed", len(plain), name, err)
			}
		}
	}
	classic := box.Seal("p", nil)
	for !strings.ContainsAny(classic, "-_") {
		classic = box.Seal("p", nil)
	}
	if _, err := box.Open("p", strings.NewReplacer("-", "+", "_", "/").Replace(classic)); !errors.Is(err, ErrSealed) {
		t.Error("the standard alphabet opens")
	}
}

func TestOpenChecksSizeFirst(t *testing.T) {
	box := newBox(t, issuer, client, 1)
	const most = 6111 // bytes that make 8,192 characters
	longest, longer := box.Seal("p", make([]byte, most)), box.Seal("p", make([]byte, most+1))
	if _, err := box.Open("p", longest); err != nil || len(longest) != maxSealed {
		t.Errorf("%d characters: Open = %v, want nil for %d", len(longest), err, maxSealed)
	}
	if _, err := box.Open("p", longer); !errors.Is(err, ErrSealed) {
		t.Errorf("%d characters: Open = %v, want ErrSealed", len(longer), err)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = box.Open("p", longer) }); n != 0 {
		t.Errorf("got %v allocations for too long a value, want 0", n)
	}
}
