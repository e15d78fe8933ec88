package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// terminal prints the lines of everything that runs, one at a time.
type terminal struct {
	mu     sync.Mutex
	out    io.Writer
	closed func() // called when out takes no more; nil: ignored
}

// say prints a line of dev's own.
func (t *terminal) say(format string, args ...any) {
	t.write([]byte(fmt.Sprintf(format, args...) + "\n"))
}

func (t *terminal) write(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.out.Write(p); err != nil && t.closed != nil {
		t.closed()
	}
}

// maxLine bounds what is kept while waiting for a line to end, in bytes.
const maxLine = 64 << 10

// named returns a writer that puts the name before every line written to it.
func (t *terminal) named(name string) *lines {
	return &lines{to: t, prefix: []byte("[" + name + "] ")}
}

// lines prints whole lines, with a prefix.
type lines struct {
	to     *terminal
	prefix []byte

	mu   sync.Mutex
	rest []byte // of a line that has not ended
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 && len(l.rest) < maxLine {
			return len(p), nil
		}
		line, rest := l.rest, []byte(nil)
		if end >= 0 {
			line, rest = l.rest[:end], l.rest[end+1:]
		}
		l.put(line)
		l.rest = rest
	}
}

// flush prints a line that has not ended.
func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.put(l.rest)
		l.rest = nil
	}
}

func (l *lines) put(line []byte) {
	l.to.write(bytes.Join([][]byte{l.prefix, line, {'\n'}}, nil))
}
