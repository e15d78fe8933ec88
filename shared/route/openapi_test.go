package route_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// apiDocument is public/openapi.yaml. The check openapi compares it with the functions.
type apiDocument struct {
	Security []apiSecurity
	Paths    map[string]apiPath
}

// apiPath is a path's operations by method in lower case, and their common parameters.
type apiPath struct {
	Parameters []apiParameter
	Operations map[string]apiOperation `yaml:",inline"`
}

type apiOperation struct {
	OperationID string         `yaml:"operationId"`
	Security    *[]apiSecurity // nil: the document's
	Parameters  []apiParameter
	Responses   map[string]struct {
		Content map[string]struct {
			Examples map[string]struct{ Value any }
		}
	}
}

type (
	apiSecurity  map[string][]string
	apiParameter struct{ Name, In string }
)

// readDocument returns the document with its references resolved, as plain values and
// as an apiDocument.
func readDocument(t *testing.T) (map[string]any, apiDocument) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "public", "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := yaml.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	plain := inlined(t, whole, whole).(map[string]any)
	var typed apiDocument
	if raw, err = yaml.Marshal(plain); err == nil {
		err = yaml.Unmarshal(raw, &typed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plain, typed
}

func inlined(t *testing.T, node any, whole map[string]any) any {
	t.Helper()
	switch n := node.(type) {
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok {
			return inlined(t, named(t, ref, whole), whole)
		}
		out := map[string]any{}
		for key, value := range n {
			out[key] = inlined(t, value, whole)
		}
		return out
	case []any:
		out := make([]any, len(n))
		for i, value := range n {
			out[i] = inlined(t, value, whole)
		}
		return out
	}
	return node
}

// named returns the target of a reference of the form #/components/….
func named(t *testing.T, ref string, whole map[string]any) any {
	t.Helper()
	var node any = whole
	for key := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		branch, _ := node.(map[string]any)
		if node = branch[key]; node == nil {
			t.Fatalf("got no target for %s in openapi.yaml", ref)
		}
	}
	return node
}

// problems calls visit with every example of a problem below node.
func problems(node any, visit func(map[string]any)) {
	switch n := node.(type) {
	case map[string]any:
		_, coded := n["code"].(string)
		if _, titled := n["title"].(string); coded && titled {
			visit(n)
			return
		}
		for _, value := range n {
			problems(value, visit)
		}
	case []any:
		for _, value := range n {
			problems(value, visit)
		}
	}
}

func TestOpenAPIOperationsMatchTable(t *testing.T) {
	_, document := readDocument(t)
	var described, rows []string
	for path, item := range document.Paths {
		for method, operation := range item.Operations {
			described = append(described, strings.ToUpper(method)+" "+path)
			if operation.OperationID == "" {
				t.Errorf("%s %s has no operationId", method, path)
			}
		}
	}
	for _, row := range route.Table {
		for _, method := range row.Methods() {
			rows = append(rows, method+" "+openAPIPath(row))
		}
	}
	same(t, "operations in openapi.yaml", described, rows)
}

// openAPIPath returns the pattern in OpenAPI's form, which cannot express {path+}.
func openAPIPath(row route.Route) string { return strings.ReplaceAll(row.Pattern, "+}", "}") }

func TestOpenAPIParametersMatchTable(t *testing.T) {
	_, document := readDocument(t)
	for _, row := range route.Table {
		item := document.Paths[openAPIPath(row)]
		want := map[string][]string{"query": row.Query}
		for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(openAPIPath(row), -1) {
			want["path"] = append(want["path"], name[1])
		}
		got := map[string][]string{}
		for _, p := range append(item.Parameters, item.Operations[strings.ToLower(row.Methods()[0])].Parameters...) {
			got[p.In] = append(got[p.In], p.Name)
		}
		for _, in := range []string{"query", "path"} {
			same(t, in+" parameters of "+row.Name()+" in openapi.yaml", got[in], append([]string{}, want[in]...))
		}
	}
}

