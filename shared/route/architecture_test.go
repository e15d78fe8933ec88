package route_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// stop is a row of docs/architecture.md that names a file and a function of it.
var stop = regexp.MustCompile("(?m)^\\| `([a-z0-9_/.-]+\\.go)` \\| `(\\w+)` \\|")

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
