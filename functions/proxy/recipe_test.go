package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

// TestGoRecipe runs the API in Go of docs/own-apis.md behind the proxy.
func TestGoRecipe(t *testing.T) {
	const audience = "https://api.example.com"
	port := functiontest.FreePort(t)
	f := functiontest.Start(t, function, kindetest.Options{}, append([]string{
		"PROXY_APIS", "orders=http://127.0.0.1:" + port + "/v1", "KINDE_AUDIENCE", audience}, functiontest.Sessions...)...)
	runRecipe(t, "KINDE_ISSUER_URL="+f.Issuer(), "KINDE_AUDIENCE="+audience, "PORT="+port)

	w := f.Get("/api/proxy/orders/recent", f.Bearer(kindetest.Audience(audience))...)
	var body struct {
		Orders []string
		User   string
	}
	err := json.Unmarshal(w.Body.Bytes(), &body)
	if err != nil || w.Code != http.StatusOK || body.User != kindetest.DemoUser {
		t.Errorf("got %d %s, want 200 with the user %s", w.Code, w.Body, kindetest.DemoUser)
	}

	for name, header := range map[string]string{
		"no token":         "",
		"another audience": "Bearer " + f.Mint(kindetest.Audience("https://other.example")),
		"broken signature": "Bearer " + f.Mint(kindetest.Audience(audience)) + "AAAA",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/v1/recent", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", header)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: the API's status is %d, want 401", name, response.StatusCode)
		}
	}
}

// runRecipe builds the recipe against this module's dependencies and runs it until the test ends.
func runRecipe(t *testing.T, env ...string) {
	t.Helper()
	document, err := os.ReadFile("../../docs/own-apis.md")
	if err != nil {
		t.Fatal(err)
	}
	_, source, found := strings.Cut(string(document), "```go\n")
	source, _, closed := strings.Cut(source, "```\n")
	if !found || !closed {
		t.Fatal("docs/own-apis.md has no API in Go")
	}
	dir := t.TempDir()
	file, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "api")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, file).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
	})
	address := "127.0.0.1:" + strings.TrimPrefix(env[len(env)-1], "PORT=")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		} else if time.Now().After(end) {
			t.Fatalf("the API does not listen: %v", err)
		}
	}
}
