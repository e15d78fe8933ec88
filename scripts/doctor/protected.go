package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kinde-functions/scripts/gate/probe"
	"kinde-functions/shared/gate"
)

// checkProtectedPages requests each prefix of gate.json without a pass, in several
// spellings. Nothing but a redirect to /auth/gate or an error may come of it.
func (d *doctor) checkProtectedPages(ctx context.Context) result {
	rules, err := gate.Parse(d.gateFile)
	switch {
	case err != nil:
		return failed(err.Error(), step{Do: "docs/protected-pages.md describes gate.json."})
	case len(rules) == 0:
		return skipped("gate.json has no rules")
	}
	paths := probe.Paths(rules)
	return d.judgePages(paths, probe.Pages(ctx, d.url, paths, d.getPage))
}

// judgePages reads the result of each path.
func (d *doctor) judgePages(paths []string, results map[string]probe.Result) result {
	counts := map[probe.Result]int{}
	var open []string
	for _, path := range paths {
		result := results[path]
		counts[result]++
		if result.Open() {
			open = append(open, path)
		}
	}
	var found []string
	for result, n := range counts {
		found = append(found, fmt.Sprintf("%d %s", n, result))
	}
	slices.Sort(found)
	text := fmt.Sprintf("%s in %d requests without a pass", strings.Join(found, ", "), len(paths))
	steps := []step{{Do: "Deploy the edge's check and set GATE_KEYS (docs/protected-pages.md), or remove the rule from " +
		"gate.json. Earlier deploys and branch deploys stay open unless they have the check, too."}}
	switch {
	case len(open) == 0:
		return passed(text)
	case onLoopback(d.url):
		return noted(text+"; scripts/dev does not run the edge's check: "+listed(open), steps...)
	default:
		return failed(text+", such as "+listed(open), steps...)
	}
}

// listed names the first few paths.
func listed(paths []string) string {
	const few = 4
	if len(paths) > few {
		return strings.Join(paths[:few], ", ") + " …"
	}
	return strings.Join(paths, ", ")
}

func (d *doctor) getPage(ctx context.Context, address string) (probe.Response, error) {
	got, err := d.fetch(ctx, request{url: address})
	if err != nil {
		return probe.Response{}, err
	}
	return probe.Response{Status: got.status, Header: got.header, Body: got.body}, nil
}
