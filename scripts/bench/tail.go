package main

import (
	"bytes"
	"slices"
	"sync"
)

// tail keeps the last lines of the programs' output.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// most is the number of bytes that a tail keeps.
const most = 2 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - most; extra > 0 {
		t.kept = slices.Delete(t.kept, 0, extra)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) < most {
		return string(t.kept)
	}
	_, whole, _ := bytes.Cut(t.kept, []byte("\n")) // the first line may be cut short
	return string(whole)
}
