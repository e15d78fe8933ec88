package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStepFailsIfItsNeedFailed(t *testing.T) {
	broken := func(*job) error { return errors.New("broken") }
	fine := func(*job) error { return nil }
	ran := false
	passed, failed := runAll(t.Context(), t.TempDir(), []step{
		{name: "install", run: broken},
		{name: "other", run: fine},
		{name: "use", needs: "install", run: func(*job) error { ran = true; return nil }},
	}, false)
	if passed != 1 || failed != 2 || ran {
		t.Errorf("got %d passed, %d failed, ran %t, want 1, 2, false", passed, failed, ran)
	}
}

func TestFits(t *testing.T) {
	quick, measured, idle := step{name: "quick"}, step{name: "measured", alone: true}, step{name: "idle", waits: true}
	full := slices.Repeat([]step{quick}, runtime.NumCPU())
	for _, c := range []struct {
		next    step
		running []step
		want    bool
	}{
		{measured, nil, true},
		{measured, []step{quick}, false},
		{quick, []step{measured}, false},
		{quick, full, false},
		{idle, full, true},
		{quick, append([]step{idle}, full[1:]...), true},
		{measured, []step{idle}, false},
		{idle, []step{measured}, false},
	} {
		if got := fits(c.next, c.running); got != c.want {
			t.Errorf("%s beside %v: got %t, want %t", c.next.name, c.running, got, c.want)
		}
	}
}

func TestOutputAndErrorsAreCollected(t *testing.T) {
	r := execute(t.Context(), t.TempDir(), step{run: func(j *job) error {
		return j.quiet("sh", "-c", "echo out; echo err >&2; echo out again")
	}})
	for _, line := range []string{"out\n", "err\n", "out again\n"} {
		if !strings.Contains(r.output, line) {
			t.Errorf("got output %q, want %q in it", r.output, line)
		}
	}
	if r.err == nil {
		t.Error("got no error for unexpected output")
	}
}

func TestCanceledStepFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	r := execute(ctx, t.TempDir(), step{run: func(j *job) error { return j.run("sh", "-c", "sleep 60 & wait") }})
	if !errors.Is(r.err, context.Canceled) || time.Since(began) > 10*time.Second {
		t.Errorf("got %[2]v after %[1]v, want context.Canceled", time.Since(began), r.err)
	}
}

func TestChoose(t *testing.T) {
	chosen, err := choose([]string{"sam", "gofmt"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range chosen {
		names = append(names, s.name)
	}
	if got := strings.Join(names, " "); got != "debian python gofmt sam" {
		t.Errorf("got %q, want debian python gofmt sam", got)
	}
	if _, err := choose([]string{"nothing"}); err == nil {
		t.Error("got no error for an unknown step")
	}
}

func TestUnreachableDatabase(t *testing.T) {
	const fetching = "govulncheck: fetching vulnerabilities: " +
		"Get \"https://vuln.go.dev/index/modules.json.gz\": no such host\n"
	for output, want := range map[string]bool{
		fetching: true,
		"=== Symbol Results ===\nVulnerability #1: GO-2026-5026\n":          false,
		"Vulnerability #1: GO-2026-5026\n" + fetching:                       false,
		"govulncheck: loading packages: there are errors with the packages": false,
	} {
		if got := unreachableDatabase(output); got != want {
			t.Errorf("%q: got %t, want %t", output, got, want)
		}
	}
}
