//go:build realtools

package openapi

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const documentPath = "public/openapi.yaml"

// record counts answers by path and status.
type record map[string]map[int]int

func (r record) count(path string, status int) { r.addN(path, status, 1) }

func (r record) addN(path string, status, n int) {
	if r[path] == nil {
		r[path] = map[int]int{}
	}
	r[path][status] += n
}

func (r record) add(other record) {
	for path, statuses := range other {
		for status, n := range statuses {
			r.addN(path, status, n)
		}
	}
}

// String is a line for each path: how many answers, and how many of each
// status.
func (r record) String() string {
	var text strings.Builder
	for _, path := range slices.Sorted(maps.Keys(r)) {
		total, each := 0, ""
		for _, status := range slices.Sorted(maps.Keys(r[path])) {
			total += r[path][status]
			each += fmt.Sprintf("  %d: %d", status, r[path][status])
		}
		fmt.Fprintf(&text, "  %-24s %5d %s\n", path, total, each)
	}
	return text.String()
}

// documented are the statuses that the document gives each path.
func documented(t *testing.T) map[string][]int {
	t.Helper()
	var document struct {
		Paths map[string]struct {
			Get struct{ Responses map[string]any }
		}
	}
	raw, err := os.ReadFile(inProject(t, documentPath))
	if err == nil {
		err = yaml.Unmarshal(raw, &document)
	}
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string][]int{}
	for path, item := range document.Paths {
		for code := range item.Get.Responses {
			status, err := strconv.Atoi(code)
			if err != nil {
				t.Errorf("%s: %q is no status", path, code)
			}
			statuses[path] = append(statuses[path], status)
		}
	}
	return statuses
}

// outOfReach are documented statuses that schemathesis cannot bring about: it
// adds no parameters to a path that has none, and panics need a bug. Nor does it
// send a body, let alone one that is too large, where none is described.
var outOfReach = map[string][]int{
	"/api/user-profile": {http.StatusBadRequest},
	"/api/health":       {http.StatusBadRequest, http.StatusInternalServerError},
}

// checkAgainst fails for each documented status that was never answered: what
// the document says of it has been compared with nothing.
func (r record) checkAgainst(t *testing.T, documented map[string][]int) {
	t.Helper()
	if len(documented) == 0 {
		t.Error("the document has no paths")
	}
	for path, statuses := range documented {
		for _, status := range statuses {
			if r[path][status] == 0 && status != http.StatusRequestEntityTooLarge && !slices.Contains(outOfReach[path], status) {
				t.Errorf("%s: %d is documented and was never answered", path, status)
			}
		}
	}
}
