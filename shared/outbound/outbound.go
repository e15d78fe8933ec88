// Package outbound makes bounded HTTP calls to Kinde and to the site's own APIs.
//
// It defends against an upstream that hangs, stalls, redirects a token to
// another host, responds without end, or is briefly down: an attempt has a time
// limit, a request never outlasts its context, a response is at most MaxBody,
// no redirect is followed, and reads are retried only while there is time left.
// It also defends against connections that die while Lambda freezes the
// process; see transport. Its errors are problems. They contain no URL, header
// or body.
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
	"net/url"
	"strings"
	"time"

	"kinde-functions/shared/problem"
)

// MaxBody is the size limit of a response in bytes.
const MaxBody = 4 << 20

// Client makes calls. It is safe for concurrent use and keeps connections open
// between requests.
type Client struct {
	http    *http.Client
	timeout time.Duration
}

// New returns a client whose attempts take at most timeout each, which must be
// above zero. It loads the system's certificates at once: during a Lambda's
// init that costs 2 ms of a full core, in its first request many times that.
func New(timeout time.Duration) *Client {
	return newClient(timeout, newTransport())
}

func newClient(timeout time.Duration, transport http.RoundTripper) *Client {
	return &Client{timeout: timeout, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// HTTP returns the underlying client, which follows no redirects, for a package
// that brings its own limits.
func (c *Client) HTTP() *http.Client { return c.http }

// Request is one call. The caller of a function never chooses its URL.
type Request struct {
	Method string // only GET is retried
	URL    string
	Bearer string     // sent as Authorization when not empty
	Form   url.Values // sent as the body when not nil
	JSON   []byte     // sent as the body when not nil and Form is nil
}

// Response is a complete response of any status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes the call. It returns a Response whenever a complete one arrived,
// whatever its status. Its errors are *problem.Error: UpstreamTimeout when the
// attempt's time or the context's ran out, UpstreamFailed when the host could
// not be reached or its response could not be read.
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
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	httpReq, err := newRequest(ctx, req)
	if err != nil {
		return nil, problem.New(problem.Internal, errors.New("outbound: request cannot be made"))
	}
	resp, body, err := c.roundTrip(httpReq)
	if err != nil {
		return nil, err
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// roundTrip sends r, follows no redirect, and reads the whole response.
func (c *Client) roundTrip(r *http.Request) (*http.Response, []byte, error) {
	resp, err := c.http.Transport.RoundTrip(r)
	if err != nil {
		return nil, nil, failure(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err != nil {
		return nil, nil, failure(err)
	}
	if len(body) > MaxBody {
		return nil, nil, problem.New(problem.UpstreamFailed, fmt.Errorf("response is over %d bytes", MaxBody))
	}
	return resp, body, nil
}

// Transport returns a RoundTripper for requests that another package makes,
// such as httputil.ReverseProxy. It sends method, header and body as they are
// and returns the response as it is, completely read: an error is found before
// a part of the response has been passed on. A request may take until its
// context ends, whatever the client's timeout. Bodies are at most MaxBody in
// both directions. Nothing is retried except a GET or HEAD that found a dead
// connection. Errors and the Traffic of the context are as for Do.
func (c *Client) Transport() http.RoundTripper { return rawTransport{c} }

type rawTransport struct{ client *Client }

func (t rawTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	leave, err := trafficOf(r.Context()).enter(r.Context())
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	defer leave()
	resp, body, err := t.client.roundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func newRequest(ctx context.Context, req Request) (*http.Request, error) {
	var body io.Reader
	contentType := ""
	switch {
	case req.Form != nil:
		body, contentType = strings.NewReader(req.Form.Encode()), "application/x-www-form-urlencoded"
	case req.JSON != nil:
		body, contentType = bytes.NewReader(req.JSON), "application/json"
	}
	httpReq, err := http.NewRequestWithContext(ctx, req.Method, req.URL, body)
	if err != nil {
		return nil, err
	}
	httpReq.Header.Set("Accept", "application/json")
	httpReq.Header.Set("User-Agent", "kinde-functions")
	if contentType != "" {
		httpReq.Header.Set("Content-Type", contentType)
	}
	if req.Bearer != "" {
		httpReq.Header.Set("Authorization", "Bearer "+req.Bearer)
	}
	return httpReq, nil
}

// errConnection marks failures after which a read may be retried.
var errConnection = errors.New("connection failed")

// failure turns a transport's error into a problem. It unwraps url.Error, whose
// text contains the URL with its query.
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
	return problem.New(problem.UpstreamFailed, fmt.Errorf("%w: %w", errConnection, printable(err)))
}

// printable keeps errors whose text holds only addresses and certificates. Of
// others it keeps the type: net/http's error of a malformed response quotes it.
func printable(err error) error {
	if _, ok := errors.AsType[net.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%T", err)
}
