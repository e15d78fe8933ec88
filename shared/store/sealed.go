package store

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Box encrypts values with authentication and binds each to its purpose.
type Box interface {
	Seal(purpose string, plain []byte) string
	Open(purpose, sealed string) ([]byte, error)
}

// Names hashes the names of keys, so that a user id or a token cannot be found in the
// store by trying. It has one keyed hash for each secret.
type Names []func(name string) string

// NewNames returns Names made of secrets. Names with different secrets or a different
// binding, such as the issuer, the client and the site, have no entry in common.
func NewNames(secrets [][]byte, binding ...string) (Names, error) {
	if len(secrets) == 0 {
		return nil, errors.New("store: names need a secret")
	}
	var info strings.Builder
	info.WriteString("kinde-functions store names")
	for _, part := range binding {
		info.WriteString(" " + strconv.Quote(part))
	}
	var names Names
	for _, secret := range secrets {
		key, err := hkdf.Key(sha256.New, secret, nil, info.String(), sha256.Size)
		if err != nil {
			return nil, err
		}
		names = append(names, func(name string) string {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(name))
			return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		})
	}
	return names, nil
}

// First returns name hashed with the first secret.
func (n Names) First(name string) string { return n[0](name) }

type sealed struct {
	inner Store
	box   Box
	names Names
}

// Sealed returns a Store that keeps everything in inner, with values sealed and keys
// hashed. Set uses the first secret. Get and Acquire use all of them, so that a new
// secret in front of the others hides no entry and lets no two instances hold one lease.
//
// A value that does not open counts as not found. Sealing does not hide the length of
// a value and when it is used. A writer to inner can put back an older value of
// the same key back: a value that must not come back holds its own expiry.
func Sealed(inner Store, box Box, names Names) Store { return &sealed{inner, box, names} }

// Get implements Store.
func (s *sealed) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	for _, name := range s.names {
		value, found, err := s.inner.Get(ctx, name(key))
		if err != nil {
			return nil, false, err
		}
		if !found {
			continue
		}
		if plain, err := s.box.Open(key, string(value)); err == nil {
			return plain, true, nil
		}
	}
	return nil, false, nil
}

// Set implements Store.
func (s *sealed) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.inner.Set(ctx, s.names.First(key), []byte(s.box.Seal(key, value)), ttl)
}

// Acquire implements Store.
func (s *sealed) Acquire(ctx context.Context, key string, ttl time.Duration) (func(context.Context), bool, error) {
	var held []func(context.Context)
	release := func(ctx context.Context) {
		for _, release := range held {
			release(ctx)
		}
	}
	for _, name := range s.names {
		one, ok, err := s.inner.Acquire(ctx, name(key), ttl)
		if err != nil || !ok {
			release(ctx)
			return nil, false, err
		}
		held = append(held, one)
	}
	return release, true, nil
}
