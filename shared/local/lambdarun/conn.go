package lambdarun

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// conn is a connection from the process. It is timed when bytes arrive and leave,
// so that parsing HTTP here does not count as the function's time.
type conn struct {
	net.Conn
	arrived  atomic.Pointer[time.Time] // when the last bytes arrived
	gathered *bytes.Buffer             // if nil, writes are sent at once
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

// connOf returns the connection of the request.
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

// gather buffers what the request's handler writes until send.
func (c *conn) gather() { c.gathered = new(bytes.Buffer) }

// send writes the buffer at once, as Lambda does.
func (c *conn) send() {
	whole := c.gathered
	c.gathered = nil
	_, _ = c.Conn.Write(whole.Bytes()) // an error means that the process has exited, which Invoke reports
}
