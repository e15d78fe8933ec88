// Package devtest runs scripts/dev for tests as a program of its own: the whole project on
// this machine. Tests that visit a site need not know how it starts, when it is ready and
// how it ends.
package devtest

import (
	"context"
	"fmt"
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
type Dev struct {
	log    functiontest.Log
	folder string // of the binary
	cancel context.CancelFunc
	cmd    *exec.Cmd
}

// Start runs scripts/dev, as Run does, until the test ends.
func Start(t *testing.T, folder string, settings []string, flags ...string) *Dev {
	t.Helper()
	d, err := Run(folder, settings, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Stop()
		if t.Failed() {
			t.Logf("scripts/dev:\n%s", d.Log())
		}
	})
	return d
}

// Run builds scripts/dev and runs it in a folder of the project, or of a copy, until Stop
// is called. The site is on localhost and the embedded Kinde on 127.0.0.1, whatever .env
// has, unless settings of the form NAME=value or flags set others.
func Run(folder string, settings []string, flags ...string) (*Dev, error) {
	temp, err := os.MkdirTemp("", "devtest-")
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(temp, "dev")
	if out, err := exec.Command("go", "build", "-o", binary, "kinde-functions/scripts/dev").CombinedOutput(); err != nil {
		_ = os.RemoveAll(temp)
		return nil, fmt.Errorf("go build scripts/dev: %w\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background())
	flags = append([]string{"-addr=localhost:0", "-kinde-addr=127.0.0.1:0"}, flags...)
	d := &Dev{folder: temp, cancel: cancel, cmd: exec.CommandContext(ctx, binary, flags...)}
	d.cmd.Dir = folder
	d.cmd.Env = slices.Concat(os.Environ(), []string{"KINDE_ISSUER_URL="}, settings)
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	d.cmd.Cancel = func() error { return d.cmd.Process.Signal(syscall.SIGINT) } // it cleans up
	d.cmd.WaitDelay = 10 * time.Second
	if err := d.cmd.Start(); err != nil {
		cancel()
		_ = os.RemoveAll(temp)
		return nil, err
	}
	return d, nil
}

// Stop ends scripts/dev and waits until it has cleaned up.
func (d *Dev) Stop() {
	d.cancel()
	_ = d.cmd.Wait()
	_ = os.RemoveAll(d.folder)
}

// Log returns everything that scripts/dev has printed.
func (d *Dev) Log() string { return d.log.String() }

var ready = regexp.MustCompile(`(?s)\n  Site +(\S+)\n  Kinde +(\S+) .*Ctrl-C stops everything`)

// Addresses waits until everything runs, and returns the site's address and Kinde's.
func (d *Dev) Addresses(t *testing.T) (site, kinde string) {
	t.Helper()
	site, kinde, err := d.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return site, kinde
}

// Wait waits until everything runs, and returns the site's address and Kinde's.
func (d *Dev) Wait() (site, kinde string, err error) {
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		output := d.Log()
		if found := ready.FindStringSubmatch(output); found != nil {
			return found[1], found[2], nil
		}
		if time.Now().After(end) || strings.Contains(output, "DOES NOT") {
			return "", "", fmt.Errorf("scripts/dev does not start:\n%s", output)
		}
	}
}
