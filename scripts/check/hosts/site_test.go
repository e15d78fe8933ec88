//go:build realtools

package hosts

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kinde-functions/scripts/check/tree"
)

// TestSAMSiteFunctions runs the distribution's two functions in Node, whose language
// theirs is a part of.
func TestSAMSiteFunctions(t *testing.T) {
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
	ask := func(function, uri string) (answer struct {
		URI     string
		Headers map[string]struct{ Value string }
	}) {
		t.Helper()
		code := template.Resources[function].Properties.FunctionCode
		event, _ := json.Marshal(map[string]any{
			"viewer": map[string]any{"ip": "2001:db8::7"},
			"request": map[string]any{"uri": uri, "headers": map[string]any{
				"host":             map[string]any{"value": "www.example.com"},
				"x-viewer-host":    map[string]any{"value": "spoofed.example", "multiValue": []any{map[string]any{"value": "a"}, map[string]any{"value": "b"}}},
				"x-viewer-address": map[string]any{"value": "192.0.2.66"},
			}},
		})
		node := exec.CommandContext(t.Context(), "node", "-e", "'use strict';\n"+code+"\nconsole.log(JSON.stringify(handler("+string(event)+")))")
		out, err := node.Output()
		if err == nil {
			err = json.Unmarshal(out, &answer)
		}
		if err != nil || code == "" || function == "SiteViewer" && strings.Contains(string(out), "spoofed") {
			t.Fatalf("%s: %v %s", function, err, out)
		}
		return answer
	}
	for uri, want := range map[string]string{
		"/": "/index.html", "/access/": "/access/index.html", "/access": "/access/index.html", "/404.html": "/404.html",
		"/demo/address.js": "/demo/address.js", "/a.b/c": "/a.b/c/index.html", "/.well-known/apple-app-site-association": "/.well-known/apple-app-site-association",
		"//evil.example": "//evil.example", "//evil": "//evil/index.html",
	} {
		if got := ask("SitePaths", uri).URI; got != want {
			t.Errorf("%s is %s, want %s", uri, got, want)
		}
	}
	got := ask("SiteViewer", "/auth/login")
	if got.URI != "/auth/login" || got.Headers["x-viewer-host"].Value != "www.example.com" || got.Headers["x-viewer-address"].Value != "2001:db8::7" {
		t.Errorf("%+v", got)
	}
}
