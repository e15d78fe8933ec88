package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// cellCalls are all that Cells can be asked, with a key that must not be seen in an
// error.
var cellCalls = map[string]func(context.Context, Cells) error{
	"GetWithTime": func(ctx context.Context, c Cells) error { _, _, err := c.GetWithTime(ctx, "rkvkey"); return err },
	"SetIfNotExistsWithTTL": func(ctx context.Context, c Cells) error {
		_, err := c.SetIfNotExistsWithTTL(ctx, "rkvkey", 5, time.Minute)
		return err
	},
	"CompareAndSwapWithTTL": func(ctx context.Context, c Cells) error {
		_, err := c.CompareAndSwapWithTTL(ctx, "rkvkey", 4, 5, time.Minute)
		return err
	},
}

// cell checks what is under key; want -1 means nothing.
func cell(t *testing.T, c Cells, key string, want int64) (now time.Time) {
	t.Helper()
	number, now, err := c.GetWithTime(t.Context(), key)
	if err != nil || number != want || now.IsZero() {
		t.Errorf("GetWithTime(%s) = %d, %v, %v; want %d", key, number, now, err, want)
	}
	return now
}

// begin and swap check whether the cell can be set.
func begin(t *testing.T, c Cells, key string, number int64, ttl time.Duration, want bool) {
	t.Helper()
	if set, err := c.SetIfNotExistsWithTTL(t.Context(), key, number, ttl); err != nil || set != want {
		t.Errorf("SetIfNotExistsWithTTL(%s, %d) = %t, %v", key, number, set, err)
	}
}

func swap(t *testing.T, c Cells, key string, old, new int64, ttl time.Duration, want bool) {
	t.Helper()
	if swapped, err := c.CompareAndSwapWithTTL(t.Context(), key, old, new, ttl); err != nil || swapped != want {
		t.Errorf("CompareAndSwapWithTTL(%s, %d, %d) = %t, %v", key, old, new, swapped, err)
	}
}

// cellsBehave is what every Cells does.
func cellsBehave(t *testing.T, c Cells) {
	t.Helper()
	const large = 1_790_000_000_123_456_789 // of more bits than a float64 has
	cell(t, c, "k", -1)
	swap(t, c, "k", -1, 7, time.Minute, false) // there is none to be swapped
	begin(t, c, "k", large, time.Minute, true)
	begin(t, c, "k", 8, time.Minute, false)
	cell(t, c, "k", large)
	swap(t, c, "k", large+1, 8, time.Minute, false)
	swap(t, c, "k", large, large+2, 50*time.Millisecond, true)
	cell(t, c, "k", large+2)
	cell(t, c, "other", -1)
	time.Sleep(60 * time.Millisecond)
	cell(t, c, "k", -1)
	swap(t, c, "k", large+2, 8, time.Minute, false)
	begin(t, c, "k", 9, time.Nanosecond, true) // Redis itself refuses 0 ms
	for name, refused := range map[string]func() error{
		"no number": func() error { _, err := c.SetIfNotExistsWithTTL(t.Context(), "k", -1, 1); return err },
		"no time":   func() error { _, err := c.CompareAndSwapWithTTL(t.Context(), "k", 1, 2, 0); return err },
		"long key": func() error {
			_, err := c.SetIfNotExistsWithTTL(t.Context(), strings.Repeat("k", maxKey+1), 1, 1)
			return err
		},
	} {
		if err := refused(); err == nil || errors.Is(err, ErrDown) || strings.Contains(err.Error(), "kkk") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMemoryCells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { cellsBehave(t, NewMemory(10, nil)) })
}

func TestBreakerPassesCellsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, warnings := broken()
		cellsBehave(t, s)
		if len(*warnings) != 0 {
			t.Errorf("warned of %v", *warnings)
		}
	})
}

func TestMemoryCellsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(3, nil)
		begin(t, m, "late", 1, 3*time.Hour, true)
		begin(t, m, "soonest", 2, time.Hour, true)
		begin(t, m, "middle", 3, 2*time.Hour, true)
		swap(t, m, "soonest", 2, 4, 4*time.Hour, true) // the soonest is another now
		set(t, m, "middle", "value", time.Hour)        // values have room of their own
		begin(t, m, "new", 5, time.Minute, true)
		for key, want := range map[string]int64{"late": 1, "soonest": 4, "middle": -1, "new": 5} {
			cell(t, m, key, want)
		}
		time.Sleep(time.Minute)
		begin(t, m, "newer", 6, time.Minute, true) // new has ended: nobody is dropped
		for key, want := range map[string]int64{"late": 1, "soonest": 4, "newer": 6} {
			cell(t, m, key, want)
		}
		holds(t, m, "middle", "value")
	})
}

func TestNoChangeOfACellIsLost(t *testing.T) {
	m := NewMemory(10, nil)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for added := 0; added < 50; {
				number, _, _ := m.GetWithTime(t.Context(), "k")
				done := false
				if number < 0 {
					done, _ = m.SetIfNotExistsWithTTL(t.Context(), "k", 1, time.Hour)
				} else {
					done, _ = m.CompareAndSwapWithTTL(t.Context(), "k", number, number+1, time.Hour)
				}
				if done {
					added++
				}
			}
		})
	}
	wg.Wait()
	cell(t, m, "k", 1000)
}

