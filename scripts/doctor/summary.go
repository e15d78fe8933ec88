package main

import (
	"fmt"
	"slices"
	"strings"
)

// summary returns the report's last lines: the number of checks of each state, what to fix
// first, and what the commands above do.
func summary(checks []check) (lines []string) {
	counts := fmt.Sprintf("%d ok, %d to fix, %s, %d skipped.", count(checks, isOK), count(checks, toFix),
		plural(count(checks, isNote), "note"), count(checks, isSkipped))
	first := slices.IndexFunc(checks, func(c check) bool { return c.State == toFix })
	if first < 0 {
		return append(lines, "Nothing to fix: "+counts)
	}
	c := checks[first]
	sets := slices.ContainsFunc(checks, func(c check) bool {
		return slices.ContainsFunc(c.Fix, func(s step) bool { return strings.HasPrefix(s.Run, "netlify env:set") })
	})
	if sets {
		lines = append(lines, "netlify env:set changes the deployment, from its next deploy on. For this machine change "+
			"the same line in .env; "+
			"on AWS the stack's parameter: sam deploy --guided.")
	}
	return append(lines, counts+" Fix first: "+c.name()+".")
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
