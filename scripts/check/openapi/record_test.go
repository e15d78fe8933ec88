//go:build realtools

package openapi

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

const documentPath = "public/openapi.yaml"

// outcome is what there may be of an answer: a status, and with it a problem's
// code, the error in RFC 8628's shape or another body's media type; or, in an
// outcome of its own, one of the telling headers.
type outcome struct {
	status int
	what   string
	header string
}

func (o outcome) String() string {
	text := strings.TrimSpace(strconv.Itoa(o.status) + " " + o.what)
	if o.header != "" {
		text += " with " + o.header
	}
	return text
}

// telling are the headers that say what to do. Where one is described it must
// have been sent; schemathesis sees only that one that is there is right.
var telling = []string{"Allow", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate"}

// owed are headers that an answer of the code must have, where the document can
// only say that those of its status may.
var owed = map[problem.Code][]string{
	problem.RateLimited:       {"RateLimit", "RateLimit-Policy", "Retry-After"},
	problem.InsufficientScope: {"WWW-Authenticate"},
	problem.NotRevoked:        {"Retry-After"},
}

// record counts answers by path and outcome.
type record map[string]map[outcome]int

func (r record) count(path string, o outcome) { r.addN(path, o, 1) }

func (r record) addN(path string, o outcome, n int) {
	if r[path] == nil {
		r[path] = map[outcome]int{}
	}
	r[path][o] += n
}

func (r record) add(other record) {
	for path, outcomes := range other {
		for o, n := range outcomes {
			r.addN(path, o, n)
		}
	}
}

// total is how many answers there were.
func (r record) total() (n int) {
	for _, outcomes := range r {
		for o, times := range outcomes {
			if o.header == "" {
				n += times
			}
		}
	}
	return n
}

// String is a line for each path: how many answers, and how many of each
// status.
func (r record) String() string {
	var text strings.Builder
	for _, path := range slices.Sorted(maps.Keys(r)) {
		total, statuses, each := 0, map[int]int{}, ""
		for o, n := range r[path] {
			if o.header != "" {
				continue
			}
			total += n
			statuses[o.status] += n
		}
		for _, status := range slices.Sorted(maps.Keys(statuses)) {
			each += fmt.Sprintf("  %d: %d", status, statuses[status])
		}
		fmt.Fprintf(&text, "  %-24s %5d %s\n", path, total, each)
	}
	return text.String()
}

// What the check reads of the document.
type (
	described struct {
		Paths      map[string]struct{ Get, Post operation }
		Components struct{ Responses map[string]response }
	}
	operation struct{ Responses map[string]response }
	response  struct {
		Ref     string `yaml:"$ref"`
		Headers map[string]any
		Content map[string]struct{ Examples map[string]any }
	}
)

// documented are the outcomes that the document gives each path.
func documented(t *testing.T) map[string][]outcome {
	t.Helper()
	var document described
	raw, err := os.ReadFile(inProject(t, documentPath))
	if err == nil {
		err = yaml.Unmarshal(raw, &document)
	}
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string][]outcome{}
	for path, item := range document.Paths {
		for _, op := range []operation{item.Get, item.Post} {
			for code, answer := range op.Responses {
				status, err := strconv.Atoi(code)
				if err != nil {
					t.Errorf("%s: %q is no status", path, code)
				}
				if named, ok := strings.CutPrefix(answer.Ref, "#/components/responses/"); ok {
					answer = document.Components.Responses[named]
				}
				outcomes[path] = append(outcomes[path], answer.outcomes(status)...)
			}
		}
	}
	return outcomes
}

// outcomes are the response's: one for each telling header and each media type,
// and of failures one for each example, whose names are codes.
func (r response) outcomes(status int) []outcome {
	var all []outcome
	for _, name := range telling {
		if _, described := r.Headers[name]; described {
			all = append(all, outcome{status: status, header: name})
		}
	}
	if len(r.Content) == 0 {
		return append(all, outcome{status: status})
	}
	for media, content := range r.Content {
		if status < 400 {
			all = append(all, outcome{status: status, what: media})
			continue
		}
		for code := range content.Examples {
			all = append(all, outcome{status: status, what: code})
		}
	}
	return all
}

// outOfReach are codes that nothing here brings about anywhere, or on a path: panics
// need a bug; health reads no credential, gets its body whole, and answers without
// settings, too; an event is unavailable while Redis is down or another request has it.
var outOfReach = map[string][]string{
	"":                {"internal"},
	"/api/health":     {"invalid-request", "misconfigured"},
	"/webhooks/kinde": {"unavailable"},
}

// checkAgainst fails for each documented outcome that was never answered: what
// the document says of it has been compared with nothing.
func (r record) checkAgainst(t *testing.T, documented map[string][]outcome) {
	t.Helper()
	if len(documented) == 0 {
		t.Error("the document has no paths")
	}
	for path, outcomes := range documented {
		for _, o := range outcomes {
			if r[path][o] == 0 && !slices.Contains(slices.Concat(outOfReach[""], outOfReach[path]), o.what) {
				t.Errorf("%s: %s is documented and was never answered", path, o)
			}
		}
	}
}

// checkLetIn fails for each row for users that never let one in: their
// credentials, or a connection of theirs, then, are none.
func (r record) checkLetIn(t *testing.T) {
	t.Helper()
	in := func(o outcome) bool { return o.status < 400 }
	for _, row := range route.Table {
		if row.Access == route.User && !slices.ContainsFunc(slices.Collect(maps.Keys(r[row.Pattern])), in) {
			t.Errorf("%s: nobody was let in", row.Pattern)
		}
	}
}

// checkTroubled fails for each row that asks Kinde for something and did not answer each
// kind of trouble: its request, then, does not get as far as Kinde.
func (r record) checkTroubled(t *testing.T) {
	t.Helper()
	for _, row := range route.Table {
		kinds := []problem.Code{problem.UpstreamThrottled, problem.UpstreamFailed, problem.UpstreamMisconfigured,
			problem.UpstreamTimeout}
		switch {
		case row.Function == "portal":
			kinds = []problem.Code{problem.PortalFailed, problem.InvalidResponse, problem.PortalError}
		case row.Access != route.User && row.Function != "device":
			continue
		}
		for _, code := range kinds {
			if r[row.Pattern][outcome{status: code.Status(), what: string(code)}] == 0 {
				t.Errorf("%s: %s was never answered", row.Pattern, code)
			}
		}
	}
}
