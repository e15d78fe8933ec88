package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kinde-functions/shared/problem"
)

// serve runs handler and counts connections.
func serve(t *testing.T, handler http.HandlerFunc) (string, *atomic.Int32) {
	t.Helper()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, &connections
}

func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

func code(err error) problem.Code {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

func TestDoSendsRequest(t *testing.T) {
	base, connections := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		fmt.Fprintf(w, "%s %s|%s|%s|%s|%s",
			r.Method, r.URL, h.Get("Authorization"), h.Get("Content-Type"), h.Get("Cookie"), body)
	})
	c := New(time.Second)
	for _, row := range []struct {
		req  Request
		want string
	}{
		{Request{Method: "GET", URL: base + "/a?b=c", Bearer: "tok"}, "GET /a?b=c|Bearer tok|||"},
		{Request{Method: "POST", URL: base + "/f", Form: url.Values{"token": {"a b&c"}}},
			"POST /f||application/x-www-form-urlencoded||token=a+b%26c"},
		{Request{Method: "PATCH", URL: base + "/j", Bearer: "tok", JSON: []byte(`{"a":1}`)},
			`PATCH /j|Bearer tok|application/json||{"a":1}`},
	} {
		resp, err := c.Do(within(t, time.Second), row.req)
		if err != nil || string(resp.Body) != row.want {
			t.Errorf("got %v %v, want %s", resp, err, row.want)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("got %d connections, want 1", n)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("the redirect was followed")
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusFound)
	})
	resp, err := New(time.Second).Do(within(t, time.Second), Request{Method: "GET", URL: base, Bearer: "tok"})
	if err != nil || resp.Status != http.StatusFound {
		t.Errorf("got %v, %v, want the redirect itself", resp, err)
	}
}

func TestResponseSizeIsLimited(t *testing.T) {
	size := MaxBody
	base, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, size)) })
	resp, err := New(5*time.Second).Do(within(t, 5*time.Second), Request{Method: "GET", URL: base})
	if err != nil || len(resp.Body) != MaxBody {
		t.Errorf("got %v for %d bytes, want no error", err, size)
	}
	size++
	_, err = New(5*time.Second).Do(within(t, 5*time.Second), Request{Method: "GET", URL: base})
	if code(err) != problem.UpstreamFailed {
		t.Errorf("got %v for %d bytes, want upstream-failed", err, size)
	}
}

func TestFailuresByKind(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	stall := func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("begin"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	truncate := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte("short"))
	}
	reset := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		want    problem.Code
	}{
		"hangs": {hang, problem.UpstreamTimeout}, "stalls in its body": {stall, problem.UpstreamTimeout},
		"is truncated": {truncate, problem.UpstreamFailed}, "resets": {reset, problem.UpstreamFailed},
	} {
		t.Run(name, func(t *testing.T) {
			base, _ := serve(t, row.handler)
			begin := time.Now()
			_, err := New(200*time.Millisecond).Do(within(t, time.Second),
				Request{Method: "POST", URL: base + "/?q=query-value"})
			if code(err) != row.want || strings.Contains(err.Error(), "query-value") {
				t.Errorf("got %v, want %s without the query", err, row.want)
			}
			if took := time.Since(begin); took > 600*time.Millisecond {
				t.Errorf("took %v, want about the attempt limit of 200ms", took)
			}
		})
	}
}

func TestMalformedResponseIsNotQuoted(t *testing.T) {
	for _, response := range []string{
		"HTTP/1.1 200 OK\r\nuser@example.com\r\n\r\n", "user@example.com\r\n\r\n", "HTTP/1.1 user@example.com\r\n\r\n",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, response)
		}()
		_, err = New(time.Second).Do(within(t, time.Second),
			Request{Method: "POST", URL: "http://" + listener.Addr().String()})
		listener.Close()
		if code(err) != problem.UpstreamFailed || strings.Contains(err.Error(), "user@") {
			t.Errorf("got %v, want upstream-failed without the response", err)
		}
	}
}

func TestUnreachableHost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, err = New(time.Second).Do(within(t, 2*time.Second),
		Request{Method: "POST", URL: "http://" + address + "/?q=query-value"})
	if code(err) != problem.UpstreamFailed || !errors.Is(err, errConnection) ||
		strings.Contains(err.Error(), "query-value") {
		t.Errorf("got %v, want a failed connection without the query", err)
	}
}
