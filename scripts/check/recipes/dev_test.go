//go:build realtools

package recipes

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinde-functions/shared/functiontest"
)

// dev is scripts/dev, at work in a copy of the project.
type dev struct{ log *functiontest.Log }

// start runs the page's command, on free ports.
func (p project) start(t *testing.T) dev {
	t.Helper()
	args, ours := strings.CutPrefix(p.page["generators"].blocks[1], "go run ./scripts/dev ")
	if !ours {
		t.Fatalf("the page runs %s", p.page["generators"].blocks[1])
	}
	binary := filepath.Join(t.TempDir(), "dev")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./scripts/dev")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./scripts/dev: %v\n%s", err, out)
	}
	d := dev{&functiontest.Log{}}
	cmd := exec.CommandContext(t.Context(), binary, append(strings.Fields(args), "-addr=localhost:0", "-kinde-addr=127.0.0.1:0")...)
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "KINDE_ISSUER_URL=") // the embedded Kinde
	cmd.Stdout, cmd.Stderr = d.log, d.log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // it clears up after itself
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("scripts/dev:\n%s", d.log)
		}
	})
	return d
}

var siteLine = regexp.MustCompile(`(?m)^  Site +(http://\S+)$`)

// address is the site's, once everything runs.
func (d dev) address(t *testing.T) string {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		said := d.log.String()
		if where := siteLine.FindStringSubmatch(said); where != nil && strings.Contains(said, "Ctrl-C stops everything") {
			return where[1]
		}
		if time.Now().After(end) || strings.Contains(said, "DOES NOT") {
			t.Fatalf("scripts/dev does not start:\n%s", said)
		}
	}
}

// checkHealth asks a function beside the site.
func checkHealth(t *testing.T, site string) {
	t.Helper()
	status, body := ask(t, site+"/api/health")
	var health struct{ Missing, Wrong []string }
	if err := json.Unmarshal(body, &health); err != nil || status != http.StatusOK || health.Missing == nil || len(health.Missing)+len(health.Wrong) != 0 {
		t.Errorf("/api/health: %d %s", status, body)
	}
}

func ask(t *testing.T, url string) (status int, body []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}
