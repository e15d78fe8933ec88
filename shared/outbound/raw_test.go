package outbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/problem"
)

// reverseProxy returns a proxy to target over c. Its errors go to failed.
func reverseProxy(t *testing.T, target string, c *Client, failed *error) http.Handler {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(u) },
		Transport: c.Transport(),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			*failed = err
			w.WriteHeader(http.StatusBadGateway)
		},
	}
}

func TestTransportBelowReverseProxy(t *testing.T) {
	const binary = "\x00\xff\x89PNG"
	u := startUpstream(t, false, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Method", r.Method)
		w.Header().Set("X-Uri", r.RequestURI)
		w.Header().Set("Etag", r.Header.Get("If-Match"))
		w.Header().Set("Content-Type", "application/octet-stream")
		if r.Method == "PATCH" {
			w.WriteHeader(http.StatusConflict)
		}
		w.Write(body)
	})
	var failed error
	proxy := reverseProxy(t, u.URL, u.client(time.Second), &failed)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		r := httptest.NewRequestWithContext(t.Context(), method, "/a%2Fb?q=%41", strings.NewReader(binary))
		r.Header.Set("If-Match", `"v1"`)
		w := httptest.NewRecorder()
		u.CloseClientConnections() // the body must survive a dead connection
		proxy.ServeHTTP(w, r)
		status, body := http.StatusOK, binary
		switch method {
		case "HEAD":
			body = ""
		case "PATCH":
			status = http.StatusConflict
		}
		h := w.Header()
		if w.Code != status || w.Body.String() != body || h.Get("X-Method") != method ||
			h.Get("X-Uri") != "/a%2Fb?q=%41" || h.Get("Etag") != `"v1"` {
			t.Errorf("%s: got %d %q %v, error %v, want %d", method, w.Code, w.Body, h, failed, status)
		}
	}
}

func TestTransportBounds(t *testing.T) {
	u := startUpstream(t, false, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/slow":
			time.Sleep(300 * time.Millisecond)
		case "/hangs":
			<-r.Context().Done()
		case "/large":
			w.Write(make([]byte, MaxBody))
		case "/larger":
			w.Write(make([]byte, MaxBody+1))
		case "/breaks":
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "half")
		}
	})
	transport := u.client(100 * time.Millisecond).Transport()
	for path, want := range map[string]problem.Code{
		"/slow":   "", // longer than the client's timeout, within the context's
		"/hangs":  problem.UpstreamTimeout,
		"/large":  "",
		"/larger": problem.UpstreamFailed,
		"/breaks": problem.UpstreamFailed,
	} {
		ctx, traffic := WithTraffic(within(t, time.Second))
		r, err := http.NewRequestWithContext(ctx, "POST", u.URL+path, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = transport.RoundTrip(r)
		if got := code(err); got != want {
			t.Errorf("%s: got code %q, want %q", path, got, want)
		}
		if calls, spent := traffic.Read(); calls != 1 || spent <= 0 {
			t.Errorf("%s: got %d calls and %v, want 1 call", path, calls, spent)
		}
	}
	for size, want := range map[int]problem.Code{MaxBody: "", MaxBody + 1: problem.UpstreamFailed} {
		body := io.MultiReader(bytes.NewReader(make([]byte, size))) // of unknown size
		r, err := http.NewRequestWithContext(within(t, 5*time.Second), "PUT", u.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := transport.RoundTrip(r); code(err) != want {
			t.Errorf("request body of %d bytes: got error %v, want code %q", size, err, want)
		}
	}
}

type closeRecorder struct {
	io.Reader
	closed bool
}

func (c *closeRecorder) Close() error { c.closed = true; return nil }

// A RoundTripper closes the request's body, on errors too.
func TestTransportClosesRequestBody(t *testing.T) {
	u := startUpstream(t, false, echo)
	transport := u.client(time.Second).Transport()
	for name, read := range map[string]io.Reader{
		"good":   strings.NewReader("x"),
		"broken": io.MultiReader(strings.NewReader("x"), errReader{}),
	} {
		b := &closeRecorder{Reader: read}
		r, err := http.NewRequestWithContext(within(t, time.Second), "POST", u.URL, b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := transport.RoundTrip(r); (err == nil) != (name == "good") || !b.closed {
			t.Errorf("%s: got error %v, closed %v", name, err, b.closed)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	b := &closeRecorder{Reader: strings.NewReader("x")}
	r, err := http.NewRequestWithContext(canceled, "POST", u.URL, b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transport.RoundTrip(r); err == nil || !b.closed {
		t.Errorf("canceled: got error %v, closed %v", err, b.closed)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("broken") }
