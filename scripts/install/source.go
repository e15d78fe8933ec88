package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"kinde-functions/scripts/generate/derived"
	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// module is the module path that the functions' imports name. It stays in a fork.
const module = "kinde-functions"

// sessionFunctions are installed together: none of them serves without the others.
var sessionFunctions = []string{"login", "callback", "logout", "session", "refresh", "organizations"}

// needs are the functions that another one needs.
var needs = map[string][]string{
	"session": sessionFunctions, "login": sessionFunctions, "callback": sessionFunctions, "logout": sessionFunctions,
	"refresh": sessionFunctions, "organizations": sessionFunctions, "gate": sessionFunctions,
}

// allFunctions are the functions of the route table, in its order. protected-resource is
// a sample to copy; it is installed by name alone.
func allFunctions() []string {
	var names []string
	for _, row := range route.Table {
		if !slices.Contains(names, row.Function) {
			names = append(names, row.Function)
		}
	}
	return names
}

// choose returns the named functions and those that they need, in the table's order.
func choose(only string) ([]string, error) {
	all := allFunctions()
	if only == "" {
		return slices.DeleteFunc(slices.Clone(all), func(name string) bool {
			return name == "protected-resource" || name == "gate"
		}), nil
	}
	chosen := map[string]bool{"health": true} // the doctor asks it what is missing
	for name := range strings.SplitSeq(only, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("there is no function %q; there are: %s", name, strings.Join(all, " "))
		}
		chosen[name] = true
		for _, needed := range needs[name] {
			chosen[needed] = true
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return !chosen[name] }), nil
}

// source is this repository, from which files are installed.
type source struct{ root string }

// refuseItself returns an error if the site's folder is this repository, whose own
// functions the copies would stand beside.
func (src source) refuseItself(dir string) error {
	site, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if own, err := os.Stat(src.root); err != nil || os.SameFile(site, own) {
		return fmt.Errorf("%s is kinde-functions itself; name the folder of your site", dir)
	}
	return nil
}

// files returns the files of an installation, by their paths in the site.
func (src source) files(s *site, functions []string, o options) (map[string][]byte, error) {
	files := map[string][]byte{}
	if err := src.add(files, "shared", path.Join(home, "shared"), isShipped); err != nil {
		return nil, err
	}
	for _, name := range []string{"go.mod", "go.sum", "LICENSE"} {
		if err := src.add(files, name, path.Join(home, name), nil); err != nil {
			return nil, err
		}
	}
	if slices.Contains(functions, "gate") {
		names := []string{"gatefile.go", "gate.json", "edge", "scripts/gate"}
		if o.AWS {
			names = names[:2] // the edge functions are in the template
		}
		for _, name := range names {
			if err := src.add(files, name, path.Join(home, name), isShipped); err != nil {
				return nil, err
			}
		}
		if !o.AWS {
			files[path.Join(s.edge, "gate.js")] = edgeFunction(s.edge)
		}
	}
	folder := s.functions
	if o.AWS {
		folder = path.Join(home, "functions")
		if err := src.awsFiles(files, s, functions); err != nil {
			return nil, err
		}
	}
	for _, name := range functions {
		to := path.Join(folder, name)
		if err := src.add(files, path.Join("functions", name), to, isShipped); err != nil {
			return nil, err
		}
		if o.AWS {
			continue // one module: home
		}
		var err error
		if files[path.Join(to, "go.mod")], err = src.functionModule(name, to); err != nil {
			return nil, err
		}
		files[path.Join(to, "go.sum")] = files[path.Join(home, "go.sum")]
	}
	for _, name := range []string{"kinde-functions.js", "kinde-elements.js", "site.css", "favicon.svg", "access"} {
		if err := src.add(files, path.Join("public", name), path.Join(s.static, name), nil); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// edgeFunction is the file that makes a function of edge/ one of the site's edge functions.
func edgeFunction(folder string) []byte {
	up := strings.Repeat("../", strings.Count(folder, "/")+1)
	return fmt.Appendf(nil, "export { default } from \"%s%s/edge/netlify/gate.js\";\n", up, home)
}

// isShipped reports whether a file of the source belongs to an installation: no tests,
// and nothing that stands in for Kinde or a host.
func isShipped(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if slices.Contains([]string{"testdata", "local"}, part) {
			return false
		}
	}
	return !strings.HasSuffix(name, "_test.go")
}

// add reads a file, or a folder's files that keep accepts, into files.
func (src source) add(files map[string][]byte, from, to string, keep func(string) bool) error {
	from = filepath.Join(src.root, filepath.FromSlash(from))
	return filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		slash := filepath.ToSlash(relative)
		if keep != nil && !keep(slash) {
			return nil
		}
		content, err := os.ReadFile(name)
		files[path.Join(to, slash)] = content
		return err
	})
}

// functionModule is the go.mod of one function: a module of its own, so that a go.mod of
// the owner's, wherever it is, is not concerned.
func (src source) functionModule(name, folder string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(src.root, "go.mod"))
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return nil, err
	}
	up := strings.Repeat("../", strings.Count(folder, "/")+1)
	if err := file.AddModuleStmt(module + "/functions/" + name); err != nil {
		return nil, err
	}
	if err := file.AddRequire(module, "v0.0.0"); err != nil {
		return nil, err
	}
	if err := file.AddReplace(module, "", up+home, ""); err != nil {
		return nil, err
	}
	file.Cleanup()
	return file.Format()
}

// goVersion is the version of the toolchain that Netlify is to take.
func (src source) goVersion() (string, error) {
	content, err := os.ReadFile(filepath.Join(src.root, netlifyFile))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(content)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "GO_VERSION = "); ok {
			return strings.Trim(value, `"`), nil
		}
	}
	return "", fmt.Errorf("%s has no GO_VERSION", netlifyFile)
}

// redirects returns the redirects of the functions, and for each path that the site
// serves itself a line that says so.
func redirects(functions []string, served map[string]string) (rows []derived.Redirect, kept []string) {
	for _, redirect := range derived.Redirects(route.Table) {
		if !slices.Contains(functions, redirect.Function) {
			continue
		}
		if by, ok := served[shape(redirect.From)]; ok {
			kept = append(kept, fmt.Sprintf("%s is left to %s", redirect.From, by))
			continue
		}
		rows = append(rows, redirect)
	}
	return rows, kept
}

// neededBy returns the settings without which one of the functions does not serve.
func neededBy(functions []string) []config.Setting {
	needed := map[string]bool{}
	for _, function := range functions {
		for _, setting := range config.Of(function) {
			needed[setting.Name()] = needed[setting.Name()] || setting.Required()
		}
	}
	return slices.DeleteFunc(config.All(), func(s config.Setting) bool { return !needed[s.Name()] })
}

// settingLines are lines for .env.example: the settings that the functions need.
func settingLines(functions []string) string {
	var out strings.Builder
	for _, setting := range neededBy(functions) {
		fmt.Fprintf(&out, "%s=\n", setting.Name())
	}
	return out.String()
}