func TestRedisCellCommands(t *testing.T) {
	f := newFake(t, byCommand(map[string]string{"EVAL": ":1\r\n"}))
	r := f.redis(t)
	begin(t, r, "k", 41, 1500*time.Microsecond, true) // rounded up
	swap(t, r, "k", 41, 42, time.Nanosecond, true)
	_, _, _ = r.GetWithTime(t.Context(), "k")
	want := []string{
		"SET kinde:cell:k 41 NX PX 2",
		"EVAL " + swapCell + " 1 kinde:cell:k 41 42 1",
		"EVAL " + readCell + " 1 kinde:cell:k",
	}
	if sent := f.sent(); !slices.Equal(sent, want) {
		t.Errorf("sent %q\nwant %q", sent, want)
	}
}

func TestRedisCellAnswers(t *testing.T) {
	bulk := func(s string) string { return "$" + strconv.Itoa(len(s)) + "\r\n" + s + "\r\n" }
	list := func(number, seconds, micros string) string { return "*3\r\n" + number + bulk(seconds) + bulk(micros) }
	for raw, want := range map[string]int64{
		list("$-1\r\n", "1790000000", "7"):                   -1,
		list(bulk("1790000000123456789"), "1790000000", "7"): 1_790_000_000_123_456_789,
	} {
		now := cell(t, newFake(t, always(raw)).redis(t), "k", want)
		if !now.Equal(time.Unix(1_790_000_000, 7000)) {
			t.Errorf("%q: now is %v", raw, now)
		}
	}
	for name, raw := range map[string]string{
		"none as a number":     list(bulk("-1"), "1790000000", "7"),
		"nothing as a number":  list(bulk("0"), "1790000000", "7"),
		"another form":         list(bulk("007"), "1790000000", "7"),
		"text":                 list(bulk("rkv"), "1790000000", "7"),
		"integer":              list(":5\r\n", "1790000000", "7"),
		"too large":            list(bulk("9223372036854775808"), "1790000000", "7"),
		"no time":              list(bulk("5"), "0", "0"),
		"a time in text":       list(bulk("5"), "rkv", "7"),
		"a time before time":   list(bulk("5"), "-5", "7"),
		"a time after time":    list(bulk("5"), "9223372036854775807", "7"),
		"more than a second":   list(bulk("5"), "1790000000", "1000000"),
		"without microseconds": "*2\r\n" + bulk("5") + bulk("1790000000"),
		"empty":                "*0\r\n",
		"no list":              "*-1\r\n",
		"a number":             ":1\r\n",
	} {
		err := cellCalls["GetWithTime"](t.Context(), newFake(t, always(raw)).redis(t))
		if !errors.Is(err, ErrDown) || !strings.Contains(err.Error(), "not of the kind") || strings.Contains(err.Error(), "rkv") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, raw := range map[string]string{"two": ":2\r\n", "nothing": "$-1\r\n", "text": "+rkv\r\n"} {
		err := cellCalls["CompareAndSwapWithTTL"](t.Context(), newFake(t, always(raw)).redis(t))
		if !errors.Is(err, ErrDown) || strings.Contains(err.Error(), "rkv") {
			t.Errorf("%s: %v", name, err)
		}
	}
	begin(t, newFake(t, always("$-1\r\n")).redis(t), "k", 5, time.Minute, false)
	swap(t, newFake(t, always(":0\r\n")).redis(t), "k", 4, 5, time.Minute, false)
}

// Values, leases and cells have one server, so one outage.
func TestAnOutageIsOneForValuesAndCells(t *testing.T) {
	for name, first := range cellCalls {
		synctest.Test(t, func(t *testing.T) {
			inner, s, warnings := broken()
			inner.fail(down("EVAL", context.DeadlineExceeded))
			if err := first(t.Context(), s); !errors.Is(err, ErrDown) {
				t.Errorf("%s: %v", name, err)
			}
			for _, call := range cellCalls {
				wantOnly(t, name, call(t.Context(), s), ErrDown, context.Canceled)
			}
			wantOnly(t, name, calls["Get"](t.Context(), s), ErrDown, context.Canceled)
			if n := inner.asked.Load(); n != 1 || len(*warnings) != 1 {
				t.Errorf("%s: asked %d times, warned of %v", name, n, *warnings)
			}
			inner.fail(nil)
			time.Sleep(pause)
			if err := first(t.Context(), s); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			holds(t, s, "k", "")
		})
	}
}

func TestOneOfManyBeginsACell(t *testing.T) {
	m := NewMemory(100, nil)
	var wg sync.WaitGroup
	var got atomic.Int32
	for i := range 50 {
		wg.Go(func() {
			if set, _ := m.SetIfNotExistsWithTTL(t.Context(), "k", int64(i+1), time.Hour); set {
				got.Add(1)
			}
		})
	}
	wg.Wait()
	if got.Load() != 1 {
		t.Errorf("%d began it", got.Load())
	}
}
