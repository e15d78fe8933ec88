package main

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

var plainSite = map[string]string{
	"index.html": "<h1>Hello</h1>\n",
	"netlify.toml": `# My site.
[build]
  publish = "."

  # Everything else is the app's.
[[redirects]]
  from = "/*"
  to = "/index.html"
  status = 200`, // no newline at its end
}

var astroSite = map[string]string{
	"package.json":                  `{"devDependencies": {"astro": "^5.0.0", "vite": "^7.0.0"}}`,
	"public/_redirects":             "/old /new 301\n/* /404.html 404\n",
	"netlify/functions/hello.mts":   "export const config = { path: [\"/api/hello\", '/api/roles'] };\n",
	"netlify/functions/portal.ts":   "export default () => new Response();\n",
	"netlify/functions/go.mod":      "module example.com/own\n\ngo 1.26\n",
	"netlify/functions/own/main.go": "package main\n\nfunc main() {}\n",
	"netlify.toml":                  "[build]\n  publish = \"dist\"\n[build.environment]\n  NODE_VERSION = \"22\"\n",
	".env.example":                  "OWN=1\n",
	"src/pages/index.astro":         "<h1>Hello</h1>\n",
	"public/access/index.html":      "my own access page\n",
	"public/favicon.svg":            "<svg>my own icon</svg>\n",
}

// newSite writes a site's files into a new folder.
func newSite(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		put(t, dir, name, content)
	}
	return dir
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// filesIn returns the content of every file below a folder.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		relative, _ := filepath.Rel(dir, name)
		files[filepath.ToSlash(relative)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// install runs the command with -yes and returns what it printed.
func install(t *testing.T, dir string, c command) string {
	t.Helper()
	var out strings.Builder
	c.out, c.yes = &out, true
	if err := c.run(source{"../.."}, dir); err != nil {
		t.Fatalf("install: %v\n%s", err, out.String())
	}
	return out.String()
}

func TestInstallAndRemoveLeaveSiteAsItWas(t *testing.T) {
	for name, files := range map[string]map[string]string{"plain": plainSite, "astro": astroSite} {
		t.Run(name, func(t *testing.T) {
			dir := newSite(t, files)
			install(t, dir, command{headers: true})
			if got := len(filesIn(t, dir)); got < 100 {
				t.Fatalf("%d files after the installation, want the functions", got)
			}
			if out := install(t, dir, command{}); !strings.Contains(out, "Nothing to do.") {
				t.Errorf("a second run prints\n%s\nwant nothing to do", out)
			}
			install(t, dir, command{remove: true})
			if got := filesIn(t, dir); !maps.Equal(got, files) {
				t.Errorf("after -remove the site has %d files, %q; want those it had",
					len(got), got["netlify.toml"])
			}
			if left, _ := filepath.Glob(filepath.Join(dir, home)); left != nil {
				t.Errorf("the folder %s is left", left)
			}
		})
	}
}

func TestRedirectsComeBeforeASinglePageApps(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{})
	var file netlifyTOML
	text := filesIn(t, dir)["netlify.toml"]
	if err := toml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	if last := file.Redirects[len(file.Redirects)-1].From; file.Redirects[0].From != "/portal" || last != "/*" {
		t.Errorf("redirects begin with %s and end with %s, want /portal and the owner's /*", file.Redirects[0].From, last)
	}
	if file.Build.Environment["GO_VERSION"] == "" || !strings.HasPrefix(text, "# My site.\n") {
		t.Errorf("netlify.toml is\n%s\nwant a GO_VERSION, and the owner's lines", text)
	}
}

func TestOwnersPathsFunctionsAndFilesStay(t *testing.T) {
	dir := newSite(t, astroSite)
	out := install(t, dir, command{})
	got := filesIn(t, dir)
	for _, want := range []string{
		"the function portal is left out: the site has netlify/functions/portal.ts",
		"/api/roles is left to the function netlify/functions/hello.mts",
		"keep    public/access/index.html, which you have changed",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if got["public/access/index.html"] != astroSite["public/access/index.html"] ||
		got["public/access/index.html.kinde-new"] == "" {
		t.Error("the owner's access page was overwritten, or the new one is not beside it")
	}
	if _, second := got["public/favicon.svg.kinde-new"]; second || strings.Contains(out, "favicon.svg") {
		t.Errorf("the site's own icon is not enough; the output is\n%s", out)
	}
	lines := got["public/_redirects"]
	if !strings.Contains(lines, "\n/api/session /.netlify/functions/session 200!\n") ||
		strings.Contains(lines, "/api/roles ") ||
		strings.Contains(lines, "/portal ") || !strings.HasSuffix(lines, astroSite["public/_redirects"]) {
		t.Errorf("_redirects is\n%s", lines)
	}
	if !strings.Contains(got[".env.example"], "\nKINDE_ISSUER_URL=\n") ||
		!strings.HasPrefix(got[".env.example"], "OWN=1\n") {
		t.Errorf(".env.example is\n%s", got[".env.example"])
	}
}

func TestAccessPageHasItsFiles(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{})
	got := filesIn(t, dir)
	files := regexp.MustCompile(`(?:href|src)="/([^"]+\.[a-z]+)"`).FindAllStringSubmatch(got["access/index.html"], -1)
	if len(files) < 4 {
		t.Fatalf("the page names the files %q, want its icon, styles and script", files)
	}
	for _, file := range files {
		if got[file[1]] == "" {
			t.Errorf("/access/ needs /%s, which is not installed", file[1])
		}
	}
}

