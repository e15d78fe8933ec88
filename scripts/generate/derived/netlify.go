package derived

import (
	"fmt"
	"regexp"
	"strings"

	"kinde-functions/shared/route"
)

// netlifyLimits are the requests per minute and address that Netlify lets through to
// a path that anyone may call, before a function runs. Netlify's smallest plans have
// room for two such rules.
var netlifyLimits = map[string]int{"/api/device/authorize": 20, "/api/device/token": 120}

// redirects renders one redirect for each path of the route table. Status 200 keeps
// the path and query that the browser requested; force keeps a static file from
// taking a function's place.
func redirects(*project) (string, error) {
	var out strings.Builder
	for i, row := range paths(route.Table) {
		if i > 0 {
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "[[redirects]]\n  from = %q\n  to = %q\n  status = 200\n  force = true\n",
			netlifyFrom(row.Pattern), netlifyTo(row.Address()))
		if limit := netlifyLimits[row.Pattern]; limit > 0 {
			fmt.Fprintf(&out, "  [redirects.rate_limit]\n    window_limit = %d\n    window_size = 60\n"+
				"    aggregate_by = [\"ip\", \"domain\"]\n", limit)
		}
	}
	return out.String(), nil
}

// paths returns one row for each path, since hosts route by path alone.
func paths(rows []route.Route) []route.Route {
	var kept []route.Route
	seen := map[string]bool{}
	for _, row := range rows {
		if !seen[row.Pattern] {
			kept = append(kept, row)
		}
		seen[row.Pattern] = true
	}
	return kept
}

var (
	restOfPath  = regexp.MustCompile(`\{\w+\+\}$`)
	pathSegment = regexp.MustCompile(`\{(\w+)\}`)
)

// netlifyFrom writes {name} as :name and a rest {path+} as *.
func netlifyFrom(pattern string) string {
	return pathSegment.ReplaceAllString(restOfPath.ReplaceAllString(pattern, "*"), ":$1")
}

// netlifyTo writes {name} as :name and a rest {path+} as :splat.
func netlifyTo(address string) string {
	return pathSegment.ReplaceAllString(restOfPath.ReplaceAllString(address, ":splat"), ":$1")
}
