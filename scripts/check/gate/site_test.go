//go:build realtools

package gate

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinde-functions/scripts/check/deno"
	"kinde-functions/scripts/check/tree"
	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

const root = "../../.."

const rules = `{"rules": [
	{"path": "/demo/members/"},
	{"path": "/demo/members/reports/", "permission": "view_reports"},
	{"path": "/demo/members/closed/", "permission": "publish_reports"}
]}`

// needed are the functions that the flows use; the others are not built.
var needed = []string{"callback", "gate", "login", "logout", "refresh", "session"}

// picture is a PNG of one pixel.
var picture = func() string {
	png, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP4z8DwHwAF" +
		"AAH/VscvDQAAAABJRU5ErkJggg==")
	if err != nil {
		panic(err)
	}
	return string(png)
}()

const key = "0123456789abcdef0123456789abcdef"

// place is where the project runs.
type place struct {
	dir, site string
	kinde     *kindetest.Server
	edge      *deno.Runtime
	log       *functiontest.Log
}

// serve runs netlify dev on a copy of the project whose pages are protected.
func serve(t *testing.T) *place {
	t.Helper()
	port := functiontest.FreePort(t)
	p := &place{dir: project(t), site: "http://localhost:" + port, log: new(functiontest.Log),
		edge: deno.New(t, root)}
	var err error
	if p.kinde, err = kindetest.Serve(kindetest.Options{Site: p.site}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kinde.Close)
	goenv, err := exec.Command("go", "env", "GOENV").Output()
	if err != nil {
		t.Fatal(err)
	}
	// The edge function's variables are those of .env, and not of the process.
	var variables strings.Builder
	encoded := base64.StdEncoding.EncodeToString([]byte(key))
	variables.WriteString("GATE_KEYS=" + encoded + "\nSESSION_KEYS=" + encoded + "\n")
	for name, value := range p.kinde.Env() {
		variables.WriteString(name + "=" + value + "\n")
	}
	write(t, filepath.Join(p.dir, ".env"), variables.String())
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, installed(t, "npm/node_modules/.bin/netlify"), "dev", "--offline", "--no-open",
		"--skip-gitignore", "--port", port, "--staticServerPort", functiontest.FreePort(t))
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, p.log, p.log
	cmd.Env = slices.Concat(os.Environ(), p.edge.Env, []string{"CI=true", "XDG_CONFIG_HOME=" + t.TempDir(),
		"TMPDIR=" + t.TempDir(), "GOENV=" + strings.TrimSpace(string(goenv)), "CGO_ENABLED=0", "GOFLAGS=-tags=lambda.norpc"})
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // killed
		if t.Failed() {
			t.Logf("netlify dev:\n%s", p.log)
		}
	})
	p.wait(t)
	return p
}

// wait waits until every function has been loaded.
func (p *place) wait(t *testing.T) {
	t.Helper()
	wanted := []string{"Loaded edge function gate"}
	for _, name := range needed {
		wanted = append(wanted, "Loaded function "+name)
	}
	deadline := time.Now().Add(4 * time.Minute)
	for _, line := range wanted {
		for !strings.Contains(p.log.String(), line) {
			if time.Now().After(deadline) {
				t.Fatalf("netlify dev has not said %q", line)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// project copies the project and protects its pages, as docs/protected-pages.md says.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source, err := tree.Root()
	if err == nil {
		err = tree.Copy(source, dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "gate.json"), rules)
	config := filepath.Join(dir, "netlify.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"edge_functions =", "[[edge_functions]]", "  function = \"gate\"", "  path = \"/*\""} {
		text = []byte(strings.Replace(string(text), "# "+line, line, 1))
	}
	write(t, config, string(text))
	functions, err := filepath.Glob(filepath.Join(dir, "functions", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range functions {
		if !strings.Contains(" "+strings.Join(needed, " ")+" ", " "+filepath.Base(folder)+" ") {
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
	}
	const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>%[1]s</title>` +
		`<link rel="icon" href="data:,"><h1>%[1]s</h1>`
	for name, content := range map[string]string{
		"members/closed/index.html": fmt.Sprintf(page, "Closed"),
		"members/old.htm":           fmt.Sprintf(page, "Old"),
		"members/data.json":         `{"secret":"Members only"}`,
		"members/picture.png":       picture,
		"picture.png":               picture,
		"worker/index.html": fmt.Sprintf(page, "Worker") +
			`<script src="/demo/register.js"></script>`,
		"register.js": `navigator.serviceWorker.register("/demo/worker.js", { scope: "/demo/" });`,
		"worker.js": `addEventListener("install", () => skipWaiting());
			addEventListener("activate", (event) => event.waitUntil(clients.claim()));
			addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));`,
	} {
		write(t, filepath.Join(dir, "public/demo", name), content)
	}
	run := exec.Command("go", "run", "./scripts/gate")
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// installed is the path of something in .tools/.
func installed(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, ".tools", pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("no .tools/%s (%v); go run ./scripts/check gate installs it", pattern, err)
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}
