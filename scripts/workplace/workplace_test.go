package workplace

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func none(string) (string, bool) { return "", false }

func TestSettingsReadsEnvFile(t *testing.T) {
	root := t.TempDir()
	put(t, root, ".env", strings.Join([]string{
		"# a comment", "", "PLAIN=a b#c", "  SPACED = x ", "export EXPORTED=1", "EMPTY=",
		`DOUBLE="a = b "`, `SINGLE='it"s $PLAIN'`, "WINDOWS=x\r", "TWICE=1", "TWICE=2", "COMMENTED=x # why",
		"REDIS_URL=from file", "OTHER=from file",
	}, "\n"))
	env := map[string]string{"REDIS_URL": "from environment", "KINDE_CLIENT_ID": "client", "HTTPS_PROXY": "proxy",
		"AWS_SECRET_ACCESS_KEY": "not a setting", "EMPTY": "from environment"}
	got, err := Settings(root, func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"PLAIN": "a b#c", "SPACED": "x", "EXPORTED": "1", "EMPTY": "from environment", "DOUBLE": "a = b ",
		"SINGLE": `it"s $PLAIN`, "WINDOWS": "x", "TWICE": "2", "COMMENTED": "x", "OTHER": "from file",
		"REDIS_URL": "from environment", "KINDE_CLIENT_ID": "client", "HTTPS_PROXY": "proxy",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSettingsNeedsNoEnvFile(t *testing.T) {
	if got, err := Settings(t.TempDir(), none); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v; want none", got, err)
	}
}

func TestSettingsErrorsQuoteNothing(t *testing.T) {
	for _, line := range []string{"s3cret", "=s3cret", "MY KEY=s3cret", `KEY="s3cret`, `KEY='s3cret`, "K\x00=s3cret"} {
		root := t.TempDir()
		put(t, root, ".env", "A=1\n"+line)
		_, err := Settings(root, none)
		if err == nil || !strings.Contains(err.Error(), ".env: ") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v, want an error that does not quote the line", line, err)
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
		t.Errorf("Root outside a project = %q, %v; want an error", got, err)
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
