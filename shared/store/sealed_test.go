package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// testBox seals with the first of its keys and opens with each.
type testBox []cipher.AEAD

func (b testBox) Seal(purpose string, plain []byte) string {
	return string(b[0].Seal(nil, nil, plain, []byte(purpose)))
}

func (b testBox) Open(purpose, sealed string) ([]byte, error) {
	for _, aead := range b {
		if plain, err := aead.Open(nil, nil, []byte(sealed), []byte(purpose)); err == nil {
			return plain, nil
		}
	}
	return nil, errors.New("does not open")
}

// sealedWith returns a sealed store with keys made of secrets.
func sealedWith(t *testing.T, inner Store, secrets ...string) Store {
	t.Helper()
	var keys [][]byte
	var box testBox
	for _, secret := range secrets {
		key := sha256.Sum256([]byte(secret))
		keys = append(keys, key[:])
		block, err := aes.NewCipher(key[:])
		if err != nil {
			t.Fatal(err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			t.Fatal(err)
		}
		box = append(box, aead)
	}
	names, err := NewNames(keys, "https://tenant.example", "client", "https://site.example")
	if err != nil {
		t.Fatal(err)
	}
	return Sealed(inner, box, names)
}

func TestSealedHidesKeysAndValues(t *testing.T) {
	server := miniredis.RunT(t)
	s := sealedWith(t, newRedis(t, "redis://"+server.Addr()), "a")
	set(t, s, "kp_user", "token", time.Minute)
	wantValue(t, s, "kp_user", "token")
	acquire(t, s, "kp_user", time.Minute, true)
	if dump := server.Dump(); strings.Contains(dump, "kp_user") || strings.Contains(dump, "token") ||
		len(server.Keys()) != 2 {
		t.Errorf("got %s in Redis, want neither key nor value", dump)
	}
}

// A key put in front of SESSION_KEYS must not hide a sign-out.
func TestNewFirstKeyKeepsEntries(t *testing.T) {
	inner := NewMemory(100, nil)
	before, after := sealedWith(t, inner, "old"), sealedWith(t, inner, "new", "old")
	set(t, before, "signed-out", "yes", time.Hour)
	wantValue(t, after, "signed-out", "yes")
	set(t, after, "later", "yes", time.Hour)
	wantValue(t, sealedWith(t, inner, "newest", "new", "old"), "later", "yes")
	wantValue(t, sealedWith(t, inner, "new"), "later", "yes")
	wantValue(t, sealedWith(t, inner, "new"), "signed-out", "") // its key was removed
	wantValue(t, before, "later", "")                           // it lacks the new key

	set(t, before, "k", "old value", time.Hour)
	set(t, after, "k", "new value", time.Hour)
	wantValue(t, after, "k", "new value")
}

func TestNewFirstKeyKeepsLeasesExclusive(t *testing.T) {
	inner := NewMemory(100, nil)
	before, after := sealedWith(t, inner, "old"), sealedWith(t, inner, "new", "old")
	release := acquire(t, before, "k", time.Minute, true)
	acquire(t, after, "k", time.Minute, false)
	release(t.Context())
	release = acquire(t, after, "k", time.Minute, true) // the refused attempt left nothing
	acquire(t, before, "k", time.Minute, false)
	acquire(t, sealedWith(t, inner, "new"), "k", time.Minute, false)
	release(t.Context())
	acquire(t, before, "k", time.Minute, true)
}

func TestNamesAreBound(t *testing.T) {
	seen := map[string]bool{}
	for _, binding := range [][]string{
		{"i", "c", "s"}, {"i", "c", "t"}, {"i", "d", "s"}, {"j", "c", "s"}, {"i c", "s"}, {"i", "c s"}, {"i", "", "c", "s"},
	} {
		names, err := NewNames([][]byte{[]byte("secret")}, binding...)
		if err != nil {
			t.Fatal(err)
		}
		name := names.First("k")
		if seen[name] {
			t.Errorf("binding %q: got the names of another binding", binding)
		}
		seen[name] = true
	}
	if _, err := NewNames(nil); err == nil {
		t.Error("NewNames without a secret: got no error")
	}
}

func TestValueThatDoesNotOpenIsNotFound(t *testing.T) {
	inner := NewMemory(10, nil)
	s := sealedWith(t, inner, "a")
	set(t, s, "mine", "secret", time.Minute)
	set(t, s, "other", "another", time.Minute)
	under := s.(*sealed).names.First
	stored, _, _ := inner.Get(t.Context(), under("mine"))
	other, _, _ := inner.Get(t.Context(), under("other"))
	for name, value := range map[string][]byte{
		"of another key": other,
		"cut":            stored[:len(stored)-1],
		"longer":         append(stored[:len(stored):len(stored)], 0),
		"changed":        append([]byte{stored[0] ^ 1}, stored[1:]...),
		"plain":          []byte("secret"),
		"empty":          nil,
	} {
		if err := inner.Set(t.Context(), under("mine"), value, time.Minute); err != nil {
			t.Fatal(err)
		}
		if got, found, err := s.Get(t.Context(), "mine"); got != nil || found || err != nil {
			t.Errorf("%s: got %q, %t, %v; want not found", name, got, found, err)
		}
	}
	set(t, inner, under("mine"), string(stored), time.Minute)
	wantValue(t, s, "mine", "secret")
}

func TestSealedPassesErrorsOn(t *testing.T) {
	server := miniredis.RunT(t)
	server.SetError("LOADING")
	s := sealedWith(t, newRedis(t, "redis://"+server.Addr()), "a", "b")
	_, _, getErr := s.Get(t.Context(), "k")
	_, _, acquireErr := s.Acquire(t.Context(), "k", time.Minute)
	for name, err := range map[string]error{
		"Get": getErr, "Set": s.Set(t.Context(), "k", nil, time.Minute), "Acquire": acquireErr,
	} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
}
