package main

import (
	"sync"
	"time"
)

// stopwatch sums the time in which at least one request is in progress.
type stopwatch struct {
	mu     sync.Mutex
	active int
	since  time.Time
	spent  time.Duration
}

// start counts a request until stop is called.
func (s *stopwatch) start() (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active++; s.active == 1 {
		s.since = time.Now()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.active--; s.active == 0 {
			s.spent += time.Since(s.since)
		}
	}
}

// take returns the sum and resets it.
func (s *stopwatch) take() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	spent := s.spent
	s.spent = 0
	return spent
}
