package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// The measures that have limits, by name.
const (
	coldStart = "cold start to first response, p50"
	warmTotal = "warm request, p50"
	warmAdded = "added to the upstream's time, warm, p50"
	warmCPU   = "CPU of a warm request, p50"
	peak      = "peak memory"
	zipped    = "zip"
)

// measures are the table's rows.
var measures = []struct {
	name string
	of   func(figures) int64
	show func(int64) string
}{
	{coldStart, func(f figures) int64 { return int64(percentile(f.cold, 50)) }, duration},
	{"cold start to first response, p90", func(f figures) int64 { return int64(percentile(f.cold, 90)) }, duration},
	{"CPU of a cold start, p50", func(f figures) int64 { return int64(percentile(f.coldCPU, 50)) }, duration},
	{warmTotal, func(f figures) int64 { return int64(percentile(f.total, 50)) }, duration},
	{warmAdded, func(f figures) int64 { return int64(percentile(f.added, 50)) }, duration},
	{"added to the upstream's time, warm, p90", func(f figures) int64 { return int64(percentile(f.added, 90)) }, duration},
	{warmCPU, func(f figures) int64 { return int64(percentile(f.warmCPU, 50)) }, duration},
	{peak, func(f figures) int64 { return percentile(f.peak, 50) }, megabytes},
	{zipped, func(f figures) int64 { return f.zipped }, megabytes},
}

// limit bounds a measure. Zero values set no limit.
type limit struct {
	ratio float64 // ours divided by plain
	most  int64   // ours
	over  int64   // ours minus plain
}

// row is one line of the table.
type row struct {
	name        string
	plain, ours int64
	show        func(int64) string
	limit       limit
}

func tabulate(plain, ours figures, limits map[string]limit) []row {
	var rows []row
	for _, m := range measures {
		rows = append(rows, row{m.name, m.of(plain), m.of(ours), m.show, limits[m.name]})
	}
	return rows
}

func (r row) ratio() float64 { return float64(r.ours) / float64(r.plain) }

func (r row) ok() bool {
	return (r.limit.ratio == 0 || r.ratio() <= r.limit.ratio) &&
		(r.limit.most == 0 || r.ours <= r.limit.most) &&
		(r.limit.over == 0 || r.ours-r.plain <= r.limit.over)
}

func (r row) verdict() string {
	bound := ""
	switch {
	case r.limit.ratio != 0:
		bound = fmt.Sprintf("%.2f", r.limit.ratio)
	case r.limit.most != 0:
		bound = r.show(r.limit.most)
	case r.limit.over != 0:
		bound = "plain + " + r.show(r.limit.over)
	default:
		return ""
	}
	if r.ok() {
		return bound + " ok"
	}
	return bound + " EXCEEDED"
}

// writeTable writes the rows as an aligned Markdown table.
func writeTable(out io.Writer, rows []row) error {
	lines := [][]string{{"", "plain", "ours", "ratio", "limit"}, {"-", "-", "-", "-", "-"}}
	for _, r := range rows {
		lines = append(lines, []string{r.name, r.show(r.plain), r.show(r.ours), fmt.Sprintf("%.2f", r.ratio()), r.verdict()})
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, cell := range line {
			fill := " "
			if cell == "-" {
				fill = "-"
			}
			b.WriteString("| " + cell + strings.Repeat(fill, widths[i]-utf8.RuneCountInString(cell)) + " ")
		}
		if _, err := fmt.Fprintln(out, b.String()+"|"); err != nil {
			return err
		}
	}
	return nil
}

func duration(nanoseconds int64) string {
	d := time.Duration(nanoseconds)
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.2f MB", float64(bytes)/1e6) }
