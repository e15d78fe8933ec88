package route_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// stop is a row of docs/architecture.md that names a file and a function of it.
var stop = regexp.MustCompile("(?m)^\\| `([a-z0-9_/.-]+\\.go)` \\| `(\\w+)` \\|")

// folder is a line of the list in docs/architecture.md that names a package of shared/.
var folder = regexp.MustCompile(`(?m)^  ([a-z]+)/ `)

func TestArchitectureListsPackagesFromTopToBottom(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, line := range folder.FindAllSubmatch(text, -1) {
		names = append(names, string(line[1]))
	}
	want := append(slices.Collect(maps.Keys(floors)), "local")
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(names)); !slices.Equal(got, want) {
		t.Fatalf("docs/architecture.md lists %v, want %v", got, want)
	}
	for i, name := range names[:len(names)-1] { // local stands beside the floors
		for _, above := range names[:i] {
			if floors[name] > floors[above] || slices.Contains(sideways[name], above) {
				t.Errorf("docs/architecture.md lists %s above %s, which is on a higher floor or imports it", above, name)
			}
		}
	}
}

func TestArchitectureNamesFunctionsThatExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	stops := stop.FindAllSubmatch(text, -1)
	if len(stops) < 15 {
		t.Fatalf("docs/architecture.md names %d functions, want the way of a request", len(stops))
	}
	for _, row := range stops {
		name, function := string(row[1]), string(row[2])
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, 0)
		if err != nil {
			t.Errorf("docs/architecture.md: %v", err)
			continue
		}
		found := false
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			found = found || ok && f.Name.Name == function
		}
		if !found {
			t.Errorf("docs/architecture.md: %s has no function %s", name, function)
		}
	}
}
