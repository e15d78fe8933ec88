package outbound

import (
	"math"
	"net"
	"sync/atomic"
	"time"
)

// conn is a connection that records when bytes were last transferred.
type conn struct {
	net.Conn
	lastUsed atomic.Int64 // Unix nanoseconds, by the wall clock
}

func newConn(c net.Conn) *conn {
	tracked := &conn{Conn: c}
	tracked.touch()
	return tracked
}

func (c *conn) touch() { c.lastUsed.Store(time.Now().UnixNano()) }

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.touch()
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if n > 0 {
		c.touch()
	}
	return n, err
}

// idle returns how long no byte has been transferred. It uses the wall clock,
// because the monotonic clock does not advance while the machine is suspended.
// If the wall clock has been set back, nothing is known.
func (c *conn) idle() time.Duration {
	idle := time.Now().UnixNano() - c.lastUsed.Load()
	if idle < 0 {
		return math.MaxInt64
	}
	return time.Duration(idle)
}

// connOf returns the conn below c, which may be a TLS connection, or nil.
func connOf(c net.Conn) *conn {
	for {
		if tracked, ok := c.(*conn); ok {
			return tracked
		}
		inner, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = inner.NetConn()
	}
}
