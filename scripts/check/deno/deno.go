//go:build realtools

package deno

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

//go:embed bootstrap.js
var bootstrap string

// Runtime is what edge functions run in.
type Runtime struct {
	Env []string // for Netlify's tool
	dir string
}

// New prepares a runtime. root is the project's folder.
func New(t *testing.T, root string) *Runtime {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, ".tools/deno/node_modules/@deno/*/deno"))
	if err != nil || len(found) == 0 {
		t.Fatalf("got no .tools/deno (%v); go run ./scripts/check gate installs it", err)
	}
	binary, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	r := &Runtime{dir: t.TempDir()}
	cache := t.TempDir()
	r.Env = []string{"PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH"), "DENO_DIR=" + cache,
		"NETLIFY_EDGE_BOOTSTRAP=file://" + filepath.Join(r.dir, "bootstrap.js")}
	r.write(t, filepath.Join(r.dir, "bootstrap.js"), bootstrap)
	const path = "/bootstrap/globals/types.ts"
	name := sha256.Sum256([]byte(path))
	r.write(t, filepath.Join(cache, "remote/https/edge.netlify.com", hex.EncodeToString(name[:])),
		"export type NetlifyGlobal = any;\n\n"+
			`// denoCacheMetadata={"headers":{"content-type":"application/typescript"},"url":"https://edge.netlify.com`+path+
			`"}`)
	return r
}

// Override gives the edge functions another value of a variable, until restore is called.
func (r *Runtime) Override(t *testing.T, name, value string) (restore func()) {
	t.Helper()
	file := filepath.Join(r.dir, name)
	r.write(t, file, value)
	return func() {
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
}

func (r *Runtime) write(t *testing.T, file, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(content), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
