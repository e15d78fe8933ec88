package lambdahttp

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// serveEcho answers with the request's body and trailers, and counts connections.
func serveEcho(t *testing.T) (server *httptest.Server, connections *atomic.Int32) {
	connections = &atomic.Int32{}
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/close" {
			w.Header().Set("Connection", "close")
		}
		fmt.Fprintf(w, "%s %s %d%s", r.Method, body, r.ContentLength, r.Trailer.Get("Late"))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server, connections
}

func TestRuntimeAPIUsesOneConnection(t *testing.T) {
	server, connections := serveEcho(t)
	other, _ := serveEcho(t)
	client := &http.Client{Transport: &runtimeAPI{host: server.Listener.Addr().String(), others: http.DefaultTransport}}
	ask := func(method, url, body, late string) string {
		t.Helper()
		var r io.Reader
		if body != "" {
			r = io.MultiReader(strings.NewReader(body)) // of unknown length
		}
		request, err := http.NewRequestWithContext(t.Context(), method, url, r)
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			request.Trailer = http.Header{"Late": nil}
		}
		if late != "" {
			request.Trailer.Set("Late", late)
		}
		resp, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	large := strings.Repeat("x", 3*bufferSize)
	for range 3 {
		if got := ask("GET", server.URL+"/next", "", ""); got != "GET  0" {
			t.Errorf("GET: %q", got)
		}
		if got := ask("POST", server.URL+"/response", large, ""); got != "POST "+large+" 49152" {
			t.Errorf("POST: %d bytes", len(got))
		}
		if got := ask("POST", server.URL+"/response", large, "!"); got != "POST "+large+" -1!" {
			t.Errorf("POST of what broke off: %d bytes", len(got))
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	if got := ask("GET", other.URL, "", ""); got != "GET  0" {
		t.Errorf("another host: %q", got)
	}
	server.CloseClientConnections()
	if got := ask("GET", server.URL+"/close", "", ""); got != "GET  0" {
		t.Errorf("after a closed connection: %q", got)
	}
	if got := ask("GET", server.URL, "", ""); got != "GET  0" {
		t.Errorf("after one that was to be closed: %q", got)
	}
	if n := connections.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
}
