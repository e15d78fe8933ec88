//go:build realtools

package hosts

import (
	"bytes"
	"context"
	"debug/elf"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
)

// netlifyTool returns the Netlify command-line tool and an environment in which it does
// not prompt, sends no reports and leaves no files behind.
func netlifyTool(t *testing.T) (binary string, env []string) {
	t.Helper()
	// Go keeps its settings below the same folder; they stay where they are.
	goenv, err := exec.Command("go", "env", "GOENV").Output()
	if err != nil {
		t.Fatal(err)
	}
	return tool(t, "npm/node_modules/.bin/netlify"),
		[]string{"CI=true", "XDG_CONFIG_HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(),
			"GOENV=" + strings.TrimSpace(string(goenv))}
}

// maxNetlifyZip is in bytes. Netlify's archiver compresses less than scripts/package,
// where the limit is 3.5 MB.
const maxNetlifyZip = 3_800_000

func TestNetlifyBuild(t *testing.T) {
	netlify, env := netlifyTool(t)
	dir := copyOfProject(t)
	run(t, dir, env, netlify, "build", "--offline")

	archives, err := filepath.Glob(filepath.Join(dir, ".netlify", "functions", "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	var built []string
	for _, archive := range archives {
		name := strings.TrimSuffix(filepath.Base(archive), ".zip")
		built = append(built, name)
		binary := unzip(t, archive, "bootstrap")
		checkBinary(t, binary, elf.EM_X86_64)
		info, err := os.Stat(archive)
		if err != nil {
			t.Fatal(err)
		}
		printSize(t, "Netlify", name, binary, info.Size())
		if info.Size() > maxNetlifyZip {
			t.Errorf("%s: %d bytes zipped, over %d", name, info.Size(), maxNetlifyZip)
		}
	}
	if want := functions(t); !slices.Equal(built, want) {
		t.Errorf("built %v, want %v", built, want)
	}
	t.Run("deploy", func(t *testing.T) { checkNetlifyDeploy(t, netlify, dir, env) })
}

func TestNetlifyDev(t *testing.T) {
	netlify, env := netlifyTool(t)
	port := functiontest.FreePort(t)
	site := "http://localhost:" + port
	kinde := startKinde(t, site)
	for name, value := range kinde.Env() {
		env = append(env, name+"="+value)
	}
	// netlify dev builds with plain "go build"; these let it find in Go's cache
	// what netlify build has compiled.
	env = append(env, "SESSION_KEYS="+sessionKeys, "GATE_KEYS="+sessionKeys, "ALLOWED_ORIGINS="+extraOrigin,
		"CGO_ENABLED=0",
		"GOFLAGS=-tags=lambda.norpc")

	dir := copyOfProject(t)
	addTypeScript(t, dir)

	var log functiontest.Log
	ctx, stop := context.WithCancel(t.Context())
	cmd := command(ctx, dir, env, netlify, "dev", "--offline", "--no-open", "--skip-gitignore",
		"--internal-disable-edge-functions", "--port", port, "--staticServerPort", functiontest.FreePort(t))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		stop()
		<-exited
		showIfFailed(t, &log)
	})
	waitUntilLoaded(t, &log, exited, append(functions(t), "reports"))

	s := served{base: site, site: site, kinde: kinde, log: &log}
	s.testContract(t)
	t.Run("static site", s.testStaticSite)
	t.Run("function in TypeScript", s.testTypeScript)
}

// waitUntilLoaded waits for netlify dev to have built the functions.
func waitUntilLoaded(t *testing.T, log *functiontest.Log, exited chan error, names []string) {
	t.Helper()
	deadline := time.After(3 * time.Minute)
	for _, name := range names {
		for !strings.Contains(log.String(), "Loaded function "+name) {
			select {
			case err := <-exited:
				exited <- err
				t.Fatalf("netlify dev ended: %v", err)
			case <-deadline:
				t.Fatalf("netlify dev has not loaded %s", name)
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

// testStaticSite checks that pages are served as files with the headers of netlify.toml
// and public/_headers, and that no path outside the route table reaches a function.
func (s served) testStaticSite(t *testing.T) {
	for path, status := range map[string]int{
		"/": 200, "/access/?error=no-token": 200, "/api/nothing": 404, "/nothing": 404,
	} {
		t.Run(path, func(t *testing.T) {
			res, body := s.send(t, call{path: path, accept: "text/html,application/xhtml+xml,*/*;q=0.8"})
			if res.StatusCode != status || !bytes.Contains(body, []byte("<html")) {
				t.Errorf("got status %d, want %d and a page; body %.300s", res.StatusCode, status, body)
			}
			policy := res.Header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("got Content-Security-Policy %q, want default-src 'none' and nothing unsafe", policy)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=63072000",
			} {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			if res.Header.Get("X-Request-Id") != "" {
				t.Error("got the response of a function")
			}
		})
	}
	if res, _ := s.send(t, call{method: http.MethodHead, path: "/access/"}); res.StatusCode != 200 {
		t.Errorf("HEAD /access/: got status %d, want 200", res.StatusCode)
	}
}
