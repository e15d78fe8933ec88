package route_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kinde-functions/shared/functiontest"
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/lambdarun"
)

// CONTRIBUTING's examples, built and called as they stand there.

// example is a block of Go in CONTRIBUTING and the file that it is for.
type example struct{ file, code string }

func examples(t *testing.T) []example {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	var found []example
	named := regexp.MustCompile("`((?:functions|shared)/[a-z/-]+\\.go)`")
	parts := regexp.MustCompile("(?m)^ *```(?:go)?\n").Split(string(raw), -1)
	for i := 1; i < len(parts); i += 2 {
		names := named.FindAllStringSubmatch(parts[i-1], -1)
		if len(names) > 0 {
			found = append(found, example{names[len(names)-1][1], parts[i]})
		}
	}
	return found
}

// overlay makes the go command see the examples as files of the project, the rows
// in the route table.
func overlay(t *testing.T) {
	t.Helper()
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(root, "shared/route/route.go"))
	if err != nil {
		t.Fatal(err)
	}
	files, folder := map[string]string{}, t.TempDir()
	for _, e := range examples(t) {
		if e.file == "shared/route/route.go" {
			table = []byte(strings.Replace(string(table), "var Table = []Route{\n", "var Table = []Route{\n"+e.code, 1))
			e.code = string(table)
		}
		copied := filepath.Join(folder, strings.ReplaceAll(e.file, "/", "_"))
		if err := os.WriteFile(copied, []byte(e.code), 0o600); err != nil {
			t.Fatal(err)
		}
		files[filepath.Join(top, e.file)] = copied
	}
	if len(files) != 4 {
		t.Fatalf("found %v", files)
	}
	list, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "overlay.json"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+filepath.Join(folder, "overlay.json")))
}

func TestTheExamplesInContributingWork(t *testing.T) {
	overlay(t)
	tenant, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	user, device := tenant.Kinde.Mint(), tenant.Kinde.Mint(kindetest.FromDevice(), kindetest.Scopes("read:reports"))
	functions := map[string]*lambdarun.Function{"greeting": running(t, "greeting", tenant), "reports": running(t, "reports", tenant)}
	for _, want := range []struct {
		function, target, token string
		status                  int
		holds                   string
	}{
		{"greeting", "/api/greeting?lang=en", user, 200, `{"hello":"` + kindetest.DemoPerson + `"}`},
		{"greeting", "/api/greeting?lang=de", user, 400, "`lang` must be en"},
		{"greeting", "/api/greeting", "", 401, "no-token"},
		{"reports", "/api/reports", device, 200, `{"reports_of":"` + kindetest.DemoPerson + `"}`},
		{"reports", "/api/reports", user, 403, "insufficient-scope"},
		{"reports", "/api/reports", "x.y.z", 401, "invalid-token"},
	} {
		handler := lambdarun.Handler(functions[want.function], lambdarun.HTTPAPI2)
		r := httptest.NewRequestWithContext(t.Context(), "GET", site+want.target, nil)
		if want.token != "" {
			r.Header.Set("Authorization", "Bearer "+want.token)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.holds) {
			t.Errorf("%s: %d %s", want.target, w.Code, w.Body)
		}
		if limited := w.Header().Get("RateLimit") != ""; limited != (want.function == "reports") {
			t.Errorf("%s: limited %v", want.target, limited)
		}
	}
}

// running builds and starts a function.
func running(t *testing.T, function string, tenant *kindetest.Server) *lambdarun.Function {
	t.Helper()
	binary := filepath.Join(t.TempDir(), function)
	if err := lambdarun.Build(t.Context(), "kinde-functions/functions/"+function, binary); err != nil {
		t.Fatal(err)
	}
	f, err := lambdarun.Start(t.Context(), lambdarun.Options{Binary: binary, Env: environment(tenant), Output: &functiontest.Log{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
