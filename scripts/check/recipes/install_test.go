//go:build realtools

package recipes

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kinde-functions/scripts/check/chromium"
	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

// sessionKeys is 32 bytes in base64.
const sessionKeys = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// TestInstall installs into sites in git, builds them with Netlify's tool, signs in at
// netlify dev, upgrades, and removes everything.
func TestInstall(t *testing.T) {
	d := newWorkspace(t, readPage(t))
	for _, c := range []struct {
		name, id, static string
		own              string // the owner's function
		flags            string // of scripts/install
		dev              []string
		visit            func(*testing.T, served)
	}{
		{"plain", "plain-html", "", "", "-only portal,session", nil, visitPlain},
		{"astro", "astro", "public", "hello", "-only portal,session", nil, visitAstro},
		// Vite's own server is the recipe's.
		{"vite", "react--vite", "public", "", "-headers -only account,portal,session",
			[]string{"--framework=#static", "--dir=dist"}, visitReact},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.make(t, c.name, c.id)
			d.addPackage(t, c.id)
			d.git(t, "init", "-q")
			d.git(t, "add", "-A")
			d.git(t, "-c", "user.name=Owner", "-c", "user.email=owner@example.com", "commit", "-q", "-m", "My site")

			const command = "go run ./scripts/install -yes "
			d.sh(t, command+c.flags+" ../my-site")
			d.netlifyBuild(t, c.own)
			d.netlifyDev(t, c.visit, c.dev...)

			// The upgrade has another stylesheet and the functions of before.
			sheet := filepath.Join(d.project, "public", "access", "access.css")
			old, err := os.ReadFile(sheet)
			if err != nil {
				t.Fatal(err)
			}
			write(t, sheet, string(old)+"\n/* "+c.name+" */\n")
			d.sh(t, command+"../my-site")
			got, err := os.ReadFile(filepath.Join(d.site, c.static, "access", "access.css"))
			if want := string(old) + "\n/* " + c.name + " */\n"; err != nil || string(got) != want {
				t.Errorf("got %v and %d bytes of access.css, want the upgraded file", err, len(got))
			}
			write(t, sheet, string(old))

			d.sh(t, command+"-remove ../my-site")
			if out := d.git(t, "status", "--porcelain"); out != "" {
				t.Errorf("got changes after the removal:\n%s", out)
			}
		})
	}
}

func (d workspace) git(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = d.site
	return output(t, cmd)
}

// netlify is a command of Netlify's tool in the site's folder, with settings. It prompts
// for nothing, sends no reports and leaves no files elsewhere.
func (d workspace) netlify(ctx context.Context, t *testing.T, settings []string, args ...string) *exec.Cmd {
	t.Helper()
	goenv, err := exec.Command("go", "env", "GOENV").Output() // Go keeps it below XDG_CONFIG_HOME
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, inProject(t, ".tools/npm/node_modules/.bin/netlify"), args...)
	cmd.Dir = d.site
	// The flags for Go let a build find the packages of the one before, and link less.
	cmd.Env = slices.Concat(os.Environ(), quiet, settings, []string{
		"CI=true", "XDG_CONFIG_HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "GOENV=" + strings.TrimSpace(string(goenv)),
		"GOFLAGS=-tags=lambda.norpc -trimpath '-ldflags=-s -w'", "CGO_ENABLED=0",
	})
	if d.edge != nil {
		cmd.Env = append(cmd.Env, d.edge.Env...)
	}
	return cmd
}

