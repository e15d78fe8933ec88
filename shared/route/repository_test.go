package route_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const root = "../.."

// floors are the levels of shared/'s packages. Packages import only from lower levels.
var floors = map[string]int{
	"endpoint": 4, "listing": 4,
	"auth":  3,
	"kinde": 2, "token": 2, "session": 2, "ratelimit": 2,
	"lambdahttp": 1, "route": 1, "outbound": 1, "redirect": 1, "problem": 1, "audit": 1, "config": 1, "store": 1,
	"gate": 1, "jsonscan": 1, "secrets": 1,
	"text": 0,
}

// sideways are the allowed imports within a floor.
var sideways = map[string][]string{"lambdahttp": {"problem"}, "listing": {"endpoint"}, "outbound": {"problem"},
	"redirect": {"problem"}, "secrets": {"config", "outbound"}}

// onlyIn are dependencies that only one deployed package may import.
var onlyIn = map[string]string{
	"github.com/aws/aws-lambda-go":                "shared/lambdahttp",
	"github.com/awslabs/aws-lambda-go-api-proxy/": "shared/lambdahttp",
	"github.com/golang-jwt/jwt/":                  "shared/token",
	"github.com/MicahParks/":                      "shared/token",
	"github.com/gomodule/redigo":                  "shared/store",
}

// forTests are packages that only tests and scripts may import.
var forTests = []string{"shared/local/kindetest", "shared/local/lambdarun", "shared/local/functiontest"}

type source struct {
	path string // from the root, with slashes
	file *ast.File
	set  *token.FileSet
}

func (s source) folder() string { return filepath.ToSlash(filepath.Dir(s.path)) }
func (s source) test() bool     { return strings.HasSuffix(s.path, "_test.go") }

func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	for _, top := range []string{"functions", "shared", "scripts"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.Contains(filepath.ToSlash(path), "/testdata/") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
			relative, _ := filepath.Rel(root, path)
			found = append(found, source{filepath.ToSlash(relative), file, set})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 50 {
		t.Fatalf("got %d files, want at least 50", len(found))
	}
	return found
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if own, ok := strings.CutPrefix(path, "kinde-functions/"); ok {
				checkOwnImport(t, s, own)
			}
			for outside, home := range onlyIn {
				product := !s.test() && !strings.HasPrefix(s.path, "scripts/") && !slices.Contains(forTests, s.folder())
				if strings.HasPrefix(path, outside) && product && s.folder() != home {
					t.Errorf("%s imports %s, which only %s may import", s.path, path, home)
				}
			}
		}
	}
}

func checkOwnImport(t *testing.T, s source, imported string) {
	t.Helper()
	name, isShared := strings.CutPrefix(imported, "shared/")
	testing := s.test() || strings.HasPrefix(s.path, "scripts/")
	switch from, inShared := strings.CutPrefix(s.folder(), "shared/"); {
	case strings.HasPrefix(imported, "functions/"):
		t.Errorf("%s imports a function", s.path)
	case s.folder() == "shared/local/functiontest": // it may import all packages
	case slices.Contains(forTests, s.folder()) && !s.test():
		t.Errorf("%s imports %s, which it helps to test", s.path, imported)
	case slices.Contains(forTests, imported):
		if !testing {
			t.Errorf("%s imports %s, which is for tests and scripts", s.path, imported)
		}
	case inShared && !s.test():
		_, known := floors[from]
		down := floors[name] < floors[from] || slices.Contains(sideways[from], name)
		if !known || !isShared || !down {
			t.Errorf("%s imports %s, which is not on a lower floor", s.path, imported)
		}
	}
}

func TestSharedPackagesHaveFloors(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, "shared"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, ok := floors[entry.Name()]; !ok && entry.Name() != "local" {
			t.Errorf("shared/%s has no floor", entry.Name())
		}
	}
}

func TestPackagesHaveCommentsAndMeaningfulNames(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test() {
			documented[s.folder()] = documented[s.folder()] || s.file.Doc != nil && len(s.file.Doc.Text()) > 80
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(documented)) {
		if !documented[folder] {
			t.Errorf("%s: got no package comment of at least 80 characters", folder)
		}
		base := folder[strings.LastIndex(folder, "/")+1:]
		if slices.Contains([]string{"util", "utils", "common", "helpers", "types", "models"}, base) {
			t.Errorf("%s: got a name without meaning", folder)
		}
	}
}

func TestFilesAndFunctionsAreShort(t *testing.T) {
	for _, s := range sources(t) {
		line := func(at token.Pos) int { return s.set.Position(at).Line }
		if n := s.set.File(s.file.Pos()).LineCount(); n > 400 {
			t.Errorf("%s: got %d lines, want at most 400", s.path, n)
		}
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				if n := line(f.End()) - line(f.Pos()) + 1; n > 60 {
					t.Errorf("%s: %s: got %d lines, want at most 60", s.path, f.Name.Name, n)
				}
			}
		}
	}
}

// eachFile calls visit for each regular file of the repository, without those of tools.
func eachFile(t *testing.T, visit func(path, text string)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() {
			if path != root && name != ".github" && name != ".ci" && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return fs.SkipDir // files of tools
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil // such as a link to installed tools
		}
		text, err := os.ReadFile(path)
		files++
		visit(path, string(text))
		return err
	})
	if err != nil || files < 300 {
		t.Errorf("got %d files, %v, want at least 300", files, err)
	}
}

func TestFilesHaveNoConflictMarkers(t *testing.T) {
	eachFile(t, func(path, text string) {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "<<<<<<< ") || strings.HasPrefix(line, ">>>>>>> ") {
				t.Errorf("%s: got the conflict marker %s", path, line)
			}
		}
	})
}

// codeFiles are the names' ends of files whose lines have a limit.
var codeFiles = []string{".go", ".mod", ".js", ".cjs", ".mjs", ".jsx", ".ts", ".mts", ".tsx", ".css", ".astro", ".py",
	".toml", ".yaml", ".yml", "/run"}

func TestLinesOfCodeAreShort(t *testing.T) {
	files := 0
	eachFile(t, func(path, text string) {
		code := slices.ContainsFunc(codeFiles, func(end string) bool { return strings.HasSuffix(path, end) })
		generated := strings.HasSuffix(path, "require-user.d.ts") // by tsc
		if !code || generated || strings.Contains(filepath.ToSlash(path), "/dist/") ||
			strings.Contains(filepath.Base(path), "lock") {
			return
		}
		files++
		number := 0
		for line := range strings.Lines(text) {
			number++
			if n := columns(line); n > 120 && !unbreakable(line) {
				t.Errorf("%s:%d: got %d columns, want at most 120", path, number, n)
			}
		}
	})
	if files < 300 {
		t.Errorf("got %d files of code, want at least 300", files)
	}
}

func columns(line string) int { return utf8.RuneCountInString(strings.TrimRight(line, "\r\n")) }

// unbreakable reports whether a line has more than 80 columns without a space, such as
// a regular expression.
func unbreakable(line string) bool {
	return slices.ContainsFunc(strings.Fields(line), func(word string) bool { return columns(word) > 80 })
}

func TestUnbreakableLines(t *testing.T) {
	for line, want := range map[string]bool{
		"pattern: " + strings.Repeat("x", 81): true,
		strings.Repeat("word ", 30):           false,
		"é" + strings.Repeat("x", 79) + " y":  false,
	} {
		if got := unbreakable(line); got != want {
			t.Errorf("unbreakable(%q): got %v, want %v", line, got, want)
		}
	}
}
