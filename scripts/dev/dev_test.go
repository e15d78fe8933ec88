package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// startRun runs a project until the test ends, and returns the site's and Kinde's
// addresses.
func startRun(t *testing.T, o options, screen *screenshot) (site, kinde string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	o.addr, o.kindeAddr, o.out = "localhost:0", "127.0.0.1:0", screen
	if o.lookup == nil {
		o.lookup = from(nil)
	}
	go func() { ended <- run(ctx, o) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	screen.waitFor(t, "Ctrl-C stops everything")
	found := regexp.MustCompile(`Site +(\S+)\n +Kinde +(\S+) \(`).FindStringSubmatch(screen.String())
	if found == nil {
		t.Fatalf("got output\n%s\nwant the addresses", screen)
	}
	return found[1], found[2], stop
}

// TestRun runs a made-up project. The health function's row is in the real route table,
// so its path is routed.
func TestRun(t *testing.T) {
	root, screen := project(t, "health", "roles"), &screenshot{}
	put(t, root, "dist/index.html", "built")
	t.Setenv("TMPDIR", t.TempDir())
	site, kinde, stop := startRun(t, options{root: root, publish: "dist", only: "health"}, screen)
	screen.waitFor(t, "Building 1 functions. The first time")
	screen.waitFor(t, "from a terminal instead: go run ./scripts/device -site "+site+"\n")
	if !strings.HasPrefix(site, "http://localhost:") || !strings.HasPrefix(kinde, "http://127.0.0.1:") {
		t.Errorf("got site %s and Kinde %s, want localhost and 127.0.0.1", site, kinde)
	}
	for path, want := range map[string]string{
		site + "/":                                  "built",
		site + "/api/health?x=1":                    "health /api/health health ",
		site + "/.netlify/functions/health/a":       "health /.netlify/functions/health/a health ",
		site + "/portal":                            "404: not found", // its row has no folder here
		site + "/api/roles":                         "404: not found", // not among the functions to build
		site + "/sample-drive/files":                "Unknown token",
		kinde + "/.well-known/openid-configuration": `"issuer"`,
	} {
		if got := get(t, path); !strings.Contains(got, want) {
			t.Errorf("GET %s: got %q, want %q", path, got, want)
		}
	}
	screen.waitFor(t, "[health] asked for /api/health\n")
	put(t, root, "functions/health/main.go", fmt.Sprintf(tinyFunction, "changed"))
	end := time.Now().Add(30 * time.Second)
	for !strings.HasPrefix(get(t, site+"/api/health"), "changed ") {
		if time.Now().After(end) {
			t.Fatalf("got the old function's response, want the new one's:\n%s", screen)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := stop(); err != nil {
		t.Errorf("got error %v at the end, want none", err)
	}
	for _, url := range []string{site, kinde} {
		if _, err := http.Get(url); err == nil {
			t.Errorf("%s still serves", url)
		}
	}
	checkNothingIsLeft(t)
}

func checkNothingIsLeft(t *testing.T) {
	t.Helper()
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
		t.Errorf("got %v in the temporary folder, want nothing", left)
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

func TestRunWithTenant(t *testing.T) {
	root, screen := project(t), &screenshot{}
	put(t, root, ".env", "KINDE_ISSUER_URL=https://t.kinde.com\nSESSION_KEY=x\n")
	_, kinde, stop := startRun(t, options{root: root}, screen)
	if kinde != "https://t.kinde.com" {
		t.Errorf("got Kinde %s, want the tenant", kinde)
	}
	for _, want := range []string{
		"(your tenant", "SETTINGS: KINDE_CLIENT_ID is not set.", "/auth/callback and the logout redirect URL ",
		"SETTINGS: SESSION_KEY is not read; is it meant to be SESSION_KEYS?",
	} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("got output\n%s\nwant %q", screen, want)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("got error %v at the end, want none", err)
	}
}

func TestRunNamesReplacedSettings(t *testing.T) {
	screen := &screenshot{}
	env := map[string]string{
		"KINDE_CLIENT_ID": "id", "KINDE_CLIENT_SECRET": "s3cret", "KINDE_DOMAIN": "https://t.kinde.com",
	}
	startRun(t, options{root: project(t), lookup: from(env)}, screen)
	for _, want := range []string{
		"KINDE_ISSUER_URL is not set, so the embedded Kinde is used, without KINDE_CLIENT_ID and KINDE_CLIENT_SECRET.",
		"KINDE_DOMAIN is not read; is it meant to be KINDE_ISSUER_URL?",
	} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("got output\n%s\nwant %q", screen, want)
		}
	}
	if strings.Contains(screen.String(), "s3cret") {
		t.Error("the output has a setting's value")
	}
}

func TestDeviceCommandIsShownWhereItWorks(t *testing.T) {
	const issuer, client = "KINDE_ISSUER_URL", "KINDE_DEVICE_CLIENT_ID"
	for _, test := range []struct {
		settings settings
		shown    bool
	}{{settings{issuer: "https://t.kinde.com"}, false}, {settings{issuer: "https://t.kinde.com", client: "x"}, true}} {
		screen := &screenshot{}
		b := backstage{screen: &terminal{out: screen}, origin: "http://localhost:8888", settings: test.settings}
		b.announce(false)
		if got := strings.Contains(screen.String(), "go run ./scripts/device\n"); got != test.shown {
			t.Errorf("%v: got the command %v, want %v", test.settings, got, test.shown)
		}
	}
}

func TestDemoAddressIsShownWithTheDemo(t *testing.T) {
	root := project(t)
	put(t, root, "public/demo/index.html", "demo")
	for _, test := range []struct {
		options options
		shown   bool
	}{
		{options{root: root}, true},
		{options{root: root, publish: "public"}, true}, // the flag's default
		{options{root: root, publish: "dist"}, false},
		{options{root: root, command: "npm start"}, false},
		{options{root: project(t)}, false},
	} {
		screen := &screenshot{}
		b := backstage{screen: &terminal{out: screen}, origin: "http://localhost:8888", settings: settings{}}
		b.announce(test.options.hasDemo())
		if got := strings.Contains(screen.String(), " http://localhost:8888/demo/\n"); got != test.shown {
			t.Errorf("%+v: got the address %v, want %v", test.options, got, test.shown)
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
		t.Errorf("got error %v, want none", err)
	}
	checkNothingIsLeft(t)
}

// TestRunEndsWhenItsOutputIsClosed is "go run ./scripts/dev | head".
func TestRunEndsWhenItsOutputIsClosed(t *testing.T) {
	root := project(t, "health")
	t.Setenv("TMPDIR", t.TempDir())
	read, write := io.Pipe()
	go func() {
		_, _ = bufio.NewReader(read).ReadString('\n')
		read.Close()
	}()
	o := options{root: root, addr: "localhost:0", kindeAddr: "127.0.0.1:0", lookup: from(nil), out: write}
	if err := run(t.Context(), o); err != nil {
		t.Errorf("got error %v, want none", err)
	}
	checkNothingIsLeft(t)
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	good := options{root: project(t), addr: "localhost:0", kindeAddr: "127.0.0.1:0", lookup: from(nil), out: io.Discard}
	put(t, good.root, "file", "")
	for name, test := range map[string]struct {
		change func(*options)
		path   string
		want   string
	}{
		"site's port": {func(o *options) { o.addr = "localhost:" + port }, "", "localhost:" + port +
			" is taken: another program listens there, perhaps a second dev; stop it or choose another address with -addr"},
		"Kinde's port": {func(o *options) { o.kindeAddr = "127.0.0.1:" + port }, "",
			"choose another address with -kinde-addr"},
		"public Kinde":   {func(o *options) { o.kindeAddr = "0.0.0.0:0" }, "", "-kinde-addr 0.0.0.0:0: "},
		"no port":        {func(o *options) { o.addr = "localhost" }, "", "want host:port"},
		"no go":          {func(*options) {}, t.TempDir(), "get Go from https://go.dev/dl"},
		"no folder":      {func(o *options) { o.publish = "nosuchfolder" }, "", "-publish nosuchfolder: there is no folder "},
		"file":           {func(o *options) { o.publish = "file" }, "", "file is not a folder"},
		"no function":    {func(o *options) { o.only = "portal" }, "", `-only: there is no function "portal"`},
		"failed command": {func(o *options) { o.command = "exit 3" }, "", `-site-command "exit 3": exit status 3`},
		"ended command":  {func(o *options) { o.command = "true" }, "", `-site-command "true" has ended`},
	} {
		t.Run(name, func(t *testing.T) {
			if test.path != "" {
				t.Setenv("PATH", test.path)
			}
			o := good
			test.change(&o)
			if err := run(t.Context(), o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
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
		t.Errorf("got error %v while another program has [::1]:%s, want that it is taken", err, port)
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
			t.Errorf("%q, %d: got %s, want %s", test.host, test.port, got, test.want)
		}
	}
}
