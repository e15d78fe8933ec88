//go:build realtools

package hosts

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kinde-functions/scripts/check/tree"
)

// The functions of the CloudFront distribution run in Node here: their language is a
// subset of Node's.

func TestSAMSitePaths(t *testing.T) {
	for uri, want := range map[string]string{
		"/":                "/index.html",
		"/access/":         "/access/index.html",
		"/access":          "/access/index.html",
		"/404.html":        "/404.html",
		"/demo/address.js": "/demo/address.js",
		"/a.b/c":           "/a.b/c/index.html",
		"//evil.example":   "//evil.example",
		"//evil":           "//evil/index.html",
		"/.well-known/apple-app-site-association": "/.well-known/apple-app-site-association",
	} {
		t.Run(uri, func(t *testing.T) {
			if got := runSiteFunction(t, "SitePaths", uri).URI; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestSAMSiteViewerOverwritesWhatTheClientSent(t *testing.T) {
	got := runSiteFunction(t, "SiteViewer", "/auth/login")
	if got.URI != "/auth/login" {
		t.Errorf("got URI %s, want it unchanged", got.URI)
	}
	for name, want := range map[string]string{"x-viewer-host": "www.example.com", "x-viewer-address": "2001:db8::7"} {
		if value := got.Headers[name].Value; value != want {
			t.Errorf("%s: got %q, want %q", name, value, want)
		}
	}
	if strings.Contains(fmt.Sprint(got), "spoofed") {
		t.Errorf("got %v, want nothing that the client sent", got)
	}
}

// siteRequest is a request as CloudFront functions see it.
type siteRequest struct {
	URI     string
	Headers map[string]struct {
		Value      string
		MultiValue []any
	}
}

// runSiteFunction runs a function of template.yaml on a request whose client sent the
// viewer headers itself.
func runSiteFunction(t *testing.T, function, uri string) (response siteRequest) {
	t.Helper()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Properties struct {
				FunctionCode string `yaml:"FunctionCode"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readYAML(t, filepath.Join(root, "template.yaml"), &template)
	code := template.Resources[function].Properties.FunctionCode
	if code == "" {
		t.Fatalf("template.yaml has no code for %s", function)
	}
	header := func(value string) map[string]any { return map[string]any{"value": value} }
	spoofed := header("spoofed.example")
	spoofed["multiValue"] = []any{header("spoofed.example"), header("b")}
	event, err := json.Marshal(map[string]any{
		"viewer": map[string]any{"ip": "2001:db8::7"},
		"request": map[string]any{"uri": uri, "headers": map[string]any{
			"host": header("www.example.com"), "x-viewer-host": spoofed, "x-viewer-address": header("192.0.2.66"),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("'use strict';\n%s\nconsole.log(JSON.stringify(handler(%s)))", code, event)
	out, err := exec.CommandContext(t.Context(), "node", "-e", script).Output()
	if err == nil {
		err = json.Unmarshal(out, &response)
	}
	if err != nil {
		t.Fatalf("%s: %v %s", function, err, out)
	}
	return response
}