// credentials returns the alternatives of credentials for a row. An empty one means that
// none is required.
func credentials(row route.Route) []string {
	cookie := "session"
	if row.API() {
		cookie = "csrfHeader+session"
	}
	switch row.Access {
	case route.Session:
		return []string{"session"}
	case route.User:
		return []string{"accessToken", cookie}
	case route.Optional:
		return []string{"accessToken", cookie, ""}
	case route.SignOut, route.OptionalSession:
		return []string{"session", ""}
	}
	return []string{}
}

func TestOpenAPISecurityMatchesTable(t *testing.T) {
	_, document := readDocument(t)
	for _, row := range route.Table {
		operation := document.Paths[openAPIPath(row)].Operations[strings.ToLower(row.Methods()[0])]
		security := document.Security
		if operation.Security != nil {
			security = *operation.Security
		}
		got := []string{}
		for _, alternative := range security {
			got = append(got, strings.Join(slices.Sorted(maps.Keys(alternative)), "+"))
		}
		same(t, "credentials of "+row.Name()+" in openapi.yaml", got, credentials(row))
		needs := row.Access == route.User || row.Access == route.Session
		reads := needs || row.Access == route.Optional || row.Access == route.OptionalSession
		proves := reads && (row.API() || row.Method != "GET") || row.Access == route.SignOut
		for code, want := range map[problem.Code]bool{
			problem.NoToken:           needs || row.Access == route.OptionalSession,
			problem.SessionExpired:    needs,
			problem.InvalidToken:      reads || row.Webhook(), // whose token is the body
			problem.SessionSuperseded: reads,
			problem.CSRFHeaderMissing: proves,
		} {
			examples := operation.Responses[strconv.Itoa(code.Status())].Content[problem.ContentType].Examples
			if _, shown := examples[string(code)]; shown != want {
				t.Errorf("%s in openapi.yaml: got an example of %s: %t, want %t", row.Name(), code, shown, want)
			}
		}
	}
}

func TestOpenAPIListsEveryErrorCode(t *testing.T) {
	document, _ := readDocument(t)
	var known, listed, shown []string
	for _, code := range problem.Codes() {
		known = append(known, string(code))
	}
	for _, code := range named(t, "#/components/schemas/Code/enum", document).([]any) {
		listed = append(listed, code.(string))
	}
	same(t, "codes in openapi.yaml's enum", listed, known)
	problems(document, func(example map[string]any) {
		code, _ := example["code"].(string)
		shown = append(shown, code)
		var want map[string]any
		if err := json.Unmarshal(problem.New(problem.Code(code), nil).Document("id"), &want); err != nil {
			t.Fatal(err)
		}
		status, _ := example["status"].(int)
		if example["type"] != want["type"] || example["title"] != want["title"] || float64(status) != want["status"] {
			t.Errorf("%s in openapi.yaml: got the example %v, want %v", code, example, want)
		}
	})
	same(t, "codes with an example in openapi.yaml", shown, known)
}

func TestOpenAPIExamplesMatchStatus(t *testing.T) {
	_, document := readDocument(t)
	for path, item := range document.Paths {
		for method, operation := range item.Operations {
			for status, response := range operation.Responses {
				examples := response.Content[problem.ContentType].Examples
				if status >= "400" && status != "default" && len(examples) == 0 {
					t.Errorf("%s %s: got no example for %s", method, path, status)
				}
				for name, example := range examples {
					value, _ := example.Value.(map[string]any)
					if code := problem.Code(name); value["code"] != name || strconv.Itoa(code.Status()) != status {
						t.Errorf("%s %s: got code %v in the example %s of %s", method, path, value["code"], name, status)
					}
				}
			}
		}
	}
}

func TestOpenAPIVersionIsTheChangelogs(t *testing.T) {
	document, _ := readDocument(t)
	changelog, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## (\S+)`).FindSubmatch(changelog)
	if got := named(t, "#/info/version", document); newest == nil || got != string(newest[1]) {
		t.Errorf("got version %v in openapi.yaml, want %s, the newest of CHANGELOG.md", got, newest)
	}
}
