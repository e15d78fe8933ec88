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
		if faults := check(project(t, rules, "", line)); len(faults) > 0 != opens {
			t.Errorf("%s: got %q, want a fault: %t", line, faults, opens)
		}
	}
	toml := "[[redirects]]\nfrom = \"/open\"\nto = \"/members/\"\nstatus = 200\n"
	if faults := check(project(t, rules, toml, "")); len(faults) != 1 || !strings.Contains(faults[0], "netlify.toml") {
		t.Errorf("netlify.toml: got %q", faults)
	}
	if faults := check(project(t, `{"rules": [{"path": "/api/"}]}`, "", "")); len(faults) != 1 {
		t.Errorf("a rule that cannot be enforced: got %q", faults)
	}
}
