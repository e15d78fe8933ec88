package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Key prefixes that separate values from leases.
const (
	valuePrefix = "kinde:value:"
	leasePrefix = "kinde:lease:"
)

var errFull = errors.New("store: memory is full")

// Memory is a Store in the memory of one process.
type Memory struct {
	limit int
	now   func() time.Time

	mu      sync.Mutex
	entries map[string]*entry
}

type entry struct {
	value   []byte
	expires time.Time
}

// NewMemory returns a Memory of at most limit values and leases together. A value
// beyond the limit replaces the value that expires soonest. A lease beyond the limit
// is refused if no value is left to replace: dropping a lease would let two hold it.
// now is the clock; nil means time.Now.
func NewMemory(limit int, now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{limit: limit, now: now, entries: map[string]*entry{}}
}

// Get implements Store.
func (m *Memory) Get(_ context.Context, key string) (value []byte, found bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.entries[valuePrefix+key]; e != nil && m.wallClock().Before(e.expires) {
		return slices.Clone(e.value), true, nil
	}
	return nil, false, nil
}

// Set implements Store.
func (m *Memory) Set(_ context.Context, key string, value []byte, ttl time.Duration) error {
	if err := validate(value, ttl); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.put(valuePrefix+key, &entry{slices.Clone(value), m.wallClock().Add(ttl)})
}

// Acquire implements Store.
func (m *Memory) Acquire(_ context.Context, key string, ttl time.Duration) (func(context.Context), bool, error) {
	if err := validate(nil, ttl); err != nil {
		return nil, false, err
	}
	key = leasePrefix + key
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.wallClock()
	if e := m.entries[key]; e != nil && now.Before(e.expires) {
		return nil, false, nil
	}
	lease := &entry{expires: now.Add(ttl)}
	if err := m.put(key, lease); err != nil {
		return nil, false, err
	}
	return func(context.Context) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.entries[key] == lease {
			delete(m.entries, key)
		}
	}, true, nil
}

func (m *Memory) put(key string, e *entry) error {
	if _, exists := m.entries[key]; !exists && len(m.entries) >= m.limit && !m.makeRoom() {
		return errFull
	}
	m.entries[key] = e
	return nil
}

// makeRoom deletes what has expired, or else the value that expires soonest.
func (m *Memory) makeRoom() bool {
	now, soonest := m.wallClock(), ""
	for key, e := range m.entries {
		switch {
		case !now.Before(e.expires):
			delete(m.entries, key)
		case key[:len(valuePrefix)] == valuePrefix &&
			(soonest == "" || e.expires.Before(m.entries[soonest].expires)):
			soonest = key
		}
	}
	if len(m.entries) >= m.limit && soonest != "" {
		delete(m.entries, soonest)
	}
	return len(m.entries) < m.limit
}

// wallClock returns the time without its monotonic reading.
func (m *Memory) wallClock() time.Time { return m.now().Round(0) }
