package store

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryCopiesValues(t *testing.T) {
	m := NewMemory(1, nil)
	given := []byte("value")
	if err := m.Set(t.Context(), "k", given, time.Hour); err != nil {
		t.Fatal(err)
	}
	given[0] = 'X'
	got, _, _ := m.Get(t.Context(), "k")
	got[1] = 'X'
	wantValue(t, m, "k", "value")
}

func TestMemoryReplacesValueThatExpiresSoonest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(3, nil)
		set(t, m, "late", "1", 3*time.Hour)
		set(t, m, "soonest", "2", time.Hour)
		set(t, m, "middle", "3", 2*time.Hour)
		set(t, m, "late", "4", 3*time.Hour) // replaces its own
		wantValue(t, m, "soonest", "2")
		set(t, m, "new", "5", 4*time.Hour)
		wantValue(t, m, "soonest", "")
		wantValue(t, m, "middle", "3")
		time.Sleep(2 * time.Hour) // middle expires and makes room
		set(t, m, "newer", "6", time.Minute)
		for key, want := range map[string]string{"late": "4", "new": "5", "newer": "6"} {
			wantValue(t, m, key, want)
		}
		for i := range 1000 {
			set(t, m, fmt.Sprint(i), "x", time.Duration(1+i*7919%1000)*time.Minute)
			if len(m.entries) > 3 {
				t.Fatalf("got %d entries, want at most 3", len(m.entries))
			}
		}
	})
}

func TestMemoryNeverDropsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(1, nil)
		acquire(t, m, "a", time.Minute, true)
		if _, ok, err := m.Acquire(t.Context(), "b", time.Minute); ok || err == nil {
			t.Errorf("Acquire beyond the limit = %t, %v; want an error", ok, err)
		}
		if err := m.Set(t.Context(), "v", nil, time.Minute); err == nil {
			t.Error("Set beyond the limit succeeded, want an error")
		}
		acquire(t, m, "a", time.Minute, false)
		time.Sleep(time.Minute)
		acquire(t, m, "b", time.Minute, true)
	})
}
