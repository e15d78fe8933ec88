package store

import (
	"container/heap"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Memory is a Shared for one process.
type Memory struct {
	now func() time.Time

	mu     sync.Mutex
	values shelf
	leases shelf
	cells  shelf
}

// NewMemory makes a Memory that holds at most maxEntries values, as many leases and
// as many cells; one at least. A value or a cell too many drops the one that would
// have ended soonest; a lease too many is refused with an error, since dropping one
// would let two hold it. now is the clock (nil: time.Now).
func NewMemory(maxEntries int, now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	m := &Memory{now: now}
	for _, s := range []*shelf{&m.values, &m.leases, &m.cells} {
		s.most, s.entries = max(maxEntries, 1), map[string]*entry{}
	}
	return m
}

// Get is Store's.
func (m *Memory) Get(_ context.Context, key string) (value []byte, found bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.values.find(key, m.wallClock()); e != nil {
		return slices.Clone(e.value), true, nil
	}
	return nil, false, nil
}

// Set is Store's.
func (m *Memory) Set(_ context.Context, key string, value []byte, ttl time.Duration) error {
	if err := check(key, value, ttl); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values.replace(&entry{key: key, value: slices.Clone(value)}, m.wallClock(), ttl)
	return nil
}

// Delete is Store's.
func (m *Memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values.remove(key)
	return nil
}

// Acquire is Store's.
func (m *Memory) Acquire(_ context.Context, key string, ttl time.Duration) (release func(context.Context), ok bool, err error) {
	if err := check(key, nil, ttl); err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.wallClock()
	if m.leases.find(key, now) != nil {
		return nil, false, nil
	}
	m.leases.remove(key)
	if m.leases.full(now) {
		return nil, false, errors.New("store: too many leases are held")
	}
	lease := &entry{key: key, ends: now.Add(ttl)}
	m.leases.put(lease)
	return func(context.Context) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.leases.entries[key] == lease {
			m.leases.remove(key)
		}
	}, true, nil
}

// wallClock is now without its monotonic reading, which stands still in a freeze.
func (m *Memory) wallClock() time.Time { return m.now().Round(0) }

type entry struct {
	key    string
	value  []byte
	number int64 // a cell's
	ends   time.Time
	index  int // in shelf.order
}

// shelf holds entries by key and, as a heap, by when they end.
type shelf struct {
	most    int
	entries map[string]*entry
	order   byEnd
}

// find gives the entry under key if it has not ended.
func (s *shelf) find(key string, now time.Time) *entry {
	if e := s.entries[key]; e != nil && now.Before(e.ends) {
		return e
	}
	return nil
}

// full reports whether one more entry is one too many, after it has dropped those
// that have ended.
func (s *shelf) full(now time.Time) bool {
	for len(s.order) > 0 && !now.Before(s.order[0].ends) {
		s.remove(s.order[0].key)
	}
	return len(s.order) >= s.most
}

// replace puts e where another of its key may be, and drops what would have ended
// soonest when it is one too many.
func (s *shelf) replace(e *entry, now time.Time, ttl time.Duration) {
	s.remove(e.key)
	if s.full(now) {
		s.remove(s.order[0].key)
	}
	e.ends = now.Add(ttl)
	s.put(e)
}

func (s *shelf) put(e *entry) {
	s.entries[e.key] = e
	heap.Push(&s.order, e)
}

func (s *shelf) remove(key string) {
	if e := s.entries[key]; e != nil {
		delete(s.entries, key)
		heap.Remove(&s.order, e.index)
	}
}

// byEnd is a container/heap of entries, the one that ends soonest first.
type byEnd []*entry

func (h byEnd) Len() int           { return len(h) }
func (h byEnd) Less(i, j int) bool { return h[i].ends.Before(h[j].ends) }
func (h byEnd) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *byEnd) Push(e any) {
	e.(*entry).index = len(*h)
	*h = append(*h, e.(*entry))
}

func (h *byEnd) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = nil
	*h = (*h)[:len(*h)-1]
	return last
}
