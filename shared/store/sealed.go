package store

import (
	"context"
	"time"
)

// sealed is what Sealed makes.
type sealed struct {
	inner   Store
	seal    func(key string, plain []byte) string
	open    func(key, sealed string) ([]byte, error)
	hashKey func(key string) string
}

// Sealed makes a Store that keeps everything in inner, where neither keys nor values
// can be read or changed, nor a value be given out under another key.
//
//   - seal encrypts plain with authentication and binds it to key (an AEAD with key as
//     additional data), and open undoes that, or fails.
//   - hashKey is a keyed hash (HMAC, RFC 2104), so that a user id cannot be found by
//     trying. Instances whose keys differ share nothing.
//
// A value that does not open counts as not found. What is not hidden: how long a
// value is, and when it is used; and whoever can write may put back an older value of
// the same key, so a value that must not come back says in itself until when it holds.
func Sealed(inner Store, seal func(key string, plain []byte) string, open func(key, sealed string) ([]byte, error), hashKey func(key string) string) Store {
	return &sealed{inner, seal, open, hashKey}
}

// Get is Store's.
func (s *sealed) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	value, found, err = s.inner.Get(ctx, s.hashKey(key))
	if err != nil || !found {
		return nil, false, err
	}
	plain, err := s.open(key, string(value))
	if err != nil {
		return nil, false, nil
	}
	return plain, true, nil
}

// Set is Store's. Sealing makes a value longer, and the inner store's limit holds.
func (s *sealed) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.inner.Set(ctx, s.hashKey(key), []byte(s.seal(key, value)), ttl)
}

// Delete is Store's.
func (s *sealed) Delete(ctx context.Context, key string) error {
	return s.inner.Delete(ctx, s.hashKey(key))
}

// Acquire is Store's.
func (s *sealed) Acquire(ctx context.Context, key string, ttl time.Duration) (release func(context.Context), ok bool, err error) {
	return s.inner.Acquire(ctx, s.hashKey(key), ttl)
}
