package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

const ownRedirects = `# of the site
/demo/*  /404.html  404!
/old/:year/:name  /new/:name?year=:year  301
/api/hello  /.netlify/functions/hello  200
/nl  /dutch.html  200  Country=nl
/search  q=:q  /found/:q  301
/about.html  /moved  302
/proxy/*  https://other.example/:splat  200
`

const declaredRedirects = `
[[redirects]]
  from = "/portal"
  to = "/.netlify/functions/portal"
  status = 200
  force = true
[[redirects]]
  from = "/docs/*"
  to = "https://docs.example/:splat"
[[redirects]]
  from = "/*"
  to = "/index.html"
  status = 200
`

func TestRedirects(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"netlify.toml": declaredRedirects, "dist/_redirects": ownRedirects, "dist/index.html": "app",
		"dist/404.html": "missing", "dist/demo/x.html": "demo", "dist/about.html": "about",
	} {
		put(t, root, name, content)
	}
	handler, err := openPublished("elsewhere", filepath.Join(root, "dist")) // an absolute path
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path     string
		status   int
		body     string
		location string
	}{
		{"/", 200, "app", ""},
		{"/any/route", 200, "app", ""},
		{"/portal", 200, "app", ""}, // its function is the site's business
		{"/about.html", 200, "about", ""},
		{"/demo/x.html", 404, "missing", ""},
		{"/demo", 404, "missing", ""},
		{"/old/2024/a%20b", 301, "", "/new/a%20b?year=2024"},
		{"/old/2024/a/?x=1", 301, "", "/new/a?year=2024"},
		{"/docs/a/b?x=1", 301, "", "https://docs.example/a/b?x=1"},
		{"/docs", 301, "", "https://docs.example/"},
		{"/nl", 200, "app", ""},
		{"/search", 200, "app", ""},
		{"/proxy/x", 501, "501: scripts/dev does not forward to other sites as this redirect does\n", ""},
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://site.test"+test.path, nil))
		location := w.Header().Get("Location")
		if w.Code != test.status || w.Body.String() != test.body || location != test.location {
			t.Errorf("%s: got %d %q, Location %q; want %d %q, %q",
				test.path, w.Code, w.Body, location, test.status, test.body, test.location)
		}
	}
	put(t, root, "dist/_redirects", "/only\n")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://site.test/", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("got %d for a broken _redirects, want 500", w.Code)
	}
}
