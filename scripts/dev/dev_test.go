package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The whole thing, in a project made up for the test: the health function's
// row is in the real table, so its path is routed.
func TestRun(t *testing.T) {
	root, screen := project(t, "health"), &screenshot{}
	put(t, root, "public/index.html", "home")
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, options{root: root, addr: "localhost:0", kindeAddr: "127.0.0.1:0", lookup: from(nil), out: screen})
	}()
	screen.shows(t, "Ctrl-C stops everything")
	found := regexp.MustCompile(`Site +(\S+)\n +Kinde +(\S+) \(embedded`).FindStringSubmatch(screen.String())
	if found == nil {
		t.Fatalf("no addresses on the screen:\n%s", screen)
	}
	site, kinde := found[1], found[2]
	screen.shows(t, "from a terminal instead: go run ./scripts/device -site "+site+"\n")
	if !strings.HasPrefix(site, "http://localhost:") || !strings.HasPrefix(kinde, "http://127.0.0.1:") {
		t.Errorf("site %s and Kinde %s, want localhost and 127.0.0.1", site, kinde)
	}
	for path, want := range map[string]string{
		site + "/":                                  "home",
		site + "/api/health?x=1":                    "health /api/health health ",
		site + "/.netlify/functions/health/a":       "health /.netlify/functions/health/a health ",
		site + "/portal":                            "404: not found", // its row has no folder here
		site + "/sample-drive/files":                "third party does not know this token",
		kinde + "/.well-known/openid-configuration": `"issuer"`,
	} {
		if got := get(t, path); !strings.Contains(got, want) {
			t.Errorf("GET %s: %q, want %q", path, got, want)
		}
	}
	screen.shows(t, "[health] asked for /api/health\n")
	put(t, root, "functions/health/main.go", fmt.Sprintf(tinyFunction, "changed"))
	for end := time.Now().Add(30 * time.Second); !strings.HasPrefix(get(t, site+"/api/health"), "changed "); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the change never showed:\n%s", screen)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	for _, url := range []string{site, kinde} {
		if _, err := http.Get(url); err == nil {
			t.Errorf("%s still answers", url)
		}
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestRunWithATenant(t *testing.T) {
	root, screen := project(t), &screenshot{}
	put(t, root, ".env", "KINDE_ISSUER_URL=https://t.kinde.com\n")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { // Kinde's address could not be listened on, and is not
		ended <- run(ctx, options{root: root, addr: "localhost:0", kindeAddr: "nowhere", lookup: from(nil), out: screen})
	}()
	screen.shows(t, "Ctrl-C stops everything")
	for _, want := range []string{"Kinde  https://t.kinde.com (your tenant", "SETTINGS: KINDE_CLIENT_ID is not set.", "/auth/callback and the logout redirect URL "} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("screen %q, want %q on it", screen, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestTheDeviceCommand(t *testing.T) {
	const issuer, client = "KINDE_ISSUER_URL", "KINDE_DEVICE_CLIENT_ID"
	for _, test := range []struct {
		settings settings
		shown    bool
	}{{settings{issuer: "https://t.kinde.com"}, false}, {settings{issuer: "https://t.kinde.com", client: "x"}, true}} {
		screen := &screenshot{}
		welcome(&terminal{out: screen}, "http://localhost:8888", nil, test.settings)
		if strings.Contains(screen.String(), "go run ./scripts/device\n") != test.shown {
			t.Errorf("%v: %s", test.settings, screen)
		}
	}
}

func TestRunEndsDuringTheFirstBuild(t *testing.T) {
	root := project(t, "health")
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	stop()
	o := options{root: root, addr: "localhost:0", kindeAddr: "127.0.0.1:0", lookup: from(nil), out: io.Discard}
	if err := run(ctx, o); err != nil {
		t.Errorf("ended with %v", err)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	good := options{root: project(t), addr: "localhost:0", kindeAddr: "127.0.0.1:0", lookup: from(nil), out: io.Discard}
	for name, test := range map[string]struct {
		change func(*options)
		path   string
		want   string
	}{
		"site's port":  {func(o *options) { o.addr = "localhost:" + port }, "", "localhost:" + port + " is taken: another program listens there, perhaps a second dev; stop it or choose another address with -addr"},
		"Kinde's port": {func(o *options) { o.kindeAddr = "127.0.0.1:" + port }, "", "choose another address with -kinde-addr"},
		"public Kinde": {func(o *options) { o.kindeAddr = "0.0.0.0:0" }, "", "-kinde-addr 0.0.0.0:0: "},
		"no port":      {func(o *options) { o.addr = "localhost" }, "", "want host:port"},
		"no go":        {func(*options) {}, t.TempDir(), "get Go from https://go.dev/dl"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.path != "" {
				t.Setenv("PATH", test.path)
			}
			o := good
			test.change(&o)
			if err := run(t.Context(), o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestListenTakesBothLoopbacks(t *testing.T) {
	six, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6")
	}
	defer six.Close()
	_, port, _ := net.SplitHostPort(six.Addr().String())
	listeners, _, err := listen("localhost:" + port)
	closeAll(listeners)
	if err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("error %v while another program has [::1]:%s, want that it is taken", err, port)
	}
}

func TestOriginOf(t *testing.T) {
	for _, test := range []struct {
		host string
		port int
		want string
	}{
		{"localhost", 8888, "http://localhost:8888"},
		{"", 8888, "http://localhost:8888"},
		{"0.0.0.0", 8888, "http://localhost:8888"},
		{"127.0.0.1", 8888, "http://localhost:8888"},
		{"::1", 8888, "http://localhost:8888"},
		{"192.0.2.1", 8888, "http://192.0.2.1:8888"},
		{"localhost", 80, "http://localhost"},
	} {
		if got := originOf(test.host, test.port); got != test.want {
			t.Errorf("originOf(%q, %d) = %s, want %s", test.host, test.port, got, test.want)
		}
	}
}
