package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// stepLimit is the maximum duration of a step.
const stepLimit = 10 * time.Minute

// step is one check.
type step struct {
	name  string
	does  string
	needs string // names of steps that must pass first
	alone bool   // no other step runs at the same time
	waits bool   // it mostly waits: it takes no core from other steps
	show  bool   // print the output even if it passes
	run   func(*job) error
}

// result is the result of a step.
type result struct {
	step   step
	took   time.Duration
	output string
	err    error
}

// runAll runs the steps, as many at once as there are cores besides those that wait, and
// prints each result. It returns the numbers of steps that passed and failed.
func runAll(ctx context.Context, root string, chosen []step, verbose bool) (passed, failed int) {
	done := make(chan result)
	ended := map[string]error{}
	end := func(r result) {
		ended[r.step.name] = r.err
		r.print(verbose)
		if r.err != nil {
			failed++
		} else {
			passed++
		}
	}
	var running []step
	waiting := chosen
	for len(waiting) > 0 || len(running) > 0 {
		var blocked []step
		for _, s := range waiting {
			switch ready, failed := needsMet(s, ended); {
			case failed != "":
				end(result{step: s, err: fmt.Errorf("not run: %s failed", failed)})
			case ready && fits(s, running):
				running = append(running, s)
				go func() { done <- execute(ctx, root, s) }()
			default:
				blocked = append(blocked, s)
			}
		}
		waiting = blocked
		if len(running) == 0 {
			continue
		}
		r := <-done
		running = slices.DeleteFunc(running, func(s step) bool { return s.name == r.step.name })
		end(r)
	}
	return passed, failed
}

// needsMet reports whether all needs of a step have passed, and the name of one that failed.
func needsMet(s step, ended map[string]error) (ready bool, failed string) {
	ready = true
	for need := range strings.FieldsSeq(s.needs) {
		err, over := ended[need]
		if err != nil {
			return false, need
		}
		ready = ready && over
	}
	return ready, ""
}

func fits(s step, running []step) bool {
	if len(running) == 0 {
		return true
	}
	if s.alone || running[0].alone {
		return false
	}
	busy := 0
	for _, r := range running {
		if !r.waits {
			busy++
		}
	}
	return s.waits || busy < runtime.NumCPU()
}

func execute(ctx context.Context, root string, s step) result {
	r := result{step: s}
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	var output transcript
	began := time.Now()
	r.err = s.run(&job{ctx: ctx, root: root, out: &output})
	if ctx.Err() != nil && r.err != nil {
		r.err = fmt.Errorf("%w (%w)", context.Cause(ctx), r.err)
	}
	r.took = time.Since(began)
	r.output = output.String()
	return r
}

// transcript collects standard output and standard error of a step's commands.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func (r result) print(verbose bool) {
	word := "pass"
	if r.err != nil {
		word = "FAIL"
	}
	fmt.Printf("%s  %-12s %6.1f s\n", word, r.step.name, r.took.Seconds())
	if r.err != nil || r.step.show || verbose {
		printIndented(r.output)
	}
	if r.err != nil {
		printIndented(r.err.Error())
	}
}

func printIndented(text string) {
	for line := range strings.Lines(text) {
		fmt.Print("      ", strings.TrimSuffix(line, "\n"), "\n")
	}
}
