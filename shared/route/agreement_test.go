package route_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v3"

	"kinde-functions/scripts/generate/derived"
	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

func TestGeneratedPartsAreCurrent(t *testing.T) {
	files, err := derived.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file.Current != file.Derived {
			t.Errorf("%s is out of date: run go generate ./...", file.Name)
		}
	}
}

func TestFoldersMatchTable(t *testing.T) {
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

func TestNetlifyRedirectsMatchTable(t *testing.T) {
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
			t.Errorf("%s: got status %d, force %t, want 200, true", r.From, r.Status, r.Force)
		}
	}
	for _, row := range route.Table {
		from := strings.NewReplacer("{path+}", "*", "{", ":", "}", "").Replace(row.Pattern)
		to := strings.NewReplacer("{path+}", ":splat", "{", ":", "}", "").Replace(row.Address())
		rows = append(rows, from+" -> "+to)
	}
	same(t, "redirects", redirects, rows)
}

// Netlify ignores headers for functions' paths. The deploy button prompts for settings.
func TestNetlifyHeadersAndDeployButton(t *testing.T) {
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
		t.Fatalf("got %+v, want headers and at least 4 settings", file)
	}
	for _, h := range file.Headers {
		for _, row := range route.Table {
			if h.For != "/*" && strings.HasPrefix(row.Pattern, strings.TrimSuffix(h.For, "*")) {
				t.Errorf("got headers for %s, which %s serves", h.For, row.Function)
			}
		}
		for name := range h.Values {
			if strings.Contains(strings.ToLower(name), "cache-control") {
				t.Errorf("got %s in netlify.toml", name)
			}
		}
	}
	known := map[string]bool{}
	for _, setting := range config.All() {
		known[setting.Name()] = true
	}
	for name, description := range file.Template.Environment {
		if !known[name] || description == "" {
			t.Errorf("got %s: %q for the deploy button, want a setting and a description", name, description)
		}
	}
}

type template struct {
	Resources map[string]struct {
		Type       string `yaml:"Type"`
		Properties struct {
			CodeURI     string `yaml:"CodeUri"`
			Environment struct {
				Variables map[string]any `yaml:"Variables"`
			} `yaml:"Environment"`
			Events map[string]struct {
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

func TestTemplateEnvironmentsMatchSettings(t *testing.T) {
	for name, resource := range readTemplate(t).Resources {
		if resource.Type != "AWS::Serverless::Function" {
			continue
		}
		function := filepath.Base(resource.Properties.CodeURI)
		var want []string
		for _, setting := range config.Of(function) {
			want = append(want, setting.Name())
		}
		if function == "health" {
			want = append(want, "KINDE_FUNCTIONS_SET")
		}
		same(t, "variables of "+name, slices.Collect(maps.Keys(resource.Properties.Environment.Variables)), want)
	}
}

func TestTemplateEventsMatchTable(t *testing.T) {
	var events, rows []string
	for name, resource := range readTemplate(t).Resources {
		if resource.Type != "AWS::Serverless::Function" {
			continue
		}
		for _, event := range resource.Properties.Events {
			events = append(events, resource.Properties.CodeURI+" "+event.Properties.Path)
			if event.Type != "HttpApi" || event.Properties.Method != "ANY" {
				t.Errorf("%s: got %+v, want HttpApi and ANY: functions handle all methods", name, event)
			}
		}
	}
	for _, row := range route.Table {
		folder := "functions/" + row.Function + "/"
		rows = append(rows, folder+" "+row.Pattern, folder+" "+row.Address())
	}
	same(t, "events", events, rows)
}

// same compares two sets.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	got, want = slices.Compact(got), slices.Compact(want)
	for _, item := range got {
		if !slices.Contains(want, item) {
			t.Errorf("%s: got the unexpected %s", what, item)
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
		t.Error("Of returned rows of an unknown function, or the table is empty")
	}
}
