package main

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// fuzzRuns is the number of inputs for each target. A time would fail a target that is slow
// while other steps run: "context deadline exceeded". Run more after changing a parser.
const fuzzRuns = "20000x"

// fuzz runs every fuzz target, on one core since other steps run at the same time.
func fuzz(j *job) error {
	targets, err := fuzzTargets(j)
	if err != nil {
		return err
	}
	var failures []error
	for _, t := range targets {
		err := j.run("go", "test", "-run=^$", "-fuzz=^"+t.name+"$", "-fuzztime="+fuzzRuns, "-parallel=1", t.pkg)
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

type fuzzTarget struct{ pkg, name string }

// fuzzTargets finds the targets in the files: go test -list would link every package's tests.
func fuzzTargets(j *job) ([]fuzzTarget, error) {
	lines, err := j.lines("git", "grep", "--untracked", "--extended-regexp", "^func Fuzz[A-Z]", "--", "*_test.go")
	if err != nil {
		return nil, err
	}
	var targets []fuzzTarget
	for _, line := range lines {
		file, rest, _ := strings.Cut(line, ":func ")
		name, _, found := strings.Cut(rest, "(")
		if !found {
			return nil, fmt.Errorf("git grep: unexpected line %q", line)
		}
		targets = append(targets, fuzzTarget{"./" + path.Dir(file), name})
	}
	return targets, nil
}
