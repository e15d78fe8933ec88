//go:build realtools

package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kinde-functions/shared/local/lambdarun"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// site is all functions behind one address, and a record of their responses.
type site struct {
	*httptest.Server
	t         *testing.T
	functions map[string]http.Handler
	before    func(row route.Route, r *http.Request, n int) // may be nil

	mu        sync.Mutex
	counts    map[string]int // requests by pattern
	responses record
}

// buildAll builds all functions at once and returns the paths of their binaries by name.
func buildAll(t *testing.T) map[string]string {
	t.Helper()
	folder, built := t.TempDir(), map[string]string{}
	if err := lambdarun.Build(t.Context(), "kinde-functions/functions/...", folder); err != nil {
		t.Fatal(err)
	}
	for _, row := range route.Table {
		built[row.Function] = filepath.Join(folder, row.Function)
	}
	return built
}

// serve runs each function under a Runtime API, behind the run's platform.
func serve(t *testing.T, binaries map[string]string, f *fixture, r run) *site {
	t.Helper()
	var env []string
	if !r.unset {
		env = append(f.settings(), "RATE_LIMIT="+cmp.Or(r.limit, highLimit))
	}
	s := &site{t: t, functions: map[string]http.Handler{}, counts: map[string]int{}, responses: record{}}
	if r.org {
		env = append(env, "REQUIRE_ORGANIZATION=yes")
	}
	if r.before != nil {
		env = append(env, "UPSTREAM_TIMEOUT=200ms")
		s.before = func(row route.Route, req *http.Request, n int) { r.before(f, row, req, n) }
	}
	for name, binary := range binaries {
		f, err := lambdarun.Start(t.Context(), lambdarun.Options{Binary: binary, Env: env})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Cleanup(func() {
			if _ = f.Close(); f.Starts() != 1 {
				t.Errorf("%s: got %d processes, want 1", name, f.Starts())
			}
		})
		s.functions[name] = lambdarun.Handler(f, r.format)
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	row, found := find(r.URL.EscapedPath())
	if !found {
		http.NotFound(w, r)
		return
	}
	r.Host = pagesHost
	s.mu.Lock()
	if s.before != nil {
		s.before(row, r, s.counts[row.Pattern])
	}
	s.counts[row.Pattern]++
	s.mu.Unlock()
	out := &outcomeWriter{ResponseWriter: w}
	s.functions[row.Function].ServeHTTP(out, r)
	o := out.outcome()
	for _, name := range requiredHeaders[problem.Code(o.what)] {
		if w.Header().Get(name) == "" {
			s.t.Errorf("%s: %s without %s", row.Pattern, o, name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.responses.count(row.Pattern, o)
	for _, name := range conditionalHeaders {
		if w.Header().Get(name) != "" {
			s.responses.count(row.Pattern, outcome{status: o.status, header: name})
		}
	}
}

// find returns the row whose function serves the path. Any text matches a {name}: the
// function validates it.
func find(path string) (route.Route, bool) {
	for _, row := range route.Table {
		if row.Proxied {
			rest, proxied := strings.CutPrefix(path, "/api/proxy/")
			if proxied && strings.Contains(rest, "/") == strings.Contains(row.Pattern, "{path+}") {
				return row, true
			}
			continue
		}
		literal, rest, open := strings.Cut(row.Pattern, "{")
		_, ending, _ := strings.Cut(rest, "}")
		if path == row.Pattern || open && strings.HasPrefix(path, literal) && strings.HasSuffix(path, ending) {
			return row, true
		}
	}
	return route.Route{}, false
}

// outcomeWriter records the outcome of a response.
type outcomeWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *outcomeWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *outcomeWriter) Write(p []byte) (int, error) {
	w.body.Write(p)
	return w.ResponseWriter.Write(p)
}

// outcome returns the status and a failure's code or another body's media type.
func (w *outcomeWriter) outcome() outcome {
	media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if w.status < 400 {
		return outcome{status: w.status, what: media}
	}
	var failure struct{ Code, Error string }
	_ = json.Unmarshal(w.body.Bytes(), &failure) // schemathesis validates the body
	return outcome{status: w.status, what: cmp.Or(failure.Code, failure.Error)}
}
