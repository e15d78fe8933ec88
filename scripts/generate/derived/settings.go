package derived

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"kinde-functions/shared/config"
)

// uses are the settings of one function, in the order of config.All.
type uses struct{ names, needed []string }

func usesOf(function string) uses {
	named, needed := map[string]bool{}, map[string]bool{}
	for _, setting := range config.Of(function) {
		named[setting.Name()] = true
		needed[setting.Name()] = needed[setting.Name()] || setting.Required()
	}
	var u uses
	for _, setting := range config.All() {
		if named[setting.Name()] {
			u.names = append(u.names, setting.Name())
		}
		if needed[setting.Name()] {
			u.needed = append(u.needed, setting.Name())
		}
	}
	return u
}

func (u uses) has(setting string) bool { return slices.Contains(u.names, setting) }

// meanings returns what each setting means, by its name, from the comments of
// shared/config/settings.go.
func meanings(root string) (map[string]string, error) {
	name := filepath.Join(root, "shared", "config", "settings.go")
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == 1 && len(spec.Values) == 1 {
			if setting := settingName(spec.Values[0]); setting != "" {
				found[setting] = sentence(spec.Names[0].Name, spec.Doc.Text())
			}
		}
		return true
	})
	for _, setting := range config.All() {
		if found[setting.Name()] == "" {
			return nil, fmt.Errorf("%s has no comment in %s", setting.Name(), name)
		}
	}
	return found, nil
}

// settingName returns the variable that a Setting{name: "…"} literal reads, or "".
func settingName(node ast.Expr) string {
	literal, ok := node.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	for _, element := range literal.Elts {
		field, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, _ := field.Key.(*ast.Ident)
		if value, ok := field.Value.(*ast.BasicLit); ok && key != nil && key.Name == "name" {
			return strings.Trim(value.Value, `"`)
		}
	}
	return ""
}
