//go:build realtools

package recipes

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheScriptsHaveTheModulesTypes reads the page's scripts as strictly as the site's
// own are read.
func TestTheScriptsHaveTheModulesTypes(t *testing.T) {
	page, folder := read(t), t.TempDir()
	tsc, strict := inProject(t, ".tools/npm/node_modules/.bin/tsc"), inProject(t, "scripts/check/frontend/tsconfig.json")
	config, err := json.Marshal(map[string]any{
		"extends": strict, "include": []string{"*"},
		"compilerOptions": map[string]any{
			"rootDir": ".", "noEmit": true, "declaration": false, "emitDeclarationOnly": false, "moduleDetection": "force",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	// A rooted path is a file's to TypeScript, so the module stands beside.
	beside := strings.NewReplacer(`"/kinde-functions.js"`, `"./kinde-functions.js"`)
	for name, content := range map[string]string{
		"tsconfig.json":        string(config),
		"page.d.ts":            content(t, "scripts/check/recipes/page.d.ts"),
		"kinde-functions.js":   content(t, "public/kinde-functions.js"),
		"kinde-functions.d.ts": content(t, "public/kinde-functions.d.ts"),
		"kinde-types.d.ts":     content(t, "public/kinde-types.d.ts"),
		"gating.js":            beside.Replace(page["gating"].blocks[1]),
		"function.js":          page["function"].blocks[0],
		"vite.js":              theirs(t, page, "Vite").own + "\nsession().then(show);",
	} {
		write(t, filepath.Join(folder, name), content)
	}
	if out, err := exec.CommandContext(t.Context(), tsc, "--project", folder).CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}

// inProject is the absolute path of a file, which must be there.
func inProject(t *testing.T, path string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(root, path))
	if err == nil {
		_, err = os.Stat(file)
	}
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check recipes installs what it needs", err)
	}
	return file
}

func content(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(inProject(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func write(t *testing.T, file, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(content), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
