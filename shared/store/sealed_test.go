package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

// sealedWith is a Sealed store with keys made from secret.
func sealedWith(t *testing.T, inner Store, secret string) Store {
	t.Helper()
	key := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return Sealed(inner,
		func(name string, plain []byte) string { return string(aead.Seal(nil, nil, plain, []byte(name))) },
		func(name, sealed string) ([]byte, error) { return aead.Open(nil, nil, []byte(sealed), []byte(name)) },
		func(name string) string {
			mac := hmac.New(sha256.New, key[:])
			mac.Write([]byte(name))
			return hex.EncodeToString(mac.Sum(nil))
		})
}

func TestSealedShowsNothing(t *testing.T) {
	f := newFake(t, byCommand(map[string]string{"GET": "$-1\r\n", "DEL": ":0\r\n", "EVAL": ":1\r\n"}))
	s := sealedWith(t, f.redis(t), "a")
	set(t, s, "kp_user", "token", time.Minute)
	holds(t, s, "kp_user", "")
	acquire(t, s, "kp_user", time.Minute, true)(t.Context())
	if err := s.Delete(t.Context(), "kp_user"); err != nil {
		t.Error(err)
	}
	sent := f.sent()
	if len(sent) != 5 {
		t.Errorf("sent %q", sent)
	}
	for _, command := range sent {
		if strings.Contains(command, "kp_user") || strings.Contains(command, "token") {
			t.Errorf("sent %q", command)
		}
	}
}

func TestSealedValuesOpenWhereTheyWereSealed(t *testing.T) {
	inner := NewMemory(10, nil)
	a, again, other := sealedWith(t, inner, "a"), sealedWith(t, inner, "a"), sealedWith(t, inner, "b")
	set(t, a, "k", "mine", time.Minute)
	holds(t, a, "k", "mine")
	holds(t, again, "k", "mine")
	holds(t, other, "k", "")
	set(t, a, "empty", "", time.Minute)
	if value, found, err := a.Get(t.Context(), "empty"); len(value) != 0 || !found || err != nil {
		t.Errorf("empty: %q, %t, %v", value, found, err)
	}
	acquire(t, a, "k", time.Minute, true)
	acquire(t, again, "k", time.Minute, false)
	acquire(t, other, "k", time.Minute, true)
	if err := again.Delete(t.Context(), "k"); err != nil {
		t.Error(err)
	}
	holds(t, a, "k", "")
}

func TestWhatDoesNotOpenIsNotFound(t *testing.T) {
	inner := NewMemory(10, nil)
	s := sealedWith(t, inner, "a")
	set(t, s, "mine", "secret", time.Minute)
	set(t, s, "others", "theirs", time.Minute)
	under := func(key string) string { return s.(*sealed).hashKey(key) }
	stored, _, _ := inner.Get(t.Context(), under("mine"))
	theirs, _, _ := inner.Get(t.Context(), under("others"))
	for name, value := range map[string][]byte{
		"another key's": theirs,
		"cut":           stored[:len(stored)-1],
		"longer":        append(stored[:len(stored):len(stored)], 0),
		"changed":       append([]byte{stored[0] ^ 1}, stored[1:]...),
		"plain":         []byte("secret"),
		"empty":         nil,
	} {
		if err := inner.Set(t.Context(), under("mine"), value, time.Minute); err != nil {
			t.Fatal(err)
		}
		if got, found, err := s.Get(t.Context(), "mine"); got != nil || found || err != nil {
			t.Errorf("%s: %q, %t, %v", name, got, found, err)
		}
	}
	set(t, inner, under("mine"), string(stored), time.Minute)
	holds(t, s, "mine", "secret")
}

func TestSealedPassesFailuresOn(t *testing.T) {
	inner := &flaky{Memory: NewMemory(10, nil)}
	fault := down("GET", context.DeadlineExceeded)
	inner.fail(fault)
	for name, call := range calls {
		if err := call(t.Context(), sealedWith(t, inner, "a")); !errors.Is(err, fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
	inner.fail(nil)
	if err := sealedWith(t, inner, "a").Set(t.Context(), "k", make([]byte, MaxValue), time.Minute); err == nil {
		t.Error("a value that is too large once it is sealed is kept")
	}
}
