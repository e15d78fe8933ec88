//go:build realtools

package recipes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"kinde-functions/scripts/check/tree"
)

// generator is one that the page names, and how its sites are usually built.
type generator struct {
	name   string // in the page's <dt>; in small letters the site's folder in sites/
	build  string
	visits string // where the site has what is sold
}

var generators = []generator{
	{"Vite", "vite build", "/"},
	{"Astro", "astro build", "/pricing"},
	{"Eleventy", "eleventy", "/pricing"},
}

// lines are what the page says of one generator.
type lines struct {
	commands []string // to run beforehand
	own      string   // the import of a page's own script
	element  string   // the script's element, where it is another than elsewhere
	config   []string
	names    []string // files, as they are called in web/ or on the site
	writes   string   // the folder of what it has built
}

func theirs(t *testing.T, page recipes, name string) (l lines) {
	t.Helper()
	codes := page["generators"].terms[name]
	if len(codes) == 0 {
		t.Fatalf("the page says nothing of %s", name)
	}
	last := len(codes) - 1
	for _, code := range codes[:last] {
		switch {
		case strings.HasPrefix(code, "cp "):
			l.commands = append(l.commands, code)
		case strings.HasPrefix(code, "import "):
			l.own = code
		case strings.HasPrefix(code, "<script "):
			l.element = code
		case strings.HasPrefix(code, "config."):
			l.config = append(l.config, code+";")
		default:
			l.names = append(l.names, code)
		}
	}
	l.writes = codes[last]
	return l
}

// project is a copy of the project, in which the page's commands are run.
type project struct {
	folder string
	page   recipes
}

// copied has the generators where a package of web/ finds them, and web/ none of its own.
func copied(t *testing.T, page recipes) project {
	t.Helper()
	p := project{t.TempDir(), page}
	err := tree.Copy(root, p.folder)
	if err == nil {
		err = os.Symlink(inProject(t, ".tools/generators/node_modules"), filepath.Join(p.folder, "node_modules"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sh runs a command of the page's as it stands there.
func (p project) sh(t *testing.T, command string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", command)
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "ASTRO_TELEMETRY_DISABLED=1", "NO_COLOR=1",
		"npm_config_offline=true", "npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// hosted is what the page has Netlify do.
type hosted struct {
	Build struct{ Publish, Functions, Command string }
}

func (p project) netlify(t *testing.T) (h hosted) {
	t.Helper()
	if _, err := toml.Decode(p.page["generators"].blocks[2], &h); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(p.folder, h.Build.Functions, "health", "main.go")); err != nil {
		t.Errorf("functions = %q: %v", h.Build.Functions, err)
	}
	return h
}

// make makes a site of the generator's in web/, by the page's lines, and builds it as
// Netlify would. It gives the folder that the site has been written to.
func (p project) make(t *testing.T, g generator) string {
	t.Helper()
	l, web := theirs(t, p.page, g.name), filepath.Join(p.folder, "web")
	if err := os.RemoveAll(web); err != nil {
		t.Fatal(err)
	}
	for _, command := range slices.Concat(p.page["generators"].blocks[:1], l.commands) {
		p.sh(t, command)
	}
	p.copySite(t, strings.ToLower(g.name), web, l)
	write(t, filepath.Join(web, "package.json"), fmt.Sprintf(`{"name": "web", "private": true, "type": "module", "scripts": {"build": %q}}`, g.build))
	write(t, filepath.Join(web, "package-lock.json"), `{"name": "web", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "web"}}}`)
	p.sh(t, p.netlify(t).Build.Command)
	written := filepath.Join(p.folder, l.writes)
	for _, name := range l.names {
		_, source := os.Stat(filepath.Join(web, strings.TrimPrefix(name, "web/")))
		_, result := os.Stat(filepath.Join(written, name))
		if source != nil && result != nil {
			t.Errorf("%s is neither in web/ nor on the site", name)
		}
	}
	return written
}

// copySite copies a site's sources, with what the page gives to copy in them.
func (p project) copySite(t *testing.T, name, web string, l lines) {
	t.Helper()
	const usual = `<script type="module" src="/kinde-elements.js"></script>`
	pricing, gate := p.page["pricing"].blocks[0], p.page["gating"].blocks[1]
	if !strings.Contains(pricing, usual) || !strings.Contains(gate, `"reports"`) {
		t.Fatal("the recipes are others than those that the sites are made for")
	}
	if l.element != "" {
		pricing = strings.Replace(pricing, usual, l.element, 1)
	}
	fill := strings.NewReplacer("%pricing%", pricing, "%gating%", p.page["gating"].blocks[0], "%import%", l.own,
		"%config%", strings.Join(l.config, "\n"), "%gate%", gate, "%gate of seats%", strings.ReplaceAll(gate, `"reports"`, `"seats"`))
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
		write(t, filepath.Join(web, file), fill.Replace(string(raw)))
	}
}
