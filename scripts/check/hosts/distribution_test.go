//go:build realtools

package hosts

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// apiHost is the API's host, which knows no other.
const apiHost = "abcdef1234.execute-api.us-east-1.amazonaws.com"

// distribution stands in for a CloudFront distribution: it runs viewer functions, adds an
// origin's header, and requests the origin by the origin's own host.
type distribution struct {
	t            *testing.T
	edge         *edge
	behaviors    []cacheBehavior // the last one is the default
	originHeader http.Header     // of the API
	api          http.Handler
	pages        http.Handler
}

// cacheBehavior is what the tests read of a behavior.
type cacheBehavior struct {
	PathPattern          string   `yaml:"PathPattern"`
	TargetOriginID       string   `yaml:"TargetOriginId"`
	AllowedMethods       []string `yaml:"AllowedMethods"`
	FunctionAssociations []struct {
		EventType   string `yaml:"EventType"`
		FunctionARN string `yaml:"FunctionARN"`
	} `yaml:"FunctionAssociations"`
}

// function returns the name of the function for a type of event, or "".
func (b cacheBehavior) function(event string) string {
	for _, f := range b.FunctionAssociations {
		if f.EventType == event {
			return f.FunctionARN
		}
	}
	return ""
}

// matches reports whether the pattern has the path. The default behavior has no pattern.
func (b cacheBehavior) matches(path string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(b.PathPattern), `\*`, ".*")
	return b.PathPattern == "" || regexp.MustCompile("^"+pattern+"$").MatchString(path)
}

// value is a header, a cookie or a part of a query in a function's event.
type value struct {
	Value string `json:"value"`
}

// viewerRequest is a request in a function's event. As a result it may be a response.
type viewerRequest struct {
	Method      string           `json:"method"`
	URI         string           `json:"uri"`
	Querystring map[string]value `json:"querystring"`
	Headers     map[string]value `json:"headers"`
	Cookies     map[string]value `json:"cookies"`
	StatusCode  int              `json:"statusCode,omitempty"`
}

func (d *distribution) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := slices.IndexFunc(d.behaviors, func(b cacheBehavior) bool { return b.matches(r.URL.Path) })
	b := d.behaviors[at]
	if len(b.AllowedMethods) > 0 && !slices.Contains(b.AllowedMethods, r.Method) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	sent := viewerEvent(r)
	if name := b.function("viewer-request"); name != "" {
		var result viewerRequest
		d.edge.run(d.t, name, sent, nil, &result)
		if result.StatusCode != 0 {
			copyValues(w.Header(), result.Headers)
			w.WriteHeader(result.StatusCode)
			return
		}
		copyValues(r.Header, result.Headers)
		r.URL.Path = result.URI
	}
	if name := b.function("viewer-response"); name != "" {
		var result struct{ Headers map[string]value }
		d.edge.run(d.t, name, sent, map[string]any{"statusCode": 200, "headers": map[string]value{}}, &result)
		copyValues(w.Header(), result.Headers)
	}
	if b.TargetOriginID != "kinde-functions" {
		d.pages.ServeHTTP(w, r)
		return
	}
	maps.Copy(r.Header, d.originHeader)
	r.Host = apiHost
	d.api.ServeHTTP(w, r)
}

// viewerEvent is the request in a function's event.
func viewerEvent(r *http.Request) viewerRequest {
	request := viewerRequest{Method: r.Method, URI: r.URL.Path, Querystring: map[string]value{},
		Headers: map[string]value{"host": {r.Host}}, Cookies: map[string]value{}}
	for name, values := range r.Header {
		if name != "Cookie" {
			request.Headers[strings.ToLower(name)] = value{strings.Join(values, ",")}
		}
	}
	for _, cookie := range r.Cookies() {
		request.Cookies[cookie.Name] = value{cookie.Value}
	}
	for name, values := range r.URL.Query() {
		request.Querystring[name] = value{url.QueryEscape(values[0])}
	}
	return request
}

func copyValues(header http.Header, values map[string]value) {
	for name, v := range values {
		if name != "host" {
			header.Set(name, v.Value)
		}
	}
}

// gatewayServer serves an HTTP API at an address of its own, and returns a proxy to it.
func gatewayServer(t *testing.T, gateway http.Handler) (base string, proxy http.Handler) {
	t.Helper()
	server := httptest.NewServer(gateway)
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return server.URL, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
		r.Out.Host = r.In.Host
	}}
}

// edge is a process that runs viewer functions.
type edge struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

// startEdge starts it with the functions' code by name, and a store for their keys.
func startEdge(t *testing.T, code, store map[string]string) *edge {
	t.Helper()
	cmd := command(t.Context(), ".", nil, "node", "--experimental-vm-modules", "--no-warnings", "edge.mjs")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // killed, if the test has ended first
	})
	e := &edge{in: in, out: bufio.NewReader(out)}
	e.write(t, map[string]any{"code": code, "store": store})
	return e
}

func (e *edge) write(t *testing.T, message any) {
	t.Helper()
	if err := json.NewEncoder(e.in).Encode(message); err != nil {
		t.Errorf("edge: %v", err)
	}
}

// run runs a function and reads its result.
func (e *edge) run(t *testing.T, name string, request viewerRequest, response, result any) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.write(t, map[string]any{"name": name, "event": map[string]any{
		"viewer": map[string]string{"ip": net.IPv4(192, 0, 2, 7).String()}, "request": request, "response": response,
	}})
	line, err := e.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, result)
	}
	if err != nil {
		t.Errorf("%s: %v %s", name, err, line)
	}
}
