//go:build realtools

package clients

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
	"kinde-functions/shared/session"
)

const (
	root     = "../../.."
	document = "public/openapi.yaml"
	here     = "scripts/check/clients/testdata/"
	pins     = "scripts/check/tools/"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// absolute returns the absolute path of a file of the project.
func absolute(t *testing.T, path string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(root, path))
	if err == nil {
		_, err = os.Stat(file)
	}
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check clients installs what it needs", err)
	}
	return file
}

// bundle is the functions behind one address, beside an embedded Kinde.
type bundle struct {
	kinde *kindetest.Server
	env   []string // of the clients
}

var functions = []string{"user-profile", "account", "session", "introspect", "revoke"}

func start(t *testing.T) bundle {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	kinde, err := kindetest.Serve(kindetest.Options{Site: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kinde.Close)
	env := []string{"SESSION_KEYS=" + base64.StdEncoding.EncodeToString(key)}
	for name, value := range kinde.Env() {
		env = append(env, name+"="+value)
	}
	folder := t.TempDir()
	for _, name := range functions {
		binary := filepath.Join(folder, name)
		if err := lambdarun.Build(t.Context(), "kinde-functions/functions/"+name, binary); err != nil {
			t.Fatal(err)
		}
		f, err := lambdarun.Start(t.Context(), lambdarun.Options{Binary: binary, Env: env})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		mux.Handle("/api/"+name, lambdarun.Handler(f, lambdarun.HTTPAPI2))
	}
	box, err := session.NewBox([][]byte{key}, kinde.URL, kindetest.ClientID, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	stored, token := http.Header{}, kinde.Kinde.Mint()
	tokens := session.Tokens{Access: token, Refresh: kinde.Kinde.MintRefresh()}
	if err := session.NewCookies(server.URL, box, time.Now).Write(stored, functiontest.NewSession(tokens)); err != nil {
		t.Fatal(err)
	}
	return bundle{kinde, []string{"SITE=" + server.URL, "TOKEN=" + token, "COOKIE=" + functiontest.Kept(stored),
		"CLIENT_ID=" + kindetest.ClientID}}
}

// run runs a command in a folder and returns its output.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// copyFiles copies files of the project into a folder under new names.
func copyFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for from, to := range files {
		content, err := os.ReadFile(absolute(t, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// linkPackages makes the installed npm packages those of a folder.
func linkPackages(t *testing.T, dir string) string {
	t.Helper()
	packages := absolute(t, ".tools/clients/node_modules")
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(packages, ".bin")
}

func generateTypeScript(t *testing.T, dir string) []string {
	bin := linkPackages(t, dir)
	copyFiles(t, dir, map[string]string{here + "client.ts": "client.ts"})
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, nil, filepath.Join(bin, "openapi-typescript"), absolute(t, document), "-o", "api.d.ts")
	run(t, dir, nil, filepath.Join(bin, "tsc"), "--strict", "--noUncheckedIndexedAccess", "--target", "es2022",
		"--module", "nodenext", "--types", "node", "--lib", "es2022,dom", "client.ts")
	return []string{"node", "client.js"}
}

func generateGo(t *testing.T, dir string) []string {
	if err := os.Mkdir(filepath.Join(dir, "api"), 0o700); err != nil {
		t.Fatal(err)
	}
	copyFiles(t, dir, map[string]string{here + "client.go.txt": "main.go", pins + "clients.mod": "go.mod",
		pins + "clients.sum": "go.sum"})
	run(t, dir, nil, "go", "tool", "oapi-codegen", "-package=api", "-generate=types,client", "-o=api/api.go",
		absolute(t, document))
	run(t, dir, nil, "go", "build", "-o=client", ".")
	return []string{filepath.Join(dir, "client")}
}

func generatePython(t *testing.T, dir string) []string {
	bin := filepath.Dir(absolute(t, ".tools/clients-venv/bin/python"))
	copyFiles(t, dir, map[string]string{here + "client.py": "client.py"})
	out := run(t, dir, []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, filepath.Join(bin, "openapi-python-client"),
		"generate", "--fail-on-warning", "--meta=none", "--output-path=kinde_functions_client",
		"--path="+absolute(t, document), "--config="+absolute(t, here+"python.yaml"))
	if strings.Contains(out, "WARNING") {
		t.Errorf("got %s, want no warning", out)
	}
	return []string{filepath.Join(bin, "python"), "client.py"}
}

func TestGeneratedClients(t *testing.T) {
	b := start(t)
	user := kindetest.DemoUser
	want := "profile " + user + "\naccount " + user + " editor\nsession true " + user +
		"\nsigned out false\nerror 401 no-token\n"
	for name, generate := range map[string]func(*testing.T, string) []string{
		"TypeScript": generateTypeScript, "Go": generateGo, "Python": generatePython,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			command := generate(t, dir)
			if got := run(t, dir, b.env, command[0], command[1:]...); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

func TestOAuthLibraries(t *testing.T) {
	for name, command := range map[string]func(*testing.T, string) []string{
		"openid-client": func(t *testing.T, dir string) []string {
			linkPackages(t, dir)
			copyFiles(t, dir, map[string]string{here + "openid.mjs": "client.mjs"})
			return []string{"node", "client.mjs"}
		},
		"Authlib": func(t *testing.T, dir string) []string {
			return []string{absolute(t, ".tools/clients-venv/bin/python"), absolute(t, here+"authlib_client.py")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := start(t), t.TempDir()
			args := command(t, dir)
			const want = "active true\nclient invalid_client\nclient invalid_client\nrevoked\n"
			if got := run(t, dir, b.env, args[0], args[1:]...); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if calls := b.kinde.Kinde.Calls("POST /oauth2/revoke"); len(calls) != 1 {
				t.Errorf("got %d revocations at Kinde, want 1", len(calls))
			}
		})
	}
}
