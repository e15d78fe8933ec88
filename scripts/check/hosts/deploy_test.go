//go:build realtools

package hosts

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// siteID and madeUpToken belong to no site.
const (
	siteID      = "0a1b2c3d-0000-4000-8000-000000000000"
	madeUpToken = "made-up-token-of-nobody"
)

// netlifyAPI stands in for Netlify's API as far as a deploy needs it, and keeps what it
// receives.
type netlifyAPI struct {
	mu        sync.Mutex
	anonymous []string          // requests without the token
	files     map[string]string // announced: SHA-1 by path
	functions map[string]string // announced: SHA-256 by name
	uploads   map[string][]byte // by path below the deploy
	twice     []string
}

func (a *netlifyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if r.Header.Get("Authorization") != "Bearer "+madeUpToken && strings.HasPrefix(r.URL.Path, "/api/v1/") {
		a.anonymous = append(a.anonymous, r.Method+" "+r.URL.Path)
	}
	var response any = map[string]any{}
	site := map[string]any{"id": siteID, "name": siteID, "account_slug": "acme", "ssl_url": "https://acme.example",
		"url": "https://acme.example", "admin_url": "https://admin.example/acme", "build_settings": map[string]any{}}
	const own = "/api/v1/sites/" + siteID
	path := r.URL.Path
	upload, isUpload := strings.CutPrefix(path, "/api/v1/deploys/deploy-1/")
	switch {
	case isUpload && r.Method == http.MethodPut:
		if a.uploads[upload] != nil {
			a.twice = append(a.twice, upload)
		}
		a.uploads[upload] = body
	case path == own:
		response = site
	case path == "/api/v1/sites":
		response = []any{site}
	case path == "/api/v1/accounts":
		response = []any{map[string]any{"id": "acme", "slug": "acme", "name": "Acme", "default": true}}
	case strings.HasSuffix(path, "/env"):
		response = []any{}
	case strings.HasPrefix(path, own+"/deploys"):
		response = a.deploy(r.Method, body)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(response)
}

// deploy reads the list of what is to be deployed, requires all of it, and reports the
// deploy as ready when it has everything.
func (a *netlifyAPI) deploy(method string, body []byte) map[string]any {
	if method == http.MethodPut {
		var announced struct{ Files, Functions map[string]string }
		_ = json.Unmarshal(body, &announced) // a malformed body announces nothing, which fails the test
		a.files, a.functions = announced.Files, announced.Functions
	}
	state := "prepared"
	if len(a.uploads) == len(a.files)+len(a.functions) && len(a.uploads) > 0 {
		state = "ready"
	}
	return map[string]any{"id": "deploy-1", "site_id": siteID, "name": "acme", "state": state,
		"required": slices.Collect(maps.Values(a.files)), "required_functions": slices.Collect(maps.Values(a.functions)),
		"deploy_ssl_url": "https://deploy.example", "ssl_url": "https://acme.example", "url": "https://acme.example",
		"admin_url": "https://admin.example/acme"}
}

// checkNetlifyDeploy deploys what has been built in dir to the stand-in, which must get
// all of it and nothing else.
func checkNetlifyDeploy(t *testing.T, netlify, dir string, env []string) {
	api := &netlifyAPI{uploads: map[string][]byte{}}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("KINDE_CLIENT_SECRET=kept-at-home\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env = append(slices.Clone(env), "NETLIFY_API_URL="+server.URL+"/api/v1", "NETLIFY_AUTH_TOKEN="+madeUpToken,
		"NETLIFY_SITE_ID="+siteID)
	run(t, dir, env, netlify, "deploy", "--no-build", "--prod", "--json", "--timeout", "60")
	api.mu.Lock()
	defer api.mu.Unlock()
	if len(api.anonymous)+len(api.twice) > 0 {
		t.Errorf("got requests without the token %v, uploads twice %v, want none", api.anonymous, api.twice)
	}
	if announced := slices.Sorted(maps.Keys(api.functions)); !slices.Equal(announced, functions(t)) {
		t.Errorf("got the functions %v, want %v", announced, functions(t))
	}
	for name, digest := range api.functions {
		archive := api.uploads["functions/"+name]
		if got := fmt.Sprintf("%x", sha256.Sum256(archive)); got != digest {
			t.Errorf("%s: got another upload than was announced", name)
			continue
		}
		file := filepath.Join(t.TempDir(), name+".zip")
		if err := os.WriteFile(file, archive, 0o600); err != nil {
			t.Fatal(err)
		}
		checkBinary(t, unzip(t, file, "bootstrap"), elf.EM_X86_64)
	}
	api.checkFiles(t, dir)
}

// checkFiles checks that the pages were uploaded, and nothing else but netlify.toml,
// which the tool adds for its headers and redirects.
func (a *netlifyAPI) checkFiles(t *testing.T, dir string) {
	t.Helper()
	if len(a.files) < 10 || a.files["index.html"] == "" {
		t.Errorf("got the files %v, want the site's", slices.Sorted(maps.Keys(a.files)))
	}
	for name, digest := range a.files {
		folder := "public"
		if name == "netlify.toml" {
			folder = "."
		}
		content, err := os.ReadFile(filepath.Join(dir, folder, name))
		uploaded := a.uploads["files/"+name]
		whole := fmt.Sprintf("%x", sha1.Sum(uploaded)) == digest
		if err != nil || !whole || name != "netlify.toml" && !bytes.Equal(content, uploaded) {
			t.Errorf("%s: got %d bytes (%v), want the page", name, len(uploaded), err)
		}
		if bytes.Contains(uploaded, []byte("kept-at-home")) {
			t.Errorf("%s holds a secret", name)
		}
	}
}