func TestUpgradeKeepsWhatTheOwnerHasChanged(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{only: "portal"})
	installed := filesIn(t, dir)
	const changed, stale, edited = "netlify/functions/portal/portal.go", "kinde-functions/shared/old.go",
		"access/access.css"
	put(t, dir, changed, "package main // mine\n")
	// An earlier version had another stylesheet, and a file that is gone.
	m := installed[manifestFile]
	put(t, dir, stale, "package shared\n")
	put(t, dir, edited, "old {}\n")
	m = strings.Replace(m, `"files": {`, `"files": {"`+stale+`": ["`+sum([]byte("package shared\n"))+`"],`, 1)
	m = strings.Replace(m, sum([]byte(installed[edited])), sum([]byte("old {}\n")), 1)
	put(t, dir, manifestFile, m)

	out := install(t, dir, command{})
	got := filesIn(t, dir)
	if got[changed] != "package main // mine\n" || got[changed+newSuffix] != installed[changed] {
		t.Errorf("%s was overwritten, or the new one is not beside it:\n%s", changed, out)
	}
	if got[edited] != installed[edited] {
		t.Errorf("%s is not upgraded", edited)
	}
	if _, there := got[stale]; there {
		t.Errorf("%s of the earlier version is left", stale)
	}
	if _, there := got["netlify/functions/roles/main.go"]; there {
		t.Error("an upgrade installs functions that were not chosen")
	}
	install(t, dir, command{remove: true})
	want := map[string]string{changed: "package main // mine\n"}
	maps.Copy(want, plainSite)
	if left := filesIn(t, dir); !maps.Equal(left, want) {
		t.Errorf("after -remove: %v, want the owner's files", left)
	}
}

func TestStoppedRunIsFinishedByTheNext(t *testing.T) {
	dir := newSite(t, plainSite)
	// The folder of a function that is written late cannot be made.
	put(t, dir, "netlify/functions/session", "in the way")
	c := command{out: io.Discard, yes: true}
	if err := c.run(source{"../.."}, dir); err == nil {
		t.Fatal("install writes through a file that is in the way, want an error")
	}
	if err := os.Remove(filepath.Join(dir, "netlify/functions/session")); err != nil {
		t.Fatal(err)
	}
	if out := install(t, dir, command{}); strings.Contains(out, "which you have changed") {
		t.Errorf("the next run takes files of the stopped one for the owner's:\n%s", out)
	}
	install(t, dir, command{remove: true})
	if got := filesIn(t, dir); !maps.Equal(got, plainSite) {
		t.Error("after -remove the site is not as it was")
	}
}

func TestSymbolicLinksOutOfTheSiteAreNotFollowed(t *testing.T) {
	outside := t.TempDir()
	dir := newSite(t, plainSite)
	if err := os.Symlink(outside, filepath.Join(dir, "netlify")); err != nil {
		t.Fatal(err)
	}
	c := command{out: io.Discard, yes: true}
	if err := c.run(source{"../.."}, dir); err == nil {
		t.Error("install follows a symbolic link out of the site, want an error")
	}
	if entries, _ := os.ReadDir(outside); len(entries) > 0 {
		t.Errorf("%d files were written outside of the site", len(entries))
	}
}

func TestFoldersOutsideOfTheSiteAreRefused(t *testing.T) {
	for _, text := range []string{"[build]\nfunctions = \"../functions\"\n", "[build]\npublish = \"../../x\"\n",
		"[build]\nbase = \"app\"\n"} {
		dir := newSite(t, map[string]string{"netlify.toml": text})
		c := command{out: io.Discard, yes: true}
		if err := c.run(source{"../.."}, dir); err == nil {
			t.Errorf("netlify.toml %q: no error", text)
		}
	}
}

func TestDryRunAndNoChangeNothing(t *testing.T) {
	dir := newSite(t, plainSite)
	for _, c := range []command{
		{dryRun: true, yes: true, out: io.Discard},
		{in: strings.NewReader("\n"), out: io.Discard},
		{in: strings.NewReader("no\n"), out: io.Discard},
	} {
		if err := c.run(source{"../.."}, dir); err != nil {
			t.Fatal(err)
		}
		if got := filesIn(t, dir); !maps.Equal(got, plainSite) {
			t.Fatal("the site has changed")
		}
	}
}

// TestInstalledFunctionsBuild builds them as Netlify does: each in its own folder.
func TestInstalledFunctionsBuild(t *testing.T) {
	for _, name := range []string{"user-profile", "gate"} {
		dir := newSite(t, astroSite)
		install(t, dir, command{only: name})
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(t.TempDir(), "function"))
		build.Dir = filepath.Join(dir, "netlify/functions", name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOPROXY=off")
		if out, err := build.CombinedOutput(); err != nil {
			t.Errorf("%s: go build: %v\n%s", name, err, out)
		}
		_, err := os.Stat(filepath.Join(dir, "kinde-functions/edge/netlify/gate.js"))
		if installed := err == nil; installed != (name == "gate") {
			t.Errorf("%s: the edge function is installed: %t", name, installed)
		}
	}
}
