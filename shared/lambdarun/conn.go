package lambdarun

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// conn is a connection from the process, timed where its bytes come and go, so that
// parsing HTTP here is not counted as the function's time.
type conn struct {
	net.Conn
	arrived  atomic.Pointer[time.Time] // when the last bytes came
	gathered *bytes.Buffer             // nil: writes go out as they come
}

// connListener accepts conns.
type connListener struct{ net.Listener }

func (l connListener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: accepted}, nil
}

type connKey struct{}

// withConn is the server's ConnContext.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf is the connection that the request came on.
func connOf(r *http.Request) *conn { return r.Context().Value(connKey{}).(*conn) }

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		now := time.Now()
		c.arrived.Store(&now)
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	if c.gathered != nil {
		return c.gathered.Write(p)
	}
	return c.Conn.Write(p)
}

// gather keeps what the request's handler writes until send.
func (c *conn) gather() { c.gathered = new(bytes.Buffer) }

// send writes it, in one go as Lambda does: the process need not read in pieces.
func (c *conn) send() {
	whole := c.gathered
	c.gathered = nil
	_, _ = c.Conn.Write(whole.Bytes()) // the process has gone: whoever waits for its answer sees that
}
