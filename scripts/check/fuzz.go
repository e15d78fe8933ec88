package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// fuzzTime is the time for each target. Run longer after changing a parser.
const fuzzTime = "5s"

// fuzz runs every fuzz target.
func fuzz(j *job) error {
	targets, err := fuzzTargets(j)
	if err != nil {
		return err
	}
	var failures []error
	for _, t := range targets {
		err := j.run("go", "test", "-run=^$", "-fuzz=^"+t.name+"$", "-fuzztime="+fuzzTime, t.pkg)
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

type fuzzTarget struct{ pkg, name string }

func fuzzTargets(j *job) ([]fuzzTarget, error) {
	events, err := j.lines("go", "test", "-json", "-list=^Fuzz", "./...")
	if err != nil {
		return nil, err
	}
	var targets []fuzzTarget
	for _, line := range events {
		var event struct{ Action, Package, Output string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			return nil, fmt.Errorf("go test -json: %q: %w", line, err)
		}
		if event.Action == "output" && strings.HasPrefix(event.Output, "Fuzz") {
			targets = append(targets, fuzzTarget{event.Package, strings.TrimSpace(event.Output)})
		}
	}
	if len(targets) == 0 {
		return nil, errors.New("no fuzz target")
	}
	return targets, nil
}
