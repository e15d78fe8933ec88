// Package derived computes the parts of the project's files that follow from the
// route table, the settings and the error codes.
//
// It defends against a route that exists in the code and not at a host, and against
// a function on AWS that holds settings or may read secrets that it does not use.
package derived

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// File is a file of the project with generated parts.
type File struct {
	Name    string // from the project's root, with slashes
	Current string
	Derived string // what Current must be
}

// block is one generated part of a file.
type block struct {
	file, name string
	render     func(*project) (string, error)
}

var blocks = []block{
	{"netlify.toml", "redirects", redirects},
	{"template.yaml", "conditions", conditions},
	{"template.yaml", "secrets", secretPolicies},
	{"template.yaml", "functions", functions},
	{"template.yaml", "gates", edgeFunctions},
	{"template.yaml", "behaviors", behaviors},
	{"docs/api.md", "routes", routeTable},
	{"docs/settings.md", "settings", settingsTable},
	{"docs/errors.md", "codes", codeTable},
}

// project is what the blocks are rendered from, beside the packages of shared/.
type project struct {
	root       string
	meanings   map[string]string // of settings, by name
	rows       []route.Route     // the routes of the template's functions
	parameters []config.Setting  // the settings that are parameters of the template
	rules      []byte            // gate.json
}

// Files returns every file that has generated parts.
func Files(root string) ([]File, error) {
	meanings, err := meanings(root)
	if err != nil {
		return nil, err
	}
	rules, err := os.ReadFile(filepath.Join(root, "gate.json"))
	if err != nil {
		return nil, err
	}
	p := &project{root, meanings, route.Table, parameters(), rules}
	var files []File
	for _, b := range blocks {
		if len(files) == 0 || files[len(files)-1].Name != b.file {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(b.file)))
			if err != nil {
				return nil, err
			}
			files = append(files, File{Name: b.file, Current: string(text), Derived: string(text)})
		}
		file := &files[len(files)-1]
		text, err := b.render(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", b.file, b.name, err)
		}
		if file.Derived, err = replace(file.Derived, b.name, text); err != nil {
			return nil, fmt.Errorf("%s: %w", b.file, err)
		}
	}
	return files, nil
}

// replace puts text between the lines that hold "generated: <name>" and "end of
// <name>".
func replace(in, name, text string) (string, error) {
	var out strings.Builder
	begins, ends := 0, 0
	for line := range strings.Lines(in) {
		switch {
		case strings.Contains(line, "generated: "+name):
			begins++
			out.WriteString(line)
			out.WriteString(text)
		case strings.Contains(line, "end of "+name) && begins == ends+1:
			ends++
			out.WriteString(line)
		case begins == ends:
			out.WriteString(line)
		}
	}
	if begins != 1 || ends != 1 {
		return "", fmt.Errorf("want one line with %q and one after it with %q", "generated: "+name, "end of "+name)
	}
	return out.String(), nil
}
