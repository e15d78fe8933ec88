//go:build realtools

package recipes

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinde-functions/scripts/check/deno"
	"kinde-functions/scripts/check/tree"
	"kinde-functions/scripts/dev/devtest"
)

// workspace is a folder with a copy of the project and a site beside it, as the page has them.
type workspace struct {
	page          page
	project, site string
	edge          *deno.Runtime // nil: netlify dev runs no edge functions
}

func newWorkspace(t *testing.T, p page) workspace {
	t.Helper()
	dir := t.TempDir()
	d := workspace{page: p, project: filepath.Join(dir, "kinde-functions"), site: filepath.Join(dir, "my-site")}
	if err := tree.Copy(root, d.project); err != nil {
		t.Fatal(err)
	}
	return d
}

// languages are those of the sites' own blocks.
var languages = []string{"html", "jsx", "js", "astro"}

// make makes the site of sites/name, with the blocks of a section and of the whole page in
// their places.
func (d workspace) make(t *testing.T, name, id string) {
	t.Helper()
	replacements := []string{
		"%pricing%", d.page.one(t, "a-pricing-page-that-ends-in-the-portal", "html"),
		"%gating%", d.page.one(t, "a-page-for-some-users", "html"),
		"%gate%", d.page.one(t, "a-page-for-some-users", "js"),
		"%sample%", d.page.one(t, "calling-your-own-api", "js"),
	}
	for _, b := range d.page[id] {
		switch {
		case slices.Contains(languages, b.language):
			replacements = append(replacements, "%"+b.language+"%", b.text)
		case b.language != "sh":
			replacements = append(replacements, "%lines%", b.text)
		}
	}
	fill := strings.NewReplacer(replacements...)
	if err := os.RemoveAll(d.site); err != nil {
		t.Fatal(err)
	}
	sources := filepath.Join("sites", name)
	files, err := tree.Files(sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join(sources, file))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(d.site, file), fill.Replace(string(raw)))
	}
	if _, err := os.Stat(filepath.Join(d.site, "package.json")); err == nil {
		d.addModules(t, len(d.packing(id)) > 0)
	}
}

// addModules gives the site the packages that its package.json names. If npm will change
// the folder, it is a copy, else a link.
func (d workspace) addModules(t *testing.T, changed bool) {
	t.Helper()
	generators, modules := inProject(t, ".tools/generators/node_modules"), filepath.Join(d.site, "node_modules")
	if !changed {
		if err := os.Symlink(generators, modules); err != nil {
			t.Fatal(err)
		}
		return
	}
	// npm finds here what it may not download: jose, which the package needs.
	linkFiles(t, generators, modules)
	linkFiles(t, inProject(t, ".tools/package/node_modules/jose"), filepath.Join(modules, "jose"))
	lock := d.readLock(t, "generators")
	lock["node_modules/jose"] = d.readLock(t, "package")["node_modules/jose"]
	manifest, err := os.ReadFile(filepath.Join(d.site, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	lock[""] = manifest
	text, err := json.Marshal(map[string]any{"lockfileVersion": 3, "requires": true, "packages": lock})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(d.site, "package-lock.json"), string(text))
}

// readLock returns the packages of a set of pinned tools.
func (d workspace) readLock(t *testing.T, set string) map[string]json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.project, "scripts", "check", "tools", set, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	var lock struct{ Packages map[string]json.RawMessage }
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	return lock.Packages
}

// linkFiles copies a folder by links to its files, without what npm and Vite keep there and
// overwrite in place.
func linkFiles(t *testing.T, from, to string) {
	t.Helper()
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(name, from))
		switch {
		case entry.Name() == ".vite" || entry.Name() == ".astro":
			return fs.SkipDir
		case entry.Name() == ".package-lock.json":
			return nil
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case entry.Type() == fs.ModeSymlink: // of .bin
			link, err := os.Readlink(name)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case os.Link(name, target) == nil:
			return nil
		}
		content, err := os.ReadFile(name) // of another file system
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o755)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// packing returns the section's commands that pack the npm package and add it to the site.
func (d workspace) packing(id string) (lines []string) {
	for _, line := range d.page.commands(id) {
		if strings.Contains(line, "kinde-functions-") || strings.HasPrefix(line, "npm pack") {
			lines = append(lines, line)
		}
	}
	return lines
}

// addPackage runs these commands.
func (d workspace) addPackage(t *testing.T, id string) {
	t.Helper()
	for _, line := range d.packing(id) {
		d.sh(t, line)
	}
}

// sh runs a command line in the project, and agrees to what it asks.
func (d workspace) sh(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", line)
	cmd.Dir = d.project
	cmd.Stdin = strings.NewReader("y\n")
	cmd.Env = append(os.Environ(), quiet...)
	return output(t, cmd)
}

// quiet keeps the tools from asking, reporting and looking for versions.
var quiet = []string{
	"ASTRO_TELEMETRY_DISABLED=1", "NO_COLOR=1", "npm_config_offline=true", "npm_config_audit=false",
	"npm_config_fund=false", "npm_config_update_notifier=false",
}

// output runs a command and what it starts to its end.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// devFunctions are those that the recipes' pages call.
const devFunctions = "account,callback,entitlements,login,logout,permissions,portal,proxy,refresh,session"

var argument = regexp.MustCompile(`"[^"]*"|\S+`)

// dev runs the page's command for scripts/dev, and returns the site's address.
func (d workspace) dev(t *testing.T, line string) string {
	t.Helper()
	rest, found := strings.CutPrefix(line, "go run ./scripts/dev ")
	if !found {
		t.Fatalf("got the command %q, want scripts/dev", line)
	}
	flags := []string{"-only", devFunctions}
	for _, arg := range argument.FindAllString(rest, -1) {
		flags = append(flags, strings.Trim(arg, `"`))
	}
	site, _ := devtest.Start(t, d.project, quiet, flags...).Addresses(t)
	return site
}

// inProject is the absolute path of a file, which must exist.
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
