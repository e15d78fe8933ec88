package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProjectKeepsProtectedPagesClosed(t *testing.T) {
	if faults := check("../.."); len(faults) > 0 {
		t.Errorf("got %q", faults)
	}
}

const edge = "edge_functions = \"edge/netlify\"\n[[edge_functions]]\nfunction = \"gate\"\npath = \"/*\"\n"

func project(t *testing.T, rules, redirects, lines string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"gate.json": rules, "netlify.toml": "[build]\npublish = \"public\"\n" + redirects, "public/_redirects": lines,
	} {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRewritesIntoProtectedPaths(t *testing.T) {
	const rules = `{"rules": [{"path": "/members/"}, {"path": "/Docs/internal"}]}`
	for line, opens := range map[string]bool{
		"/open /members/ 200":                      true,
		"/open /members/page.html 200!":            true,
		"/open id=:id /members/:id 200":            true,
		"/open/* /members/:splat 200":              true,
		"/open/* /:splat 200":                      true,
		"/open/* /%6dembers/:splat 200":            true,
		"/open/* /MEMBERS/:splat 200":              true,
		"/docs/* /docs/:splat 200":                 true,
		"/gone /members/gone.html 404":             true,
		"https://alias.example/open /members/ 200": true,
		"/api/x /members/ 200":                     true,
		"/open /members/ 302":                      false,
		"/open /members/":                          false,
		"/members/old /members/new 200":            false,
		"/members/* /members/index.html 200":       false,
		"/* /index.html 200":                       false,
		"/open/* /other/:splat 200":                false,
		"/api/x /.netlify/functions/x 200":         false,
		"/open https://other.example/members/ 200": false,
		"# /open /members/ 200":                    false,
	} {
		if faults := check(project(t, rules, edge, line)); len(faults) > 0 != opens {
			t.Errorf("%s: got %q, want a fault: %t", line, faults, opens)
		}
	}
	toml := edge + "[[redirects]]\nfrom = \"/open\"\nto = \"/members/\"\nstatus = 200\n"
	if faults := check(project(t, rules, toml, "")); len(faults) != 1 || !strings.Contains(faults[0], "netlify.toml") {
		t.Errorf("netlify.toml: got %q", faults)
	}
	if faults := check(project(t, `{"rules": [{"path": "/api/"}]}`, edge, "")); len(faults) != 1 {
		t.Errorf("a rule that cannot be enforced: got %q", faults)
	}
}

func TestRulesWithoutTheEdgeFunction(t *testing.T) {
	const rules = `{"rules": [{"path": "/members/"}]}`
	for _, toml := range []string{
		"", strings.Replace(edge, "[[", "# [[", 1), strings.Replace(edge, "/*", "/members/*", 1),
		strings.Replace(edge, "gate", "other", 1),
		strings.Replace(edge, "edge/netlify", "elsewhere", 1), edge + "excludedPath = \"/members/x\"\n",
		edge + "method = [\"GET\"]\n",
	} {
		if faults := check(project(t, rules, toml, "")); len(faults) != 1 {
			t.Errorf("%q: got %q, want one fault", toml, faults)
		}
	}
	if faults := check(project(t, rules, edge, "")); len(faults) > 0 {
		t.Errorf("got %q, want no fault", faults)
	}
	if faults := check(project(t, `{"rules": []}`, "", "")); len(faults) > 0 {
		t.Errorf("without rules: got %q, want no fault", faults)
	}
}

// The comment of netlify.toml, without its marks, is the block that runs the check.
func TestCommentedBlockRunsTheCheck(t *testing.T) {
	text, err := os.ReadFile("../../netlify.toml")
	if err != nil {
		t.Fatal(err)
	}
	uncommented := string(text)
	for _, line := range []string{"edge_functions = \"edge/netlify\"", "[[edge_functions]]", "  function = \"gate\"",
		"  path = \"/*\""} {
		if !strings.Contains(uncommented, "# "+line) {
			t.Fatalf("netlify.toml has no comment %q", line)
		}
		uncommented = strings.Replace(uncommented, "# "+line, line, 1)
	}
	dir := project(t, `{"rules": [{"path": "/members/"}]}`, "", "")
	if err := os.WriteFile(filepath.Join(dir, "netlify.toml"), []byte(uncommented), 0o644); err != nil {
		t.Fatal(err)
	}
	if faults := check(dir); len(faults) > 0 {
		t.Errorf("got %q, want no fault", faults)
	}
}
