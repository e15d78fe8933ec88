package kindetest

import (
	"errors"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestServeLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0"} {
		if s, err := Serve(Options{Addr: addr}); !errors.Is(err, errNotLoopback) {
			t.Errorf("%s: got %v", addr, err)
			if err == nil {
				s.Close()
			}
		}
	}
}

func TestCloseEndsHangingRequests(t *testing.T) {
	tn := newTenant(t)
	tn.Kinde.Fault("/", Fault{Hang: true})
	failed := make(chan error, 1)
	go func() {
		_, err := http.Get(tn.URL + "/")
		failed <- err
	}()
	for deadline := time.Now().Add(5 * time.Second); len(tn.Kinde.Calls("/")) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the request did not arrive")
		}
		time.Sleep(time.Millisecond)
	}
	tn.Close()
	select {
	case err := <-failed:
		if err == nil {
			t.Error("got a response, want none")
		}
	case <-time.After(5 * time.Second):
		t.Error("the request outlived the server")
	}
}

func TestServeTLS(t *testing.T) {
	model := httptest.NewUnstartedServer(nil)
	model.StartTLS() // lends its certificate
	defer model.Close()
	server, err := Serve(Options{TLSConfig: model.TLS})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	res, err := model.Client().Get(server.URL + "/.well-known/jwks")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if !strings.HasPrefix(server.URL, "https://") || res.StatusCode != http.StatusOK {
		t.Errorf("%s: got %d", server.URL, res.StatusCode)
	}
}

// Tokens of the custom domain are invalid on the tenant's own host and the reverse. The
// M2M audience is the latter's.
func TestTwoHosts(t *testing.T) {
	tn := newTenant(t, func(o *Options) { o.SeparateManagement = true })
	if tn.URL == tn.ManagementURL || tn.Env()["KINDE_MANAGEMENT_URL"] != tn.ManagementURL {
		t.Fatalf("got %s and %s", tn.URL, tn.ManagementURL)
	}
	for _, origin := range []string{tn.URL, tn.ManagementURL} {
		if got := tn.get(origin+"/.well-known/openid-configuration", "").json(t); got["issuer"] != origin {
			t.Errorf("issuer %v at %s", got["issuer"], origin)
		}
	}
	machine := func(origin, audience string) response {
		return tn.post(origin+"/oauth2/token", url.Values{
			"grant_type": {grantMachine}, "client_id": {M2MClientID}, "client_secret": {M2MClientSecret}, "audience": {audience},
		})
	}
	if got := machine(tn.ManagementURL, tn.URL+"/api"); oauthCode(t, got) != "unauthorized_client" {
		t.Errorf("audience of the custom domain: got %s", got.body)
	}
	users := func(origin string) int {
		token := machine(origin, tn.ManagementURL+"/api").json(t)["access_token"].(string)
		return tn.get(tn.ManagementURL+"/api/v1/users", token).status
	}
	if own, custom := users(tn.ManagementURL), users(tn.URL); own != 200 || custom != 403 {
		t.Errorf("M2M tokens: got %d by the own host's, %d by the custom domain's, want 200, 403", own, custom)
	}
	user := tn.Kinde.Mint()
	if here, there := tn.get("/account_api/v1/roles", user).status, tn.get(tn.ManagementURL+"/account_api/v1/roles",
		user).status; here != 200 || there != 403 {
		t.Errorf("user's token: got %d here, %d at the other host, want 200, 403", here, there)
	}
	if got := tn.introspectAs(tn.Kinde.Mint(Machine()), user).json(t); got["active"] != true {
		t.Errorf("introspected with an M2M bearer of the own host: got %v", got)
	}
	if got := tn.get(tn.ManagementURL+"/api/v1/account_api/portal_link", user); !strings.Contains(got.body,
		"MISSING_AUDIENCE") {
		t.Errorf("a user's token at the Management API: got %s", got.body)
	}
}

func TestNewChecksOrigins(t *testing.T) {
	for _, bad := range []Options{
		{}, {Issuer: "acme.kinde.com"}, {Issuer: "https://acme.example/"}, {Issuer: "https://u@acme.example"},
		{Issuer: "https://acme.example", Site: "ftp://x.example"}, {Issuer: "https://acme.example", Management: "x"},
	} {
		if _, err := New(bad); !errors.Is(err, errNotOrigin) {
			t.Errorf("%+v: got %v", bad.Issuer, err)
		}
	}
}

// The package must not share code with what it tests, nor add the testing flags to
// programs.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if strings.HasPrefix(path, "kinde-functions/") || path == "testing" || strings.HasPrefix(path, "net/http/httptest") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
