package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinde-functions/shared/gate"
)

func TestProjectKeepsProtectedPagesClosed(t *testing.T) {
	t.Chdir("../..")
	if err := run(".", ""); err != nil {
		t.Error(err)
	}
}

const edge = "edge_functions = \"edge/netlify\"\n[[edge_functions]]\nfunction = \"gate\"\npath = \"/*\"\n"

const edgeFile = "edge/netlify/gate.js"

// project writes files into a folder. The edge function is the project's own.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if _, ok := files[edgeFile]; !ok {
		code, err := os.ReadFile(filepath.Join("../..", edgeFile))
		if err != nil {
			t.Fatal(err)
		}
		files[edgeFile] = string(code)
	}
	for name, text := range files {
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

const membersRule = `{"rules": [{"path": "/members/"}]}`

const publish = "[build]\npublish = \"public\"\n"

func parsed(t *testing.T, file string) gate.Rules {
	t.Helper()
	rules, err := gate.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func faultsOf(t *testing.T, rules string, files map[string]string) []string {
	t.Helper()
	faults, err := check(parsed(t, rules), project(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

func TestRewritesIntoProtectedPaths(t *testing.T) {
	const rules = `{"rules": [{"path": "/members/"}, {"path": "/Docs/internal"}]}`
	for line, opens := range map[string]bool{
		"/open /members/ 200":                                  true,
		"/open /members/page.html 200!":                        true,
		"/open /members.htm 200":                               true,
		"/open id=:id /members/:id 200":                        true,
		"/open/* /members/:splat 200":                          true,
		"/open/* /:splat 200":                                  true,
		"/open/* /%6dembers/:splat 200":                        true,
		"/open/* /MEMBERS/:splat 200":                          true,
		"/docs/* /docs/:splat 200":                             true,
		"/gone /members/gone.html 404":                         true,
		"https://alias.example/open /members/ 200":             true,
		"/api/x /members/ 200":                                 true,
		"/img /.netlify/images?url=/members/a.png 200":         true,
		"/img /.netlify/images?w=9&url=%2Fmembers%2Fa.png 200": true,
		"/img/* /.netlify/images?url=/:splat 200":              true,
		"/img/* /.netlify/images/?url=:splat 200":              true,
		"/img /.NETLIFY/images 200":                            true,
		"/img/* /.netlify/images?url=/img/:splat&w=9 200":      false,
		"/img /.netlify/images?url=https://o.example/a 200":    false,
		"/open /members/ 302":                                  false,
		"/open /members/":                                      false,
		"/members/old /members/new 200":                        false,
		"/members/* /members/index.html 200":                   false,
		"/* /index.html 200":                                   false,
		"/open/* /other/:splat 200":                            false,
		"/api/x /.netlify/functions/x 200":                     false,
		"/open https://other.example/members/ 200":             false,
		"# /open /members/ 200":                                false,
	} {
		faults := faultsOf(t, rules, map[string]string{"netlify.toml": publish + edge, "public/_redirects": line})
		if len(faults) > 0 != opens {
			t.Errorf("%s: got %q, want a fault: %t", line, faults, opens)
		}
	}
	for file, text := range map[string]string{
		"netlify.toml":            publish + edge + "[[redirects]]\nfrom = \"/open\"\nto = \"/members/\"\nstatus = 200\n",
		".netlify/v1/config.json": `{"redirects": [{"from": "/open", "to": "/members/", "status": 200}]}`,
	} {
		files := map[string]string{"netlify.toml": publish + edge}
		files[file] = text
		if faults := faultsOf(t, rules, files); len(faults) != 1 || !strings.HasPrefix(faults[0], file) {
			t.Errorf("%s: got %q, want one fault", file, faults)
		}
	}
}

func TestRulesWithoutTheEdgeFunction(t *testing.T) {
	const rules = membersRule
	for _, toml := range []string{
		"", strings.Replace(edge, "[[", "# [[", 1), strings.Replace(edge, "/*", "/members/*", 1),
		strings.Replace(edge, "gate", "other", 1),
		strings.Replace(edge, "edge/netlify", "elsewhere", 1), edge + "excludedPath = \"/members/x\"\n",
		edge + "method = [\"GET\"]\n",
	} {
		if faults := faultsOf(t, rules, map[string]string{"netlify.toml": publish + toml}); len(faults) != 1 {
			t.Errorf("%q: got %q, want one fault", toml, faults)
		}
	}
	toml := publish + edge
	files := map[string]string{"netlify.toml": toml, edgeFile: "export default () => {};\n"}
	if faults := faultsOf(t, rules, files); len(faults) != 1 {
		t.Errorf("another function of that name: got %q, want one fault", faults)
	}
	if faults := faultsOf(t, rules, map[string]string{"netlify.toml": toml}); len(faults) > 0 {
		t.Errorf("got %q, want no fault", faults)
	}
	if faults := faultsOf(t, `{"rules": []}`, map[string]string{"netlify.toml": publish}); len(faults) > 0 {
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
	files := map[string]string{"netlify.toml": uncommented}
	if faults := faultsOf(t, membersRule, files); len(faults) > 0 {
		t.Errorf("got %q, want no fault", faults)
	}
}

func TestRunRefusesRulesThatCannotBeEnforced(t *testing.T) {
	t.Chdir(project(t, map[string]string{"netlify.toml": publish + edge, "gate.json": `{"rules": [{"path": "/api/"}]}`}))
	if err := run(".", ""); err == nil {
		t.Error("got no error")
	}
}

func TestRunFailsWhereADeploymentServesProtectedPages(t *testing.T) {
	t.Chdir(project(t, map[string]string{"netlify.toml": publish + edge, "gate.json": membersRule}))
	open := false
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !open || r.RequestURI != "/members.html" {
			http.Redirect(w, r, "/auth/gate?return_url=x", http.StatusFound)
		}
	}))
	defer site.Close()
	if err := run(".", site.URL+"/"); err != nil {
		t.Errorf("got %v, want no fault", err)
	}
	open = true
	if err := run(".", site.URL); err == nil || !strings.Contains(err.Error(), "/members.html: served the page") {
		t.Errorf("got %v, want the open page", err)
	}
	site.Close()
	if err := run(".", site.URL); err == nil || !strings.Contains(err.Error(), "did not respond") {
		t.Errorf("a site that is down: got %v", err)
	}
}
