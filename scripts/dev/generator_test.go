//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// startUpstream serves as a generator's server does: pages, and a WebSocket that echoes
// lines. It returns its port.
func startUpstream(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" {
			fmt.Fprintf(w, "page %s of %s", r.URL.Path, r.Host)
			return
		}
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		line, _ := buffer.ReadString('\n')
		_, _ = buffer.WriteString("echo " + line)
		_ = buffer.Flush()
	}))
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	return port
}

func TestSiteCommandServesPagesBesideFunctions(t *testing.T) {
	root, screen, port := project(t, "health"), &screenshot{}, startUpstream(t)
	// The shell's child must end too.
	const address = `\033[36mhttp://localhost:\033[1m%s\033[22m/\033[39m`
	command := fmt.Sprintf(`printf 'Local: `+address+`\n'; sleep 1000 & echo $! >pid; wait`, port)
	site, _, stop := startRun(t, options{root: root, command: command, publish: "nosuchfolder"}, screen)
	screen.waitFor(t, "[site] Local: ")
	want := "page /about of " + strings.TrimPrefix(site, "http://")
	for end := time.Now().Add(10 * time.Second); get(t, site+"/about") != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %q, want %q", get(t, site+"/about"), want)
		}
	}
	if got := get(t, site+"/api/health"); !strings.HasPrefix(got, "health /api/health") {
		t.Errorf("got %q, want the function", got)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(site, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	var last string
	for lines := bufio.NewScanner(conn); last != "echo hello" && lines.Scan(); {
		if last = lines.Text(); last == "" { // the end of the response's header
			fmt.Fprintln(conn, "hello")
		}
	}
	if last != "echo hello" {
		t.Errorf("got %q through the WebSocket, want the echo", last)
	}
	if err := stop(); err != nil {
		t.Errorf("got error %v at the end, want none", err)
	}
	checkEnded(t, filepath.Join(root, "pid"))
}

// checkEnded checks that the process whose id is in the file is gone.
func checkEnded(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if strings.Contains(string(state), ") Z ") {
			return // ended, and not reaped by init yet
		}
		if time.Now().After(end) {
			t.Fatalf("process %d is left", pid)
		}
	}
}

func TestRequestsWaitForThePort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &generator{line: "slow", log: (&terminal{out: &screenshot{}}).named("site"), known: make(chan struct{})}
		began := time.Now()
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/", nil))
		if took := time.Since(began); w.Code != http.StatusServiceUnavailable || took != portTime {
			t.Errorf("got %d after %v, want 503 after %v", w.Code, took, portTime)
		}
		if got := w.Header().Get("Refresh"); got != "1" {
			t.Errorf("got Refresh %q, want 1", got)
		}
		for _, line := range []string{
			"listening\n", "http://192.0.2.1:80/\n", "  ➜  Network: http://[::]:4321/\n", "http://localhost:1/\n",
		} {
			_, _ = generatorOutput{g}.Write([]byte(line))
		}
		if g.port != 4321 {
			t.Errorf("got port %d, want that of the first local address", g.port)
		}
	})
}

func TestGeneratorThatDoesNotListenIsUnavailable(t *testing.T) {
	g := &generator{known: make(chan struct{})}
	g.setPort(1)
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "GET", "http://localhost/", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", w.Code)
	}
}
