package kindetest

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"time"
)

// expiring keeps at most max values, each until its own time; when it is full the
// oldest goes. The Kinde's mutex guards it.
type expiring[V any] struct {
	max     int
	entries map[string]expiringEntry[V]
	order   []string // keys by age; may still name some that were dropped
}

type expiringEntry[V any] struct {
	value V
	until time.Time
}

func newExpiring[V any](max int) expiring[V] {
	return expiring[V]{max: max, entries: map[string]expiringEntry[V]{}}
}

func (s *expiring[V]) put(key string, value V, until time.Time) {
	if _, known := s.entries[key]; !known {
		for len(s.entries) >= s.max || len(s.order) >= 2*s.max {
			delete(s.entries, s.order[0])
			s.order = s.order[1:]
		}
		s.order = append(s.order, key)
	}
	s.entries[key] = expiringEntry[V]{value, until}
}

// get returns the value of key while its time has not come.
func (s *expiring[V]) get(key string, now time.Time) (V, bool) {
	e, ok := s.entries[key]
	if !ok || !now.Before(e.until) {
		var none V
		return none, false
	}
	return e.value, true
}

// all returns the values whose time has not come, the oldest first.
func (s *expiring[V]) all(now time.Time) []V {
	var values []V
	for _, key := range s.order {
		if value, ok := s.get(key, now); ok {
			values = append(values, value)
		}
	}
	return values
}

// dropIf drops the values that match.
func (s *expiring[V]) dropIf(match func(V) bool) {
	maps.DeleteFunc(s.entries, func(_ string, e expiringEntry[V]) bool { return match(e.value) })
}

func (s *expiring[V]) drop(key string) { delete(s.entries, key) }

// randomText returns 256 bits as 43 URL-safe characters.
func randomText() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// randomHex returns n bytes as lower-case hexadecimal.
func randomHex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, n)
	rand.Read(b)
	out := make([]byte, 0, 2*n)
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}
