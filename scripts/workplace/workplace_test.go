package workplace

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	s := map[string]string{}
	err := readFile(s, []byte(strings.Join([]string{
		"# a comment", "", "PLAIN=a b#c", "  SPACED = x ", "export EXPORTED=1", "EMPTY=",
		`DOUBLE="a = b "`, `SINGLE='it"s'`, `INSIDE=a"b`, "WINDOWS=x\r", "TWICE=1", "TWICE=2",
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"PLAIN": "a b#c", "SPACED": "x", "EXPORTED": "1", "EMPTY": "", "DOUBLE": "a = b ", "SINGLE": `it"s`,
		"INSIDE": `a"b`, "WINDOWS": "x", "TWICE": "2",
	}
	if !maps.Equal(s, want) {
		t.Errorf("read %q, want %q", s, want)
	}
}

func TestReadFileRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"s3cret":                          "line 2: want NAME=value",
		"=s3cret":                         "line 2: want NAME=value",
		"MY KEY=s3cret":                   "line 2: want NAME=value",
		`KEY="s3cret`:                     "line 2: the quote is not closed",
		`KEY="`:                           "line 2: the quote is not closed",
		"KEY=" + strings.Repeat("s", 1e6): "a line is too long",
	} {
		err := readFile(map[string]string{}, []byte("A=1\n"+line))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.20q: error %.100v, want %q and nothing of the line", line, err, want)
		}
	}
}

func TestRoot(t *testing.T) {
	root := t.TempDir()
	put(t, root, "go.mod", "module m\n")
	put(t, root, "functions/health/main.go", "package main\n")
	put(t, root, "functions/health/go.mod", "module nested\n")
	put(t, root, "scripts/dev/main.go", "package main\n")
	for _, dir := range []string{"", "scripts/dev", "functions/health"} {
		got, err := Root(filepath.Join(root, dir))
		if err != nil || got != root {
			t.Errorf("Root(%q) = %q, %v, want %q", dir, got, err, root)
		}
	}
	if got, err := Root(t.TempDir()); err == nil || !strings.Contains(err.Error(), "change into the repository") {
		t.Errorf("Root outside = %q, %v", got, err)
	}
}

func put(t *testing.T, root, name, content string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
