package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"
)

const (
	// doubtAfter is how long a connection may be idle, by the wall clock,
	// before it may have been dropped without a FIN: Lambda freezes the process
	// between requests, for any length of time, and meanwhile firewalls and
	// address translation forget its connections.
	doubtAfter = 250 * time.Millisecond
	// patience is how long a GET waits for the first byte of its response on a
	// doubtful connection before it is sent again on a new one.
	patience = 700 * time.Millisecond
	// idleTimeout closes connections while the process is not frozen.
	idleTimeout = 50 * time.Second
	// maxAttempts bounds the connections that one request may try.
	maxAttempts = 3
)

// transport is an HTTP/1.1 transport that loses no request to a pooled
// connection that died while the process was frozen.
//
// net/http learns that a connection was closed only when its read loop runs. On
// thaw, a request can be sent first; net/http then repeats a GET, and a POST
// fails. Therefore each pooled connection is checked before a request is sent
// on it:
//   - A connection that the other end has closed is discarded. This is exact,
//     because the kernel has received the FIN.
//   - A connection that has been idle for longer than doubtAfter may be dead
//     without a FIN. A GET or HEAD is sent on it and, after patience, again on
//     a new connection. Any other request is sent only on a new connection.
//
// Nothing is repeated once it has been sent, except GET and HEAD.
type transport struct {
	base *http.Transport
}

func newTransport() *transport {
	var http1 http.Protocols
	http1.SetHTTP1(true)
	return &transport{&http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: dial,
		TLSClientConfig: &tls.Config{
			RootCAs: roots(), MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(8),
		},
		Protocols:              &http1,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		// MaxBody counts the bytes that are transferred, so none are inflated.
		DisableCompression: true,
	}}
}

// RoundTrip sends r. It reads r's body into memory if the body cannot be read
// again by GetBody, and then refuses one over MaxBody.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	getBody, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	for range maxAttempts - 1 {
		resp, again, err := t.attempt(r, getBody)
		if !again {
			return resp, err
		}
		t.base.CloseIdleConnections() // the others are no better
	}
	resp, _, err := t.attempt(r, getBody)
	return resp, err
}

// attempt sends r once. again reports that the connection was no good and that
// r may be sent again.
func (t *transport) attempt(r *http.Request, getBody func() (io.ReadCloser, error)) (
	resp *http.Response, again bool, err error) {
	a := &attempt{repeatable: r.Method == http.MethodGet || r.Method == http.MethodHead}
	ctx, cancel := context.WithCancelCause(r.Context())
	a.cancel = cancel
	out := r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: a.gotConn}))
	if getBody != nil {
		out.GetBody = getBody
		if out.Body, err = getBody(); err != nil {
			cancel(nil)
			return nil, false, err
		}
	}
	resp, err = t.base.RoundTrip(out)
	gaveUp := a.timer != nil && !a.timer.Stop()
	if err == nil && !gaveUp {
		resp.Body = &body{resp.Body, cancel}
		return resp, false, nil
	}
	if err == nil { // it came too late: ctx is canceled
		resp.Body.Close()
		err = context.Cause(ctx)
	}
	cancel(nil)
	return nil, (a.discarded || gaveUp) && r.Context().Err() == nil, err
}

// attempt is one sending of a request. net/http calls gotConn in RoundTrip's
// goroutine.
type attempt struct {
	repeatable bool
	sent       bool // on a connection that was not discarded
	discarded  bool
	timer      *time.Timer
	cancel     context.CancelCauseFunc
}

var (
	errSilent   = errors.New("outbound: no response on a pooled connection")
	errRepeated = errors.New("outbound: connection failed after the request was sent")
)

// gotConn decides whether the request is sent on the connection that net/http
// has chosen. Closing the connection here makes sure that nothing is sent.
func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	if a.sent && !a.repeatable {
		a.cancel(errRepeated) // net/http repeats whatever has an Idempotency-Key
		return
	}
	if c := connOf(info.Conn); info.Reused && c != nil {
		doubtful := c.idle() > doubtAfter
		if c.closed() || doubtful && !a.repeatable {
			a.discarded = true
			c.Close()
			return
		}
		if doubtful {
			a.timer = time.AfterFunc(patience, func() { a.cancel(errSilent) })
		}
	}
	a.sent = true
}

// bodyOf returns what opens r's body anew for each attempt, or nil if r has
// none. r's own body is closed.
func bodyOf(r *http.Request) (func() (io.ReadCloser, error), error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	defer r.Body.Close()
	if r.GetBody != nil {
		return r.GetBody, nil
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return nil, err
	}
	if len(content) > MaxBody {
		return nil, fmt.Errorf("outbound: request body is over %d bytes", MaxBody)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }, nil
}

// body is a response's body whose end releases the attempt's context.
type body struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (b *body) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

var dialer = net.Dialer{Timeout: 30 * time.Second}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return newConn(c), nil
}