// netlifyBuild builds the site, its owner's function and those that were installed.
func (d workspace) netlifyBuild(t *testing.T, own string) {
	t.Helper()
	output(t, d.netlify(t.Context(), t, nil, "build", "--offline"))
	raw, err := os.ReadFile(filepath.Join(d.site, ".netlify", "functions", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Functions []struct{ Name, Runtime string }
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, function := range manifest.Functions {
		got[function.Name] = function.Runtime
	}
	for _, name := range []string{"portal", "session", "health", "login", "callback", "logout"} {
		if got[name] != "go" {
			t.Errorf("function %s: got runtime %q, want go", name, got[name])
		}
	}
	if own != "" && got[own] != "js" {
		t.Errorf("the owner's function %s: got runtime %q, want js", own, got[own])
	}
}

// served is a site that netlify dev serves beside an embedded Kinde.
type served struct {
	site  string
	kinde *kindetest.Server
	stop  func() // ends netlify dev
}

// netlifyDev serves the site with netlify dev, and visits it.
func (d workspace) netlifyDev(t *testing.T, visit func(*testing.T, served), flags ...string) {
	t.Helper()
	port := functiontest.FreePort(t)
	site := "http://localhost:" + port
	previews := "http://preview-*.localhost:" + port
	clients := kindetest.DefaultClients(site)
	for i := range clients {
		clients[i].Callbacks = append(clients[i].Callbacks, previews+"/auth/callback")
	}
	kinde, err := kindetest.Serve(kindetest.Options{Site: site, Clients: clients})
	if err != nil {
		t.Fatal(err)
	}
	defer kinde.Close()
	settings := []string{"SESSION_KEYS=" + sessionKeys, "KINDE_SITE_URL=" + site, "PREVIEW_ORIGINS=" + previews}
	for name, value := range kinde.Env() {
		settings = append(settings, name+"="+value)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if d.edge == nil {
		flags = append(slices.Clone(flags), "--internal-disable-edge-functions")
	}
	cmd := d.netlify(ctx, t, settings, append([]string{"dev", "--offline", "--no-open", "--skip-gitignore",
		"--port", port, "--staticServerPort", functiontest.FreePort(t)}, flags...)...)
	var log functiontest.Log
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
	defer func() {
		stop()
		if t.Failed() {
			t.Logf("netlify dev:\n%s", &log)
		}
	}()
	waitForHealth(t, site)
	visit(t, served{site, kinde, stop})
}

// visitPlain signs in at the site, and at a preview as at a site of its own.
func visitPlain(t *testing.T, s served) {
	signInWithCookies(t, s)
	s.site = strings.Replace(s.site, "localhost", "preview-7.localhost", 1)
	signInWithCookies(t, s)
}

// visitAstro signs in, and visits what the site has without the functions.
func visitAstro(t *testing.T, s served) {
	signInWithCookies(t, s)
	for path, want := range map[string]string{"/api/hello": "200 hello", "/old": "301 /"} {
		res, err := client.Get(s.site + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if got := fmt.Sprint(res.StatusCode, " ", cmp.Or(res.Header.Get("Location"), string(body))); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// visitReact visits the built site in Chromium.
func visitReact(t *testing.T, s served) {
	b := chromium.Launch(t, filepath.Join(root, ".artifacts", "install"))
	b.Navigate(t, s.site)
	b.WaitUntil(t, factsSignedOut+" && "+requests(1, 0))
	signIn(t, b, s.site, "Your plan")
	checkHooks(t, b, s.site)
	s.stop()
	checkHooksWithoutFunctions(t, b)
}

// client follows no redirects. Every host is this machine, as browsers take *.localhost.
var client = &http.Client{
	Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("localhost", port))
	}},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       time.Minute,
}

// waitForHealth waits until a function responds that no setting is missing.
func waitForHealth(t *testing.T, site string) {
	t.Helper()
	var last string
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		res, err := client.Get(site + "/api/health")
		if err != nil {
			continue
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		last = string(body)
		var health struct{ Missing, Wrong []string }
		if json.Unmarshal(body, &health) == nil && health.Missing != nil {
			if len(health.Missing)+len(health.Wrong) > 0 {
				t.Fatalf("got %s, want no missing setting", body)
			}
			return
		}
	}
	t.Fatalf("/api/health: got %.300s, want the response of the function", last)
}

// signInWithCookies signs the demo user in as a browser does.
func signInWithCookies(t *testing.T, s served) {
	t.Helper()
	site, kinde := s.site, s.kinde
	cookies := map[string]string{}
	get := func(url string, extra *http.Cookie) (*http.Response, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-CSRF", "1")
		for name, value := range cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		if extra != nil {
			r.AddCookie(extra)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		if strings.HasPrefix(url, site) {
			for _, c := range res.Cookies() {
				if cookies[c.Name] = c.Value; c.Value == "" || c.MaxAge < 0 {
					delete(cookies, c.Name)
				}
			}
		}
		return res, string(body)
	}
	res, _ := get(site+"/auth/login", nil)
	res, _ = get(res.Header.Get("Location"), kinde.Kinde.SessionCookie(kindetest.DemoUser))
	callback := res.Header.Get("Location")
	if !strings.HasPrefix(callback, site+"/auth/callback?") {
		t.Fatalf("got Location %q from Kinde, want the callback", callback)
	}
	if res, _ = get(callback, nil); res.Header.Get("Location") != site+"/" {
		t.Fatalf("callback: got %d, Location %q, want the site", res.StatusCode, res.Header.Get("Location"))
	}
	if res, body := get(site+"/api/session", nil); !strings.Contains(body, kindetest.DemoUser) {
		t.Errorf("session: got %d %s, want the user", res.StatusCode, body)
	}
	if res, _ = get(site+"/portal", nil); !strings.HasPrefix(res.Header.Get("Location"), kinde.URL) {
		t.Errorf("portal: got %d, Location %q, want Kinde", res.StatusCode, res.Header.Get("Location"))
	}
}
