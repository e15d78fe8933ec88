package kindetest

import (
	"fmt"
	"testing"
	"time"
)

func TestExpiringIsBounded(t *testing.T) {
	now := time.Now()
	s := newExpiring[int](3)
	for i := range 10 {
		s.put(fmt.Sprint(i), i, now.Add(time.Second))
	}
	if len(s.entries) != 3 {
		t.Fatalf("got %d entries", len(s.entries))
	}
	if _, ok := s.get("6", now); ok {
		t.Error("the oldest stayed")
	}
	if v, ok := s.get("9", now); !ok || v != 9 {
		t.Error("the newest went")
	}
	if _, ok := s.get("9", now.Add(time.Second)); ok {
		t.Error("a value outlived its time")
	}
	for i := range 100 { // dropped keys must not pile up
		key := fmt.Sprint("k", i)
		s.put(key, i, now.Add(time.Second))
		s.drop(key)
	}
	if len(s.order) > 2*s.max {
		t.Errorf("got %d keys remembered", len(s.order))
	}
}
