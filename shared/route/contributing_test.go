package route_test

import (
	"errors"
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
)

// example is a fenced block of CONTRIBUTING.md and the file that it belongs to.
type example struct{ file, text string }

func examples(t *testing.T) []example {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	var found []example
	named := regexp.MustCompile("`((?:functions|shared|public)/[a-z/-]+\\.(?:go|yaml))`")
	fence := regexp.MustCompile("(?m)^( *)```(?:go|yaml)?\n")
	blocks, between := fence.Split(string(raw), -1), fence.FindAllStringSubmatch(string(raw), -1)
	for i := 1; i < len(blocks); i += 2 {
		names := named.FindAllStringSubmatch(blocks[i-1], -1)
		if len(names) > 0 {
			indent := regexp.MustCompile("(?m)^" + between[i-1][1])
			found = append(found, example{names[len(names)-1][1], indent.ReplaceAllString(blocks[i], "")})
		}
	}
	return found
}

// TestContributingExamples applies the examples to a copy of the project, runs the
// repository's tests there, and builds and calls the functions.
func TestContributingExamples(t *testing.T) {
	tree := t.TempDir()
	copyProject(t, tree)
	got := map[string]int{}
	for _, e := range examples(t) {
		apply(t, tree, e)
		got[e.file]++
	}
	want := map[string]int{"shared/route/route.go": 2, "functions/greeting/greeting.go": 1,
		"functions/greeting/main.go": 1, "functions/reports/main.go": 1, "public/openapi.yaml": 1}
	if !maps.Equal(got, want) {
		t.Fatalf("got examples for %v, want %v", got, want)
	}
	describeReports(t, tree)
	run(t, tree, "go", "run", "-trimpath", "./scripts/generate")
	run(t, tree, "go", "test", "-trimpath", "./shared/route", "-skip=^(TestBuiltFunctions|TestContributingExamples)")
	callExamples(t, tree)
}

// copyProject copies the project without the files of tools.
func copyProject(t *testing.T, to string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		relative, _ := filepath.Rel(root, path)
		hidden := strings.HasPrefix(entry.Name(), ".") && relative != "."
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (hidden || entry.Name() == "node_modules" || relative == "dist"):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, relative), 0o755)
		case hidden || !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(filepath.Join(to, relative), text, 0o644))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// apply applies an example: a row or an operation is added, in place of one of the same
// name; any other block is a file.
func apply(t *testing.T, tree string, e example) {
	t.Helper()
	name := filepath.Join(tree, e.file)
	switch e.file {
	case "shared/route/route.go":
		function := regexp.MustCompile(`Function: "([a-z-]+)"`).FindStringSubmatch(e.text)[1]
		old := regexp.MustCompile(`(?m)^\t\{Function: "` + function + `".*\n(?:\t\t.*\n)*`)
		edit(t, name, old, "var Table = []Route{\n", e.text)
	case "public/openapi.yaml":
		path, _, _ := strings.Cut(strings.TrimSpace(e.text), ":")
		old := regexp.MustCompile(`(?m)^  ` + path + `:\n(?:    .*\n|\n)*`)
		edit(t, name, old, "\npaths:\n", e.text)
	default:
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(e.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// edit removes old from a file and puts text after mark.
func edit(t *testing.T, name string, old *regexp.Regexp, mark, text string) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(old.ReplaceAllString(string(raw), ""), mark)
	if !found {
		t.Fatalf("got no %q in %s", mark, name)
	}
	if err := os.WriteFile(name, []byte(before+mark+text+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// describeReports derives the operation of reports from that of greeting.
func describeReports(t *testing.T, tree string) {
	t.Helper()
	for _, e := range examples(t) {
		if e.file != "public/openapi.yaml" {
			continue
		}
		text := regexp.MustCompile(`(?m)^      parameters:\n(?:        .*\n)*`).ReplaceAllString(e.text, "")
		text = strings.NewReplacer("greeting", "reports", "Greeting", "Reports", "hello", "reports_of").Replace(text)
		apply(t, tree, example{e.file, text})
	}
}

// run runs a command in a folder and fails the test with its output.
func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func callExamples(t *testing.T, tree string) {
	t.Helper()
	tenant, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	log := &functiontest.Log{}
	functions := map[string]*lambdarun.Function{}
	for _, name := range []string{"greeting", "reports"} {
		functions[name] = start(t, tree, name, tenant, log)
	}
	user, device := tenant.Kinde.Mint(), tenant.Kinde.Mint(kindetest.FromDevice(), kindetest.Scopes("read:reports"))
	for _, want := range []struct {
		function, target, token string
		status                  int
		holds                   string
	}{
		{"greeting", "/api/greeting?lang=en", user, 200, `{"hello":"` + kindetest.DemoUser + `"}`},
		{"greeting", "/api/greeting?lang=de", user, 400, "`lang` must be en"},
		{"greeting", "/api/greeting", "", 401, "no-token"},
		{"reports", "/api/reports", device, 200, `{"reports_of":"` + kindetest.DemoUser + `"}`},
		{"reports", "/api/reports", user, 403, "insufficient-scope"},
		{"reports", "/api/reports", "x.y.z", 401, "invalid-token"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", site+want.target, nil)
		if want.token != "" {
			r.Header.Set("Authorization", "Bearer "+want.token)
		}
		w := httptest.NewRecorder()
		lambdarun.Handler(functions[want.function], lambdarun.HTTPAPI2).ServeHTTP(w, r)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.holds) {
			t.Errorf("%s: got %d %s, want %d %s; log:\n%s", want.target, w.Code, w.Body, want.status, want.holds, log)
		}
		if limited := w.Header().Get("RateLimit") != ""; limited != (want.function == "reports") {
			t.Errorf("%s: got RateLimit %q", want.target, w.Header().Get("RateLimit"))
		}
	}
}

// start builds a function of the tree and starts it.
func start(t *testing.T, tree, function string, tenant *kindetest.Server, log *functiontest.Log) *lambdarun.Function {
	t.Helper()
	binary := filepath.Join(t.TempDir(), function)
	if err := (lambdarun.Target{Dir: tree}).Build(t.Context(), "./functions/"+function, binary); err != nil {
		t.Fatal(err)
	}
	options := lambdarun.Options{Binary: binary, Env: environment(tenant, function), Output: log}
	f, err := lambdarun.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
