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

// Redirect sends the requests for a path to a function. Status 200 keeps the path and
// query that the browser requested; force keeps a static file from taking a function's
// place.
type Redirect struct {
	Function, From, To string
	Limit              int // requests per minute and address; 0: no limit
}

// Redirects returns one redirect for each path of the rows.
func Redirects(rows []route.Route) []Redirect {
	var redirects []Redirect
	for _, row := range paths(rows) {
		redirects = append(redirects, Redirect{
			Function: row.Function, From: netlifyFrom(row.Pattern), To: netlifyTo(row.Address()),
			Limit: netlifyLimits[row.Pattern],
		})
	}
	return redirects
}

// TOML returns the redirect as netlify.toml has it.
func (r Redirect) TOML() string {
	text := fmt.Sprintf("[[redirects]]\n  from = %q\n  to = %q\n  status = 200\n  force = true\n", r.From, r.To)
	if r.Limit > 0 {
		text += fmt.Sprintf("  [redirects.rate_limit]\n    window_limit = %d\n    window_size = 60\n"+
			"    aggregate_by = [\"ip\", \"domain\"]\n", r.Limit)
	}
	return text
}

// Line returns the redirect as a _redirects file has it, which knows no limits.
func (r Redirect) Line() string { return fmt.Sprintf("%s %s 200!\n", r.From, r.To) }

func redirects(*project) (string, error) {
	var blocks []string
	for _, redirect := range Redirects(route.Table) {
		blocks = append(blocks, redirect.TOML())
	}
	return strings.Join(blocks, "\n"), nil
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
