//go:build realtools

package npmpackage

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinde-functions/scripts/check/tree"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
)

// TestExpressRecipe runs the API in Express of docs/own-apis.md as it stands there, behind the
// proxy.
func TestExpressRecipe(t *testing.T) {
	const audience, site = "https://api.example.com", "https://site.example"
	kinde, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kinde.Close)
	address := startExpress(t, "KINDE_ISSUER_URL="+kinde.URL, "KINDE_AUDIENCE="+audience)

	binary := filepath.Join(t.TempDir(), "proxy")
	if err := lambdarun.Build(t.Context(), "kinde-functions/functions/proxy", binary); err != nil {
		t.Fatal(err)
	}
	proxy, err := lambdarun.Start(t.Context(), lambdarun.Options{Binary: binary, Env: []string{
		"KINDE_ISSUER_URL=" + kinde.URL, "KINDE_CLIENT_ID=" + kindetest.ClientID, "KINDE_SITE_URL=" + site,
		"KINDE_AUDIENCE=" + audience, "PROXY_APIS=orders=http://" + address + "/v1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })

	good := kinde.Kinde.Mint(kindetest.Audience(audience))
	r := httptest.NewRequest(http.MethodGet, site+"/api/proxy/orders/recent", nil)
	r.Header.Set("Authorization", "Bearer "+good)
	w := httptest.NewRecorder()
	lambdarun.Handler(proxy, lambdarun.Netlify).ServeHTTP(w, r)
	var body struct{ User string }
	err = json.Unmarshal(w.Body.Bytes(), &body)
	if err != nil || w.Code != http.StatusOK || body.User != kindetest.DemoUser {
		t.Errorf("got %d %s, want 200 with the user %s", w.Code, w.Body, kindetest.DemoUser)
	}
	for name, header := range map[string]string{
		"no token":         "",
		"another audience": "Bearer " + kinde.Kinde.Mint(kindetest.Audience("https://other.example")),
		"broken signature": "Bearer " + good + "AAAA",
	} {
		if got := status(t, "http://"+address+"/v1/recent", header); got != http.StatusUnauthorized {
			t.Errorf("%s: the API's status is %d, want 401", name, got)
		}
	}
}

// startExpress runs the recipe beside the packages of .tools/package until the test ends, and
// returns its address.
func startExpress(t *testing.T, env ...string) string {
	t.Helper()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	document := string(read(t, filepath.Join(root, "docs", "own-apis.md")))
	_, source, found := strings.Cut(document, "An API in Express:\n\n```js\n")
	source, _, closed := strings.Cut(source, "```\n")
	if !found || !closed {
		t.Fatal("docs/own-apis.md has no API in Express")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "api.mjs"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	tools, err := filepath.EvalSymlinks(filepath.Join(root, ".tools", "package", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(tools, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "node", "api.mjs")
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), env...), "PORT="+port)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the API printed %s", said.String())
		}
	})
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address
		} else if time.Now().After(end) {
			t.Fatalf("the API does not listen: %v", err)
		}
	}
}

func status(t *testing.T, url, authorization string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}
