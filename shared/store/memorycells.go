package store

import (
	"container/heap"
	"context"
	"time"
)

// GetWithTime is Cells'. The clock is the process's.
func (m *Memory) GetWithTime(_ context.Context, key string) (number int64, now time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now = m.wallClock()
	if e := m.cells.find(key, now); e != nil {
		return e.number, now, nil
	}
	return none, now, nil
}

// SetIfNotExistsWithTTL is Cells'.
func (m *Memory) SetIfNotExistsWithTTL(_ context.Context, key string, number int64, ttl time.Duration) (set bool, err error) {
	if err := checkCell(key, number, ttl); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.wallClock()
	if m.cells.find(key, now) != nil {
		return false, nil
	}
	m.cells.replace(&entry{key: key, number: number}, now, ttl)
	return true, nil
}

// CompareAndSwapWithTTL is Cells'.
func (m *Memory) CompareAndSwapWithTTL(_ context.Context, key string, old, new int64, ttl time.Duration) (swapped bool, err error) {
	if err := checkCell(key, new, ttl); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.wallClock()
	e := m.cells.find(key, now)
	if e == nil || e.number != old {
		return false, nil
	}
	e.number, e.ends = new, now.Add(ttl)
	heap.Fix(&m.cells.order, e.index)
	return true, nil
}
