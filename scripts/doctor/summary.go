package main

import (
	"fmt"
	"slices"
	"strings"
)

// summary is the report's end: how many there are of each, what to mend first, and
// what the commands above do.
func summary(checks []check) (lines []string) {
	counts := fmt.Sprintf("%d ok, %d to mend, %s, %d skipped.", count(checks, isOK), count(checks, toMend), several(count(checks, isNote), "note"), count(checks, isSkipped))
	first := slices.IndexFunc(checks, func(c check) bool { return c.State == toMend })
	if first < 0 {
		return append(lines, "Nothing to mend: "+counts)
	}
	c := checks[first]
	sets := slices.ContainsFunc(checks, func(c check) bool {
		return slices.ContainsFunc(c.Mend, func(s step) bool { return strings.HasPrefix(s.Run, "netlify env:set") })
	})
	if sets {
		lines = append(lines, "netlify env:set changes the deployment, from its next deploy on. For this machine change the same line in .env; on AWS the stack's parameter: sam deploy --guided.")
	}
	return append(lines, counts+" Mend first: "+c.name()+".")
}

func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
