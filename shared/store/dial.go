package store

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/gomodule/redigo/redis"
)

// How long a step may take, whatever the caller's context allows.
const (
	connectLimit = 500 * time.Millisecond // to have a connection: waiting for one, or making it with TLS and AUTH
	commandLimit = 300 * time.Millisecond // a command and its answer
	pingLimit    = 100 * time.Millisecond // of connectLimit, to see whether a pooled connection lives
)

// How long a pooled connection may have been idle. Frozen, a process does not notice
// that the other end has closed, nor that the network between has forgotten it.
const (
	trustedFor = 5 * time.Second  // and be used at once
	usableFor  = 50 * time.Second // and be used when it answers a PING
)

// dialer makes connections to one server, and says which are still good.
type dialer struct {
	server
	config *tls.Config // nil: without TLS
	now    func() time.Time
}

func newDialer(s server) *dialer {
	d := &dialer{server: s, now: time.Now}
	if s.tls {
		// Without RootCAs the first handshake loads the system's.
		d.config = &tls.Config{
			ServerName:         s.host,
			MinVersion:         tls.VersionTLS12,
			ClientSessionCache: tls.NewLRUClientSessionCache(1),
		}
	}
	return d
}

// dial connects, authenticates and selects the database, all before ctx ends.
func (d *dialer) dial(ctx context.Context) (redis.Conn, error) {
	var plain net.Dialer
	socket, err := plain.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	link := &guard{Conn: socket, socket: socket}
	// Not by redigo, whose handshake does not know ctx.
	if d.config != nil {
		secure := tls.Client(socket, d.config)
		if err := secure.HandshakeContext(ctx); err != nil {
			socket.Close()
			return nil, err
		}
		link.Conn = secure
	}
	conn := redis.NewConn(link, commandLimit, commandLimit)
	if err := d.greet(ctx, conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (d *dialer) greet(ctx context.Context, conn redis.Conn) error {
	if d.password != "" {
		credentials := []any{d.password}
		if d.user != "" {
			credentials = []any{d.user, d.password}
		}
		if _, err := redis.DoContext(conn, ctx, "AUTH", credentials...); err != nil {
			return down("AUTH", err)
		}
	}
	if d.database != 0 {
		if _, err := redis.DoContext(conn, ctx, "SELECT", d.database); err != nil {
			return down("SELECT", err)
		}
	}
	return nil
}

var errStale = errors.New("store: stale connection")

// alive is the pool's test of an idle connection.
func (d *dialer) alive(ctx context.Context, conn redis.Conn, lastUsed time.Time) error {
	// Round drops the monotonic reading, which stands still in a freeze. Abs: the
	// clock may have been put back.
	idle := d.now().Round(0).Sub(lastUsed).Abs()
	if idle < trustedFor {
		return nil
	}
	if idle >= usableFor {
		return errStale
	}
	ctx, cancel := context.WithTimeout(ctx, pingLimit)
	defer cancel()
	if reply, err := redis.DoContext(conn, ctx, "PING"); err != nil || reply != "PONG" {
		return errStale
	}
	return nil
}
