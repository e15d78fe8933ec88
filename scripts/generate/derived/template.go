package derived

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// RowsOf returns the rows of the named functions.
func RowsOf(functions []string) []route.Route {
	return slices.DeleteFunc(slices.Clone(route.Table), func(row route.Route) bool {
		return !slices.Contains(functions, row.Function)
	})
}

// Parameter returns the name of the template's parameter for a setting.
func Parameter(setting config.Setting) string { return parameter(setting.Name()) }

// Template returns template.yaml with the named functions alone, without the parameters
// that none of them uses, and with the rules of a gate.json. It is for other
// repositories, into which functions are installed.
func Template(root string, functions []string, rules []byte) (string, error) {
	content, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		return "", err
	}
	text := string(content)
	unused := func(setting config.Setting) bool {
		return !slices.ContainsFunc(functions, func(name string) bool { return usesOf(name).has(setting.Name()) })
	}
	p := &project{root: root, rows: RowsOf(functions), parameters: slices.DeleteFunc(parameters(), unused), rules: rules}
	for _, b := range blocks {
		if b.file != "template.yaml" {
			continue
		}
		part, err := b.render(p)
		if err != nil {
			return "", fmt.Errorf("template.yaml: %s: %w", b.name, err)
		}
		if text, err = replace(text, b.name, part); err != nil {
			return "", fmt.Errorf("template.yaml: %w", err)
		}
	}
	for _, setting := range parameters() {
		if unused(setting) {
			text = withoutParameter(text, parameter(setting.Name()))
		}
	}
	return text, nil
}

// withoutParameter removes a parameter and its place in the parameters' groups, unless
// the template refers to it.
func withoutParameter(text, name string) string {
	word := regexp.MustCompile(`\b` + name + `\b`)
	grouped := regexp.MustCompile(`(?m)^          - ` + name + `\n`)
	declared := regexp.MustCompile(`(?m)^  ` + name + `:\n(    .*\n)+`)
	shorter := declared.ReplaceAllString(grouped.ReplaceAllString(text, ""), "")
	if word.MatchString(shorter) {
		return text
	}
	return shorter
}
