package outbound

import (
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"kinde-functions/shared/local/lambdarun"
	"kinde-functions/shared/problem"
)

// upstream counts its connections and requests, and can close those that are
// idle.
type upstream struct {
	*httptest.Server
	requests, connections atomic.Int32
}

func startUpstream(t *testing.T, secure bool, h http.HandlerFunc) *upstream {
	t.Helper()
	u := &upstream{}
	u.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.requests.Add(1)
		h(w, r)
	}))
	u.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			u.connections.Add(1)
		}
	}
	if secure {
		u.StartTLS()
	} else {
		u.Start()
	}
	t.Cleanup(u.Close)
	return u
}

// client returns a client that trusts u.
func (u *upstream) client(timeout time.Duration) *Client {
	tr := newTransport()
	if u.TLS != nil {
		tr.base.TLSClientConfig.RootCAs = u.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
	return newClient(timeout, tr)
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s", r.Method, body)
}

var post = url.Values{"token": {"t"}}

func TestClosedConnectionLosesNoRequest(t *testing.T) {
	for _, secure := range []bool{false, true} {
		u := startUpstream(t, secure, echo)
		c := u.client(time.Second)
		for range 50 {
			for _, req := range []Request{
				{Method: "POST", URL: u.URL, Form: post}, {Method: "POST", URL: u.URL}, {Method: "GET", URL: u.URL},
			} {
				resp, err := c.Do(within(t, 5*time.Second), req)
				if want := req.Method + " " + req.Form.Encode(); err != nil || string(resp.Body) != want {
					t.Fatalf("TLS %v: got %v, error %v, want %q", secure, resp, err, want)
				}
				u.CloseClientConnections()
			}
		}
		if got := u.requests.Load(); got != 150 {
			t.Errorf("TLS %v: got %d requests, want 150: one was sent twice", secure, got)
		}
	}
}

func TestPostIsNotSentOnDoubtfulConnection(t *testing.T) {
	u := startUpstream(t, true, echo)
	c := u.client(time.Second)
	for _, step := range []struct {
		method      string
		wait        time.Duration
		connections int32
	}{
		{"POST", 0, 1},
		{"POST", 0, 1},
		{"POST", doubtAfter + 50*time.Millisecond, 2},
		{"GET", doubtAfter + 50*time.Millisecond, 2}, // the connection is good, so it is kept
		{"POST", 0, 2},
	} {
		time.Sleep(step.wait)
		if _, err := c.Do(within(t, 5*time.Second), Request{Method: step.method, URL: u.URL}); err != nil {
			t.Fatal(err)
		}
		if got := u.connections.Load(); got != step.connections {
			t.Errorf("%s after %v: got %d connections, want %d", step.method, step.wait, got, step.connections)
		}
	}
}

// A connection that is dropped without a FIN costs less than a second.
func TestSilentlyDroppedConnection(t *testing.T) {
	u := startUpstream(t, false, echo)
	network, err := lambdarun.StartNetwork(u.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { network.Close() })
	c := u.client(5 * time.Second)
	for _, method := range []string{"GET", "POST"} {
		req := Request{Method: method, URL: "http://" + network.Address()}
		for range 3 {
			if _, err := c.Do(within(t, 10*time.Second), req); err != nil {
				t.Fatal(err)
			}
			network.Drop()
			time.Sleep(doubtAfter + 10*time.Millisecond)
			begin := time.Now()
			if _, err := c.Do(within(t, 10*time.Second), req); err != nil {
				t.Fatalf("%s after a drop: %v", method, err)
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("%s after a drop: took %v, want at most 1s", method, took)
			}
		}
	}
}

// A slow response on a doubtful connection is requested again and arrives.
func TestSlowResponseOnDoubtfulConnection(t *testing.T) {
	u := startUpstream(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(patience + 200*time.Millisecond)
		}
		io.WriteString(w, "done")
	})
	c := u.client(5 * time.Second)
	c.Do(within(t, time.Second), Request{Method: "GET", URL: u.URL})
	time.Sleep(doubtAfter + 10*time.Millisecond)
	resp, err := c.Do(within(t, 10*time.Second), Request{Method: "GET", URL: u.URL + "/slow"})
	if err != nil || string(resp.Body) != "done" {
		t.Errorf("got %v, error %v", resp, err)
	}
	if got := u.connections.Load(); got != 2 {
		t.Errorf("got %d connections, want 2", got)
	}
}

// A request that has been sent may have been handled, so only GET is repeated,
// even where net/http would repeat because of an Idempotency-Key.
func TestSentRequestIsNotRepeated(t *testing.T) {
	for method, want := range map[string]int32{"POST": 2, "DELETE": 2, "OPTIONS": 2, "GET": 3} {
		u := startUpstream(t, false, func(w http.ResponseWriter, r *http.Request) {})
		h := u.Config.Handler
		u.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			if u.requests.Load() == 2 {
				panic(http.ErrAbortHandler)
			}
		})
		transport := u.client(time.Second).Transport()
		for i := range 2 {
			r, err := http.NewRequestWithContext(within(t, 5*time.Second), method, u.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Idempotency-Key", "k")
			resp, err := transport.RoundTrip(r)
			if failed := err != nil; failed != (i == 1 && method != "GET") {
				t.Errorf("%s, request %d: got error %v", method, i, err)
			}
			if err == nil {
				resp.Body.Close()
			} else if code(err) != problem.UpstreamFailed {
				t.Errorf("%s: got code %s, want %s", method, code(err), problem.UpstreamFailed)
			}
		}
		if got := u.requests.Load(); got != want {
			t.Errorf("%s: got %d requests, want %d", method, got, want)
		}
	}
}

func TestConnIdle(t *testing.T) {
	c := newConn(nil)
	if idle := c.idle(); idle > time.Second {
		t.Errorf("new connection: got idle %v", idle)
	}
	c.lastUsed.Store(time.Now().Add(-time.Minute).UnixNano())
	if idle := c.idle(); idle < time.Minute || idle > 2*time.Minute {
		t.Errorf("used a minute ago: got idle %v", idle)
	}
	c.lastUsed.Store(time.Now().Add(time.Minute).UnixNano())
	if idle := c.idle(); idle != math.MaxInt64 {
		t.Errorf("clock set back: got idle %v, want the longest", idle)
	}
	if got := connOf(&net.TCPConn{}); got != nil {
		t.Errorf("foreign connection: got %v, want nil", got)
	}
}
