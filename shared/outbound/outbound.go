// Package outbound makes bounded calls to Kinde over HTTP.
//
// It defends against an upstream that hangs, stalls half-way, redirects a token
// to another host, answers without end, or is briefly down: an attempt has a
// time limit, a request never outlasts its context, an answer is at most
// MaxBody, no redirect is followed, and reads are retried only while there is
// time left. Its errors are problems; no URL, header or body gets into them.
package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"kinde-functions/shared/problem"
)

// MaxBody is the most bytes an answer may have.
const MaxBody = 4 << 20

// stale is how long a pooled connection may sit idle before it is not trusted
// any more. Lambda freezes the process, so the transport's own idle timers do
// not run, and the other end has often closed meanwhile.
const stale = 50 * time.Second

// Client makes calls. It is safe for concurrent use and keeps connections open
// between requests.
type Client struct {
	http    *http.Client
	timeout time.Duration
	lastUse atomic.Int64 // wall clock, Unix nanoseconds
}

// New makes a client whose single attempts take at most timeout, which must be
// above zero. It loads the system's certificates at once: during a Lambda's
// init that costs 2 ms of a full core, in its first request many times that.
func New(timeout time.Duration) *Client {
	var http1 http.Protocols
	http1.SetHTTP1(true)
	return newClient(timeout, &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        &tls.Config{RootCAs: roots(), MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(8)},
		Protocols:              &http1,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        stale,
		MaxResponseHeaderBytes: 64 << 10,
		// MaxBody is counted in the bytes that travel, so none are inflated.
		DisableCompression: true,
	})
}

func newClient(timeout time.Duration, transport http.RoundTripper) *Client {
	return &Client{timeout: timeout, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// HTTP is the client underneath, which follows no redirects, for a package that
// brings bounds of its own.
func (c *Client) HTTP() *http.Client { return c.http }

// Request is one call. URL is made by us and never by the caller.
type Request struct {
	Method string // GET is retried, nothing else is
	URL    string
	Bearer string     // sent as Authorization when not empty
	Form   url.Values // sent as the body when not nil
}

// Response is an answer of any status, wholly read.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes the call. It returns a Response for every answer that arrived whole,
// whatever its status. Its errors are *problem.Error: UpstreamTimeout when the
// attempt's time or the context's ran out, UpstreamFailed when the host could
// not be reached or its answer not be read.
func (c *Client) Do(ctx context.Context, req Request) (*Response, error) {
	traffic := trafficOf(ctx)
	for attempt := 0; ; attempt++ {
		leave, err := traffic.enter(ctx)
		if err != nil {
			return nil, err
		}
		resp, err := c.attempt(ctx, req)
		leave()
		wait, again := pause(ctx, req.Method, attempt, resp, err)
		if err == nil && resp.Status == http.StatusTooManyRequests {
			traffic.holdBack(wait)
		}
		if !again {
			return resp, err
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func (c *Client) attempt(ctx context.Context, req Request) (*Response, error) {
	c.dropStale()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	httpReq, err := newRequest(ctx, req)
	if err != nil {
		return nil, problem.New(problem.Internal, errors.New("outbound: request cannot be made"))
	}
	resp, err := c.http.Transport.RoundTrip(httpReq) // which follows no redirect
	if err != nil {
		return nil, failure(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err != nil {
		return nil, failure(err)
	}
	if len(body) > MaxBody {
		return nil, problem.New(problem.UpstreamFailed, fmt.Errorf("answer is over %d bytes", MaxBody))
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func newRequest(ctx context.Context, req Request) (*http.Request, error) {
	var body io.Reader
	if req.Form != nil {
		body = strings.NewReader(req.Form.Encode())
	}
	httpReq, err := http.NewRequestWithContext(ctx, req.Method, req.URL, body)
	if err != nil {
		return nil, err
	}
	httpReq.Header.Set("Accept", "application/json")
	httpReq.Header.Set("User-Agent", "kinde-functions")
	if req.Form != nil {
		httpReq.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if req.Bearer != "" {
		httpReq.Header.Set("Authorization", "Bearer "+req.Bearer)
	}
	return httpReq, nil
}

// dropStale closes pooled connections after a pause that only the wall clock
// has seen.
func (c *Client) dropStale() {
	now := time.Now().UnixNano()
	if last := c.lastUse.Swap(now); last != 0 && now-last > int64(stale) {
		c.http.CloseIdleConnections()
	}
}

// errConnection marks failures after which a read may be tried again.
var errConnection = errors.New("connection failed")

// failure turns a transport's error into a problem. url.Error is taken off,
// since its text holds the whole URL with its query.
func failure(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout() {
		return problem.New(problem.UpstreamTimeout, err)
	}
	if errors.Is(err, context.Canceled) {
		return problem.New(problem.UpstreamFailed, err)
	}
	return problem.New(problem.UpstreamFailed, fmt.Errorf("%w: %w", errConnection, speakable(err)))
}

// speakable keeps the texts that are made of addresses, certificates and our own
// words. Others, such as net/http's of a malformed answer, quote the answer.
func speakable(err error) error {
	if _, ok := errors.AsType[net.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%T", err)
}
