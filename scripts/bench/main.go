// Command bench compares a function with a plain program that does the same job,
// and fails when the function exceeds a limit.
//
//	go run ./scripts/bench
//	go run ./scripts/bench -gate
//
// Both programs are built as Netlify builds them and run as Lambda runs them
// (shared/local/lambdarun), against the embedded Kinde over https with a latency of
// 20 ms. Their runs alternate, so that other load on the machine affects both:
// the ratios are meaningful, single figures are not. Some figures are available
// on Linux only.
//
// It defends against a misleading comparison: every response is checked, a
// failure ends the measurement, and certificates are loaded from a bundle of real
// size.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// counts are the numbers of measurements.
type counts struct {
	cold      int    // cold starts of each program
	processes int    // of each program, for the warm requests
	warm      int    // requests to each process
	only      string // one comparison's name; empty: all
}

func main() {
	n := counts{}
	flag.IntVar(&n.cold, "cold", 50, "cold starts of each program")
	flag.IntVar(&n.processes, "processes", 6, "processes of each program that get warm requests")
	flag.IntVar(&n.warm, "warm", 100, "warm requests to each process")
	flag.StringVar(&n.only, "only", "",
		"measure one comparison alone: portal, account, session, redis, proxy or proxy-1mb")
	delay := flag.Duration("delay", 20*time.Millisecond, "the latency of the upstream")
	memory := flag.Int("memory", 1024, "memory size of the functions in MB (Netlify: 1024)")
	flag.Parse()
	if flag.NArg() > 0 || min(n.cold, n.processes, n.warm, *memory) < 1 {
		fmt.Fprintln(os.Stderr, "bench takes no arguments, and numbers above zero")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var ok bool
	var err error
	if *measureGate {
		ok, err = benchGate(ctx, os.Stdout)
	} else {
		ok, err = run(ctx, os.Stdout, n, *delay, *memory)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run measures every comparison and prints its table. It reports whether all values are
// within their limits.
func run(ctx context.Context, out io.Writer, n counts, delay time.Duration, memory int) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "kinde-functions-bench-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	system, err := systemBundle()
	if err != nil {
		return false, err
	}
	up, err := startUpstream(dir, delay, system)
	if err != nil {
		return false, err
	}
	defer up.close()
	b := bench{upstream: up, counts: n, memory: memory}
	ok = true
	for _, c := range comparisons {
		if n.only != "" && c.name != n.only {
			continue
		}
		rows, err := b.compare(ctx, c, dir)
		if err != nil {
			return false, err
		}
		fmt.Fprintf(out, "%s: %s.\n", c.name, c.about)
		fmt.Fprintf(out, "%d cold starts of each, %d warm requests to each of %d processes; "+
			"the upstream takes %v, memory size %d MB.\n\n",
			n.cold, n.warm, n.processes, delay, memory)
		if err := writeTable(out, rows); err != nil {
			return false, err
		}
		fmt.Fprintln(out)
		for _, r := range rows {
			ok = ok && r.ok()
		}
	}
	return ok, nil
}
