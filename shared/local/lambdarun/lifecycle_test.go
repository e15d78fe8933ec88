//go:build unix

package lambdarun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStartFails(t *testing.T) {
	t.Run("no binary", func(t *testing.T) {
		_, err := Start(t.Context(), Options{Binary: filepath.Join(t.TempDir(), "none")})
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got error %v, want os.ErrNotExist", err)
		}
	})
	t.Run("exits", func(t *testing.T) {
		_, err := Start(t.Context(), withEcho(t, Options{Env: []string{"INIT=exit"}}))
		if !errors.Is(err, ErrExited) || !strings.Contains(err.Error(), "exit status 3") {
			t.Errorf("got error %v, want ErrExited with the status", err)
		}
	})
	t.Run("reports", func(t *testing.T) {
		_, err := Start(t.Context(), withEcho(t, Options{Env: []string{"INIT=error"}}))
		failed, ok := errors.AsType[*FunctionError](err)
		if !ok || failed.Type != "Config.Missing" || failed.Message != "no settings" {
			t.Errorf("got error %v, want the reported one", err)
		}
	})
	t.Run("hangs", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := Start(ctx, withEcho(t, Options{Env: []string{"INIT=hang"}}))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v, want the context's", err)
		}
	})
}

func TestCloseEndsAllProcesses(t *testing.T) {
	f := start(t, Options{})
	child := invoke[int](t, f, `{"do":"child"}`)
	parent := f.process.cmd.Process.Pid
	address := f.process.api.address()
	busy := make(chan error, 1)
	go func() {
		_, err := f.Invoke(context.Background(), []byte(`{"do":"sleep","millis":60000}`))
		busy <- err
	}()
	for len(f.running) == 0 {
		time.Sleep(time.Millisecond)
	}
	f.Close()
	if err := <-busy; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v from the running invocation, want ErrClosed", err)
	}
	for _, pid := range []int{parent, child} {
		if !dead(pid) {
			t.Errorf("process %d is still running after Close", pid)
		}
	}
	if _, err := http.Get("http://" + address + "/"); err == nil {
		t.Error("the Runtime API still responds after Close")
	}
	if _, err := f.Invoke(t.Context(), []byte(`{"do":"pid"}`)); !errors.Is(err, ErrClosed) {
		t.Errorf("Invoke after Close: got %v, want ErrClosed", err)
	}
	f.Close()
}

func TestExitEndsChildren(t *testing.T) {
	f := start(t, Options{})
	child := invoke[int](t, f, `{"do":"child"}`)
	f.Invoke(t.Context(), []byte(`{"do":"exit"}`))
	if !dead(child) {
		t.Errorf("child %d is still running after its function", child)
	}
}

// dead waits a moment for the kernel; a killed child of the function is a
// zombie until init gets round to it.
func dead(pid int) bool {
	for range 200 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func TestUsage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("usage of a running process is read from Linux's /proc")
	}
	f := start(t, Options{})
	before := f.CPUTime()
	invoke[string](t, f, `{"do":"spin","millis":100}`)
	live := f.CPUTime()
	if spent := live - before; spent < 10*time.Millisecond || spent > 2*time.Second {
		t.Errorf("got %v of CPU time for 100 ms of spinning", spent)
	}
	invoke[string](t, f, `{"do":"fill","length":5000000}`)
	peak := f.PeakMemory()
	if peak < 5_000_000 || peak > 500_000_000 {
		t.Errorf("got a peak of %d bytes after a response of 5 MB", peak)
	}
	f.Close()
	if f.CPUTime() < live || f.PeakMemory() < peak {
		t.Errorf("after Close: got %v and %d bytes, want at least %v and %d", f.CPUTime(), f.PeakMemory(), live, peak)
	}
}

func TestRuntimeAPIRefuses(t *testing.T) {
	f := start(t, Options{})
	base := "http://" + f.process.api.address() + "/2018-06-01/runtime/"
	for _, test := range []struct {
		name, path  string
		host, value string // a header, or the host
		want        int
	}{
		{"a page's request", "invocation/x/response", "Origin", "http://evil.test", http.StatusForbidden},
		{"a page's quiet request", "invocation/x/response", "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		{"a rebound name", "invocation/x/response", "Host", "evil.test", http.StatusForbidden},
		{"an unknown id", "invocation/x/response", "", "", http.StatusBadRequest},
		{"an unknown id's error", "invocation/x/error", "", "", http.StatusBadRequest},
	} {
		req, err := http.NewRequest(http.MethodPost, base+test.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if test.host == "Host" {
			req.Host = test.value
		} else if test.host != "" {
			req.Header.Set(test.host, test.value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != test.want {
			t.Errorf("%s: got %d, want %d", test.name, res.StatusCode, test.want)
		}
	}
}

func TestBuildFails(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module broken\n\ngo 1.26\n")
	write(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() { undefinedName() }\n")
	output := filepath.Join(dir, "out")
	err := Target{Dir: dir}.Build(t.Context(), ".", output)
	failed, ok := errors.AsType[*BuildError](err)
	if !ok || !strings.Contains(failed.Output, "undefined: undefinedName") || !strings.Contains(err.Error(), "main.go:3") {
		t.Errorf("got error %v, want the compiler's message", err)
	}
	if _, err := os.Stat(output); err == nil {
		t.Error("got a binary of a failed build")
	}
	t.Setenv("PATH", t.TempDir())
	if err := Build(t.Context(), ".", output); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("without a go command: got %v, want exec.ErrNotFound", err)
	}
}

func TestBuildForAnotherMachine(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module tiny\n\ngo 1.26\n")
	// Compiles on that machine only, with Lambda's tag only, and without the
	// standard library, which would take its time.
	write(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() { println(here) }\n")
	write(t, filepath.Join(dir, "here_windows_arm64.go"),
		"//go:build lambda.norpc && !cgo\n\npackage main\n\nconst here = 1\n")
	output := filepath.Join(dir, "out")
	if err := (Target{Dir: dir, OS: "windows", Arch: "arm64"}).Build(t.Context(), ".", output); err != nil {
		t.Fatal(err)
	}
	if binary, err := os.ReadFile(output); err != nil || !strings.HasPrefix(string(binary), "MZ") {
		t.Errorf("got %v, want a Windows program", err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
