package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	ten := []int64{50, 10, 40, 20, 30, 100, 90, 60, 80, 70}
	for _, row := range []struct {
		values  []int64
		percent int
		want    int64
	}{
		{ten, 50, 50}, {ten, 90, 90}, {ten, 91, 100}, {ten, 1, 10}, {ten, 100, 100},
		{[]int64{3, 1, 2}, 50, 2}, {[]int64{7}, 50, 7}, {[]int64{7}, 1, 7}, {[]int64{1, 9}, 50, 1},
	} {
		if got := percentile(row.values, row.percent); got != row.want {
			t.Errorf("p%d of %v: got %d, want %d", row.percent, row.values, got, row.want)
		}
	}
	if ten[0] != 50 {
		t.Errorf("got the argument %v, want its order kept", ten)
	}
}

func TestAlternate(t *testing.T) {
	a, b := &program{}, &program{}
	for round, first := range []*program{a, b, a} {
		if got := alternate([2]*program{a, b}, round); got[0] != first || got[0] == got[1] {
			t.Errorf("round %d: got the wrong program first, or one twice", round)
		}
	}
}

func TestWriteTable(t *testing.T) {
	ms := func(n ...int) (d []time.Duration) {
		for _, n := range n {
			d = append(d, time.Duration(n)*time.Millisecond)
		}
		return d
	}
	plain := figures{cold: ms(50, 70, 60), coldCPU: ms(10), total: ms(20), added: ms(1, 2, 3), warmCPU: ms(2, 4),
		peak: []int64{10e6}, zipped: 3e6}
	ours := figures{cold: ms(30, 90, 42), coldCPU: ms(5), total: ms(25), added: ms(1, 1, 9), warmCPU: ms(1, 2),
		peak: []int64{12e6}, zipped: 4e6}
	rows := tabulate(plain, ours, map[string]limit{coldStart: {ratio: 0.70}, peak: {ratio: 1.10}, zipped: {most: 3.3e6},
		warmTotal: {over: 5e6}, warmCPU: {over: -2e6}})
	var out bytes.Buffer
	if err := writeTable(&out, rows); err != nil {
		t.Fatal(err)
	}
	const want = `
|                                         | plain    | ours     | ratio | limit                     |
| --------------------------------------- | -------- | -------- | ----- | ------------------------- |
| cold start to first response, p50       | 60.0 ms  | 42.0 ms  | 0.70  | 0.70 ok                   |
| cold start to first response, p90       | 70.0 ms  | 90.0 ms  | 1.29  |                           |
| CPU of a cold start, p50                | 10.0 ms  | 5000 µs  | 0.50  |                           |
| warm request, p50                       | 20.0 ms  | 25.0 ms  | 1.25  | plain + 5000 µs ok        |
| added to the upstream's time, warm, p50 | 2000 µs  | 1000 µs  | 0.50  |                           |
| added to the upstream's time, warm, p90 | 3000 µs  | 9000 µs  | 3.00  |                           |
| CPU of a warm request, p50              | 2000 µs  | 1000 µs  | 0.50  | plain + -2000 µs EXCEEDED |
| peak memory                             | 10.00 MB | 12.00 MB | 1.20  | 1.10 EXCEEDED             |
| zip                                     | 3.00 MB  | 4.00 MB  | 1.33  | 3.30 MB EXCEEDED          |
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got%swant%s", got, want)
	}
}

func TestLimitsNameMeasures(t *testing.T) {
	for _, c := range comparisons {
		for name := range c.limits {
			found := false
			for _, m := range measures {
				found = found || m.name == name
			}
			if !found {
				t.Errorf("%s: got a limit for %q, want one of the measures", c.name, name)
			}
		}
	}
}

func TestZippedSizeIsCompressed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	noise := make([]byte, 50_000)
	rand.Read(noise)
	for name, row := range map[string]struct {
		content     []byte
		least, most int64
	}{
		"noise": {noise, 50_000, 50_500}, "zeros": {make([]byte, 50_000), 100, 500},
	} {
		if err := os.WriteFile(path, row.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if size, err := zippedSize(path); err != nil || size < row.least || size > row.most {
			t.Errorf("%s: got %d bytes, %v, want %d to %d", name, size, err, row.least, row.most)
		}
	}
}

func TestTailKeepsLastWholeLines(t *testing.T) {
	var output tail
	output.Write([]byte("one\n"))
	if got := output.String(); got != "one\n" {
		t.Errorf("got %q, want one line", got)
	}
	for range 1000 {
		output.Write([]byte("lines\n"))
	}
	output.Write([]byte("end\n"))
	got := output.String()
	if !strings.HasPrefix(got, "lines\n") || !strings.HasSuffix(got, "lines\nend\n") || len(got) > most ||
		len(got) < most-len("lines\n") {
		t.Errorf("got %d bytes that begin with %q, want whole lines and at most %d bytes", len(got),
			got[:min(len(got), 20)], most)
	}
}
