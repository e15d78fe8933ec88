package route_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v3"

	"kinde-functions/shared/config"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// The route table, the folders, both hosts' files and the README name the same
// routes.

func TestFunctionsAreTheTables(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, "functions"))
	if err != nil {
		t.Fatal(err)
	}
	var folders, named []string
	for _, entry := range entries {
		folders = append(folders, entry.Name())
	}
	for _, row := range route.Table {
		named = append(named, row.Function)
	}
	same(t, "folders in functions/", folders, named)
}

func TestNetlifyRedirectsAreTheTables(t *testing.T) {
	var file struct {
		Redirects []struct {
			From, To string
			Status   int
			Force    bool
		}
	}
	if _, err := toml.DecodeFile(filepath.Join(root, "netlify.toml"), &file); err != nil {
		t.Fatal(err)
	}
	var redirects, rows []string
	for _, r := range file.Redirects {
		redirects = append(redirects, r.From+" -> "+r.To)
		if r.Status != 200 || !r.Force {
			t.Errorf("%s: status %d force %v", r.From, r.Status, r.Force)
		}
	}
	for _, row := range route.Table {
		rows = append(rows, placeholders(row.Pattern)+" -> "+placeholders(row.Address()))
	}
	same(t, "redirects", redirects, rows)
}

// Headers of netlify.toml are the static site's: one for a function's path would do
// nothing, and one about caches might do what nobody wants. What the deploy button asks
// for are settings.
func TestNetlifyHeadersAndButtonAreWhatTheySay(t *testing.T) {
	var file struct {
		Headers []struct {
			For    string
			Values map[string]string
		}
		Template struct{ Environment map[string]string }
	}
	if _, err := toml.DecodeFile(filepath.Join(root, "netlify.toml"), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Headers) == 0 || len(file.Template.Environment) < 4 {
		t.Fatalf("%+v", file)
	}
	for _, h := range file.Headers {
		for _, row := range route.Table {
			if h.For != "/*" && strings.HasPrefix(row.Pattern, strings.TrimSuffix(h.For, "*")) {
				t.Errorf("headers for %s, which is %s's", h.For, row.Function)
			}
		}
		for name := range h.Values {
			if strings.Contains(strings.ToLower(name), "cache-control") {
				t.Errorf("%s in netlify.toml", name)
			}
		}
	}
	known := map[string]bool{}
	for _, setting := range config.All() {
		known[setting.Name()] = true
	}
	for name, says := range file.Template.Environment {
		if !known[name] || says == "" {
			t.Errorf("the button asks for %s: %q", name, says)
		}
	}
}

// placeholders writes {name} as Netlify does.
func placeholders(pattern string) string {
	return regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(pattern, ":$1")
}

type template struct {
	Globals struct {
		Function struct {
			Environment struct {
				Variables map[string]any `yaml:"Variables"`
			} `yaml:"Environment"`
		} `yaml:"Function"`
	} `yaml:"Globals"`
	Resources map[string]struct {
		Type       string `yaml:"Type"`
		Properties struct {
			CodeURI string `yaml:"CodeUri"`
			Events  map[string]struct {
				Type       string `yaml:"Type"`
				Properties struct {
					Method string `yaml:"Method"`
					Path   string `yaml:"Path"`
				} `yaml:"Properties"`
			} `yaml:"Events"`
		} `yaml:"Properties"`
	} `yaml:"Resources"`
}

func readTemplate(t *testing.T) template {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file template
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSettingsAreTheSameEverywhere(t *testing.T) {
	var known []string
	for _, setting := range config.All() {
		known = append(known, setting.Name())
	}
	same(t, "variables in template.yaml", slices.Collect(maps.Keys(readTemplate(t).Globals.Function.Environment.Variables)), known)
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z][A-Z0-9_]+)`").FindAllStringSubmatch(readme(t), -1) {
		listed = append(listed, m[1])
	}
	same(t, "settings in the README", listed, known)
}

func readme(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestTemplateEventsAreTheTables(t *testing.T) {
	var events, rows []string
	for name, resource := range readTemplate(t).Resources {
		if resource.Type != "AWS::Serverless::Function" {
			continue
		}
		for _, event := range resource.Properties.Events {
			events = append(events, resource.Properties.CodeURI+" "+event.Properties.Path)
			if event.Type != "HttpApi" || event.Properties.Method != "ANY" {
				t.Errorf("%s: %+v: wrong methods and preflights are the function's to answer", name, event)
			}
		}
	}
	for _, row := range route.Table {
		folder := "functions/" + row.Function + "/"
		rows = append(rows, folder+" "+row.Pattern, folder+" "+row.Address())
	}
	same(t, "events", events, rows)
}

func TestTheREADMEsTableIsTheTables(t *testing.T) {
	var listed, rows []string
	line := regexp.MustCompile("^\\| `([a-z-]+)` \\| (GET|POST) `([^`?]+)[^`]*` \\|")
	for text := range strings.Lines(readme(t)) {
		if m := line.FindStringSubmatch(text); m != nil {
			listed = append(listed, m[1]+" "+m[2]+" "+m[3])
		}
	}
	for _, row := range route.Table {
		rows = append(rows, row.Function+" "+row.Name())
	}
	same(t, "rows in the README", listed, rows)
}

func TestTheREADMEExplainsEveryErrorCode(t *testing.T) {
	var listed, known []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z][a-z-]+)` \\| [0-9]{3}").FindAllStringSubmatch(readme(t), -1) {
		listed = append(listed, m[1])
	}
	for _, code := range problem.Codes() {
		known = append(known, string(code))
	}
	same(t, "error codes in the README", listed, known)
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	got, want = slices.Compact(got), slices.Compact(want)
	for _, item := range got {
		if !slices.Contains(want, item) {
			t.Errorf("%s: %s is not in the route table", what, item)
		}
	}
	for _, item := range want {
		if !slices.Contains(got, item) {
			t.Errorf("%s: %s is missing", what, item)
		}
	}
}

func TestOf(t *testing.T) {
	total := 0
	for _, row := range route.Table {
		rows := route.Of(row.Function)
		if !slices.ContainsFunc(rows, func(r route.Route) bool { return r.Name() == row.Name() }) {
			t.Errorf("Of(%s) lacks %s", row.Function, row.Name())
		}
		total++
	}
	if total == 0 || route.Of("nothing") != nil {
		t.Error("Of found what is not there, or nothing")
	}
}
