package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const netlifyTOML = `
[[headers]]
  for = "/*"
  [headers.values]
    X-All = "1"
    X-Twice = "first"
    Cache-Control = '''
      max-age=0,
      must-revalidate'''

[[headers]]
  for = "/assets/*.css"
  [headers.values]
    x-twice = "second"
    X-List = ["a", "b"]

[[headers]]
  for = "/people/:name/card"
  [headers.values]
    X-Card = "1"
`

const ownHeaders = `# of the site
/*
  X-Own: a
  X-Own: b; c
/access/*
  # of a folder
  X-Below: 1
`

// publicSite makes a project with a published folder, and something outside of it.
func publicSite(t *testing.T) static {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"netlify.toml": netlifyTOML, "secret": "outside",
		"public/index.html": "home", "public/404.html": "<p>missing",
		"public/access/index.html": "access", "public/about.html": "about", "public/assets/a.css": "css",
		"public/_headers": ownHeaders, "public/.env": "hidden", "public/.well-known/x.txt": "known",
		"public/empty/x.bin": "x",
	} {
		put(t, root, name, content)
	}
	if err := os.Symlink(filepath.Join(root, "secret"), filepath.Join(root, "public", "link")); err != nil {
		t.Fatal(err)
	}
	return static{dir: filepath.Join(root, "public"), config: filepath.Join(root, "netlify.toml")}
}

func TestStatic(t *testing.T) {
	handler := publicSite(t)
	for _, test := range []struct {
		method, path string
		status       int
		body         string
		header       string // "name: value"
	}{
		{"GET", "/", 200, "home", "Cache-Control: max-age=0, must-revalidate"},
		{"GET", "/", 200, "home", "Content-Type: text/html; charset=utf-8"},
		{"HEAD", "/", 200, "", "X-All: 1"},
		{"GET", "/access/", 200, "access", "X-Twice: first"},
		{"GET", "/about", 200, "about", "X-Own: a, b; c"},
		{"GET", "/access/", 200, "access", "X-Below: 1"},
		{"GET", "/about", 200, "about", "X-Below: "},
		{"GET", "/_headers", 404, "<p>missing", ""},
		{"GET", "/access", 301, "", "Location: /access/"},
		{"GET", "/access?error=x&y", 301, "", "Location: /access/?error=x&y"},
		{"GET", "/about", 200, "about", ""},
		{"GET", "/about.html", 200, "about", ""},
		{"GET", "/assets/a.css", 200, "css", "X-Twice: second"},
		{"GET", "/assets/a.css", 200, "css", "X-List: a, b"},
		{"GET", "/assets/a.css", 200, "css", "Content-Type: text/css; charset=utf-8"},
		{"GET", "/assets/a.css/", 404, "<p>missing", ""},
		{"GET", "/people/ann/card", 404, "<p>missing", "X-Card: 1"},
		{"GET", "/people/ann/b/card", 404, "<p>missing", "X-Card: "},
		{"GET", "/nothing", 404, "<p>missing", "Content-Type: text/html; charset=utf-8"},
		{"HEAD", "/nothing", 404, "", ""},
		{"GET", "/empty/", 404, "<p>missing", ""},
		{"GET", "/.env", 404, "<p>missing", ""},
		{"GET", "/.well-known/x.txt", 200, "known", ""},
		{"GET", "/link", 404, "<p>missing", ""},
		{"GET", "/../secret", 404, "<p>missing", ""},
		{"GET", "/%2e%2e/secret", 404, "<p>missing", ""},
		{"GET", "/access/../access", 404, "<p>missing", "Location: "},
		{"GET", "//access", 404, "<p>missing", "Location: "}, // not a redirect to the host "access"
		{"POST", "/", 405, "405: only GET here\n", "Allow: GET, HEAD"},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(test.method, "http://site.test"+test.path, nil)
		handler.ServeHTTP(w, r)
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%s %s: got %d %q, want %d %q", test.method, test.path, w.Code, w.Body, test.status, test.body)
		}
		if name, value, asked := strings.Cut(test.header, ": "); asked && w.Header().Get(name) != value {
			t.Errorf("%s %s: %s: got %q, want %q", test.method, test.path, name, w.Header().Get(name), value)
		}
	}
}

func TestStaticWithoutFiles(t *testing.T) {
	root := t.TempDir()
	handler := static{dir: filepath.Join(root, "public"), config: filepath.Join(root, "netlify.toml")}
	get := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "http://site.test/", nil))
		return w
	}
	if w := get(); w.Code != http.StatusNotFound {
		t.Errorf("got %d without a public folder, want 404", w.Code)
	}
	put(t, root, "public/x", "x")
	if w := get(); w.Code != http.StatusNotFound {
		t.Errorf("got %d without a 404.html, want 404", w.Code)
	}
	for _, broken := range []string{"X-Own: a\n", "/*\n  no header\n"} {
		put(t, root, "public/_headers", broken)
		if w := get(); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "_headers: line ") {
			t.Errorf("_headers %q: got %d %s, want 500 and the line", broken, w.Code, w.Body)
		}
	}
	put(t, root, "public/_headers", "")
	put(t, root, "netlify.toml", "[[headers]\n")
	if w := get(); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "netlify.toml") {
		t.Errorf("got %d %s for a broken netlify.toml, want 500 saying so", w.Code, w.Body)
	}
	put(t, root, "netlify.toml", "[[headers]]\nfor = \"/*\"\n[headers.values]\nX-A = 1\n")
	if w := get(); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "X-A") {
		t.Errorf("got %d %s for a header that is a number, want 500 saying so", w.Code, w.Body)
	}
}

func TestHeaderPath(t *testing.T) {
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"/*", "/", true},
		{"/*", "/a/b", true},
		{"/a/*", "/a", true},
		{"/a/*", "/a/b/c", true},
		{"/a/*", "/ab", false},
		{"/", "/", true},
		{"/", "/a", false},
		{"/a.js", "/a.js", true},
		{"/a.js", "/abjs", false},
		{"/a.js", "/A.JS", true},
		{"/a", "/a/", true},
		{"/:x/b", "/a/b", true},
		{"/:x/b", "/a/c/b", false},
		{"/*.css", "/deep/a.css", true},
		{"/*.css", "/a.css.map", false},
	} {
		if got := headerPath(test.pattern).MatchString(test.path); got != test.want {
			t.Errorf("%s, %s: got %v, want %v", test.pattern, test.path, got, test.want)
		}
	}
}
