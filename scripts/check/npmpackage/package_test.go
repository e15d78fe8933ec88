//go:build realtools

package npmpackage

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinde-functions/scripts/check/tree"
)

// project is a site that has the package installed, and beside it the packages of
// .tools/package, where Node.js finds them.
type project struct {
	root    string // of the repository
	tools   string // .tools/package/node_modules
	tarball string
	site    string
	pkg     string // in the site
}

func TestPackage(t *testing.T) {
	p := install(t)
	t.Run("files", p.testFiles)
	t.Run("publint", p.testPublint)
	t.Run("entry points", p.testEntryPoints)
	t.Run("declarations", p.testDeclarations)
	t.Run("behavior", p.testBehavior)
	t.Run("site in TypeScript", p.testTypes)
	t.Run("site by Vite", p.testVite)
	t.Run("Deno", p.testDeno)
}

// install packs the npm/ of a copy of the project and unpacks it as npm install does.
func install(t *testing.T) project {
	t.Helper()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	tools, err := filepath.EvalSymlinks(filepath.Join(root, ".tools", "package", "node_modules"))
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check npm-package installs it", err)
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "source")
	if err := tree.Copy(root, source); err != nil {
		t.Fatal(err)
	}
	run(t, filepath.Join(source, "npm"), "npm", "pack", "--pack-destination", dir, "--loglevel=error")
	tarballs, err := filepath.Glob(filepath.Join(dir, "kinde-functions-*.tgz"))
	if err != nil || len(tarballs) != 1 {
		t.Fatalf("npm pack made %v, %v, want one tarball", tarballs, err)
	}
	p := project{root: root, tools: tools, tarball: tarballs[0], site: filepath.Join(dir, "site")}
	p.pkg = filepath.Join(p.site, "node_modules", "kinde-functions")
	if err := os.CopyFS(p.site, os.DirFS("site")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(p.pkg, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, p.pkg, "tar", "-xzf", p.tarball, "--strip-components=1")
	if err := os.Symlink(tools, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return p
}

// testFiles checks that the package has what its users need and nothing else.
func (p project) testFiles(t *testing.T) {
	var got []string
	entries, err := os.ReadDir(p.pkg)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	want := []string{
		"LICENSE", "README.md", "kinde-elements.d.ts", "kinde-elements.js", "kinde-functions.d.ts", "kinde-functions.js",
		"kinde-jsx.d.ts", "kinde-react.d.ts", "kinde-types.d.ts", "package.json", "react.d.ts", "react.js",
		"require-user.d.ts", "require-user.js",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, name := range []string{"kinde-functions.js", "kinde-elements.js"} {
		if !bytes.Equal(read(t, filepath.Join(p.pkg, name)), read(t, filepath.Join(p.root, "public", name))) {
			t.Errorf("%s differs from that of public/", name)
		}
	}
}

func (p project) testPublint(t *testing.T) {
	out := run(t, p.pkg, p.bin("publint"), "--strict", "--pack=false")
	if !strings.Contains(out, "All good") {
		t.Errorf("got %s, want no suggestion", out)
	}
}

// testEntryPoints checks how TypeScript finds each entry point: in Node.js's ES modules and in
// bundlers. CommonJS code imports the package dynamically; it has no other form.
func (p project) testEntryPoints(t *testing.T) {
	out := run(t, p.pkg, p.bin("attw"), p.tarball, "--profile", "esm-only", "--format", "json", "--no-definitely-typed")
	var report struct {
		Analysis struct {
			Entrypoints map[string]any
			Problems    []struct{ Kind, ResolutionKind string }
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(report.Analysis.Entrypoints))
	if want := []string{".", "./elements", "./package.json", "./react", "./require-user"}; !slices.Equal(got, want) {
		t.Errorf("got entry points %v, want %v", got, want)
	}
	for _, problem := range report.Analysis.Problems {
		if problem.ResolutionKind == "node16-esm" || problem.ResolutionKind == "bundler" {
			t.Errorf("got %s in %s", problem.Kind, problem.ResolutionKind)
		}
	}
}

// declarations are those that npm/ keeps, with what is added to what TypeScript makes.
var declarations = map[string]string{
	"react.d.ts":        "/// <reference path=\"./kinde-react.d.ts\" />\n",
	"require-user.d.ts": "",
}

// testDeclarations checks the types in npm/'s scripts, and that their declarations are up to date.
func (p project) testDeclarations(t *testing.T) {
	if err := os.CopyFS(p.pkg, os.DirFS("declarations")); err != nil {
		t.Fatal(err)
	}
	run(t, p.pkg, p.bin("tsc"))
	for name, head := range declarations {
		made := read(t, filepath.Join(p.pkg, "types", name))
		want := slices.Concat([]byte("// Made from the script by go run ./scripts/check npm-package.\n"+head), made)
		have, err := os.ReadFile(filepath.Join(p.root, "npm", name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want) {
			kept := filepath.Join(p.root, ".artifacts", "npm", name)
			if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(kept, want, 0o644); err != nil {
				t.Fatal(err)
			}
			t.Errorf("npm/%s is out of date: cp .artifacts/npm/%s npm/", name, name)
		}
	}
}

// testBehavior runs the package's own tests on what has been unpacked.
func (p project) testBehavior(t *testing.T) {
	p.copyTests(t)
	t.Log(run(t, p.pkg, "node", "--test", "test/"))
}

func (p project) testTypes(t *testing.T) { run(t, p.site, p.bin("tsc")) }

// testVite builds the site, a script that uses one function and one that uses one hook, to which nothing
// else may be added.
func (p project) testVite(t *testing.T) {
	run(t, p.site, p.bin("vite"), "build")
	site := p.bundle(t, "dist/assets/*.js")
	for _, want := range []string{"kinde-portal-button", "/api/account", "useSyncExternalStore", "`account ${",
		"`can ${"} {
		if !strings.Contains(site, want) {
			t.Errorf("the site's bundle lacks %s", want)
		}
	}
	run(t, p.site, p.bin("vite"), "build", "--outDir", "small", "--config", "small.config.mjs")
	small := p.bundle(t, "small/*.js")
	if !strings.Contains(small, "/api/session") {
		t.Error("the small bundle lacks the session")
	}
	for _, other := range []string{"kinde-portal-button", "useSyncExternalStore", "jwks", "customElements"} {
		if strings.Contains(small, other) {
			t.Errorf("the small bundle has %s, which its script does not use", other)
		}
	}
	run(t, p.site, p.bin("vite"), "build", "--outDir", "hook", "--config", "hook.config.mjs")
	hook := p.bundle(t, "hook/*.js")
	if !strings.Contains(hook, "useSyncExternalStore") {
		t.Error("the hook's bundle lacks the hook")
	}
	for _, other := range []string{"`account ${", "`can ${", "customElements"} {
		if strings.Contains(hook, other) {
			t.Errorf("the hook's bundle has %s, which its script does not use", other)
		}
	}
	module := len(read(t, filepath.Join(p.pkg, "kinde-functions.js")))
	if len(small) > module {
		t.Errorf("the small bundle has %d bytes, more than the module's %d", len(small), module)
	}
}

func (p project) bundle(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.site, pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: got %v, %v, want one file", pattern, files, err)
	}
	return string(read(t, files[0]))
}

// testDeno runs requireUser where Netlify runs edge functions.
func (p project) testDeno(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(p.root, ".tools", "deno", "node_modules", "@deno", "*", "deno"))
	if err != nil || len(found) != 1 {
		t.Fatalf("deno: got %v, %v; go run ./scripts/check deno installs it", found, err)
	}
	p.copyTests(t)
	t.Log(run(t, p.pkg, found[0], "test", "--no-check", "--allow-net=127.0.0.1", "--allow-env", "--allow-read",
		"--node-modules-dir=manual", "test/require-user.test.mjs"))
}

func (p project) copyTests(t *testing.T) {
	t.Helper()
	tests := filepath.Join(p.pkg, "test")
	if err := os.RemoveAll(tests); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(tests, os.DirFS(filepath.Join(p.root, "npm", "test"))); err != nil {
		t.Fatal(err)
	}
}

// bin is a program of .tools/package.
func (p project) bin(name string) string { return filepath.Join(p.tools, ".bin", name) }

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// run runs a command in dir, kills it with all it started when the test ends, and returns its
// output.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "FORCE_COLOR=0", "npm_config_update_notifier=false",
		"DENO_NO_UPDATE_CHECK=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%.5000s%s", filepath.Base(name), strings.Join(args, " "), err, out, &said)
	}
	return string(out)
}
