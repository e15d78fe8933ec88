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

// outcome is a response's status with a problem's code, the error of RFC 8628 or the
// body's media type, or with one of the conditional headers.
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

// conditionalHeaders must be sent at least once where the document describes them.
// Schemathesis checks only the values of those that are sent.
var conditionalHeaders = []string{"Allow", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate"}

// requiredHeaders are required for a code, where the document can only allow them for the
// status.
var requiredHeaders = map[problem.Code][]string{
	problem.RateLimited:       {"RateLimit", "RateLimit-Policy", "Retry-After"},
	problem.InsufficientScope: {"WWW-Authenticate"},
	problem.NotRevoked:        {"Retry-After"},
}

// record counts responses by path and outcome.
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

// total returns the number of responses.
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

// String returns a line for each path, with the number of responses in all and by status.
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

// The parts of the document that the check reads.
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

// documented returns the outcomes of each path in the document.
func documented(t *testing.T) map[string][]outcome {
	t.Helper()
	var document described
	raw, err := os.ReadFile(projectFile(t, documentPath))
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
				if code == "2XX" || code == "default" { // an own API's, which checkSuccess requires
					continue
				}
				status, err := strconv.Atoi(code)
				if err != nil {
					t.Errorf("%s: got the status %q, want a number", path, code)
				}
				if named, ok := strings.CutPrefix(answer.Ref, "#/components/responses/"); ok {
					answer = document.Components.Responses[named]
				}
				pattern := strings.Replace(path, "{path}", "{path+}", 1)
				outcomes[pattern] = append(outcomes[pattern], answer.outcomes(status)...)
			}
		}
	}
	return outcomes
}

// outcomes returns one outcome for each conditional header, for each media type of a
// success and for each example of a failure, whose names are codes.
func (r response) outcomes(status int) []outcome {
	var all []outcome
	for _, name := range conditionalHeaders {
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

// unreachable are codes that no run can cause, anywhere or on a path: internal needs a bug;
// health ignores credentials and settings; gate.json has no rules, so gate does not call Kinde;
// gateways do not deliver an Upgrade; unavailable needs Redis to be down or another
// request with the same event.
var unreachable = map[string][]string{
	"":                {"internal"},
	"/api/health":     {"invalid-request", "misconfigured"},
	"/auth/gate":      {"not-allowed", "gate-failed", "no-cookies", "invalid-token"},
	"/webhooks/kinde": {"unavailable"},

	"/api/proxy/{name}":         {"not-implemented"},
	"/api/proxy/{name}/{path+}": {"not-implemented"},
}

// checkAgainst fails for each documented outcome that no response had: its description
// has not been checked.
func (r record) checkAgainst(t *testing.T, documented map[string][]outcome) {
	t.Helper()
	if len(documented) == 0 {
		t.Error("the document has no paths")
	}
	for path, outcomes := range documented {
		for _, o := range outcomes {
			if r[path][o] == 0 && !slices.Contains(slices.Concat(unreachable[""], unreachable[path]), o.what) {
				t.Errorf("%s: got no response %s, which is documented", path, o)
			}
		}
	}
}

// checkSuccess fails for each row for users without a successful response.
func (r record) checkSuccess(t *testing.T) {
	t.Helper()
	succeeded := func(o outcome) bool { return o.status < 400 }
	for _, row := range route.Table {
		if row.Access == route.User && !slices.ContainsFunc(slices.Collect(maps.Keys(r[row.Pattern])), succeeded) {
			t.Errorf("%s: got no successful response", row.Pattern)
		}
	}
}

// checkUpstreamFaults fails for each row that calls Kinde without a response for each kind
// of fault: its requests do not reach Kinde.
func (r record) checkUpstreamFaults(t *testing.T) {
	t.Helper()
	for _, row := range route.Table {
		kinds := []problem.Code{problem.UpstreamThrottled, problem.UpstreamFailed, problem.UpstreamMisconfigured,
			problem.UpstreamTimeout}
		switch {
		case row.Function == "portal":
			kinds = []problem.Code{problem.PortalFailed, problem.InvalidResponse, problem.PortalError}
		case row.Access != route.User && row.Function != "device", row.Proxied, row.Function == "organizations":
			continue
		}
		for _, code := range kinds {
			if r[row.Pattern][outcome{status: code.Status(), what: string(code)}] == 0 {
				t.Errorf("%s: got no response %s", row.Pattern, code)
			}
		}
	}
}
