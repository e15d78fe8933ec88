// Package devtest runs scripts/dev for tests as a program of its own: the whole project on
// this machine. Tests that visit a site need not know how it starts, when it is ready and
// how it ends.
package devtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
)

// Dev is a running scripts/dev.
type Dev struct{ log functiontest.Log }

// Start builds scripts/dev and runs it in a folder of the project, or of a copy, until
// the test ends. The site is on localhost and the embedded Kinde on 127.0.0.1, whatever
// .env has, unless settings of the form NAME=value or flags set others.
func Start(t *testing.T, folder string, settings []string, flags ...string) *Dev {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "dev")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "kinde-functions/scripts/dev")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build scripts/dev: %v\n%s", err, out)
	}
	d := &Dev{}
	flags = append([]string{"-addr=localhost:0", "-kinde-addr=127.0.0.1:0"}, flags...)
	cmd := exec.CommandContext(t.Context(), binary, flags...)
	cmd.Dir = folder
	cmd.Env = slices.Concat(os.Environ(), []string{"KINDE_ISSUER_URL="}, settings)
	cmd.Stdout, cmd.Stderr = &d.log, &d.log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // it cleans up
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("scripts/dev:\n%s", &d.log)
		}
	})
	return d
}

var ready = regexp.MustCompile(`(?s)\n  Site +(\S+)\n  Kinde +(\S+) .*Ctrl-C stops everything`)

// Addresses waits until everything runs, and returns the site's address and Kinde's.
func (d *Dev) Addresses(t *testing.T) (site, kinde string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		output := d.log.String()
		if found := ready.FindStringSubmatch(output); found != nil {
			return found[1], found[2]
		}
		if time.Now().After(end) || strings.Contains(output, "DOES NOT") {
			t.Fatalf("scripts/dev does not start:\n%s", output)
		}
	}
}
