package main

import (
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestGateRunsBeforeTheOwnersEdgeFunctions(t *testing.T) {
	for folder, setting := range map[string]string{
		"netlify/edge-functions": "", "src/edge": "edge_functions = \"src/edge\"\n",
	} {
		files := maps.Clone(astroSite)
		files["netlify.toml"] = strings.Replace(files["netlify.toml"], "[build]\n", "[build]\n"+setting, 1) +
			"\n# Mine.\n[[edge_functions]]\nfunction = \"own\"\npath = \"/own\"\n"
		dir := newSite(t, files)
		out := install(t, dir, command{only: "gate"})
		got := filesIn(t, dir)
		var file struct {
			Edge    []struct{ Function, Path string } `toml:"edge_functions"`
			Plugins []struct{ Package string }
		}
		if err := toml.Unmarshal([]byte(got["netlify.toml"]), &file); err != nil {
			t.Fatal(err)
		}
		if len(file.Edge) != 2 || file.Edge[0].Function+file.Edge[0].Path != "gate/*" || file.Edge[1].Function != "own" {
			t.Errorf("got edge functions %v, want gate for every path and then the owner's", file.Edge)
		}
		if len(file.Plugins) != 1 || got[strings.TrimPrefix(file.Plugins[0].Package, "/")+"/index.cjs"] == "" {
			t.Errorf("got plugins %v, want the one that checks the build", file.Plugins)
		}
		up := strings.Repeat("../", strings.Count(folder, "/")+1)
		if want := `"` + up + `kinde-functions/edge/netlify/gate.js"`; !strings.Contains(got[folder+"/gate.js"], want) {
			t.Errorf("got %q in %s/gate.js, want the import of %s", got[folder+"/gate.js"], folder, want)
		}
		if !strings.Contains(out, gateFile) || !strings.Contains(got[".env.example"], "\nGATE_KEYS=\n") {
			t.Errorf("the output or .env.example does not say what is left to do:\n%s", out)
		}
		install(t, dir, command{remove: true})
		if got := filesIn(t, dir); !maps.Equal(got, files) {
			t.Error("after -remove the site is not as it was")
		}
	}
}

// The block in netlify.toml would run the owner's function for every path.
func TestOwnersEdgeFunctionIsNotTakenForTheCheck(t *testing.T) {
	for _, name := range []string{"gate.js", "gate.ts", "gate/index.js"} {
		files := maps.Clone(plainSite)
		files["netlify/edge-functions/"+name] = "export default () => {}\n"
		dir := newSite(t, files)
		err := command{only: "gate", yes: true, out: io.Discard}.run(source{"../.."}, dir)
		if err == nil || !strings.Contains(err.Error(), "edge-functions/gate") {
			t.Errorf("%s: got error %v, want one that names it", name, err)
		}
		if got := filesIn(t, dir); !maps.Equal(got, files) {
			t.Errorf("%s: the site is changed", name)
		}
	}
}

func TestRulesOfProtectedPagesAreTheOwners(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{only: "gate"})
	const rules = `{"rules": [{"path": "/members/"}]}`
	put(t, dir, gateFile, rules)
	for range 2 {
		if out := install(t, dir, command{}); !strings.Contains(out, "Nothing to do.") || strings.Contains(out, "keep") {
			t.Errorf("an upgrade prints\n%s\nwant nothing to do", out)
		}
	}
	install(t, dir, command{remove: true})
	want := maps.Clone(plainSite)
	want[gateFile] = rules
	if got := filesIn(t, dir); !maps.Equal(got, want) {
		t.Errorf("after -remove the site has %d files, want its own and the rules", len(got))
	}
}
