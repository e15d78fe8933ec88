package lambdahttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// ErrBadBody is the error of reading a request body that the event marks as
// base64 and that is not valid base64.
var ErrBadBody = errors.New("lambdahttp: request body is not valid base64")

type pathKey struct{}

// eventPath is the path as the event gives it.
type eventPath struct {
	raw     string
	decoded bool
}

// RawPath returns the path of r as the platform gives it, without a stage, and
// whether the platform has decoded it. An encoded path holds the client's
// bytes, which may include an invalid percent sign; in a decoded one,
// separators that the client encoded can no longer be told apart. For a
// request that does not come from an event, RawPath returns the URL's encoded
// path.
func RawPath(r *http.Request) (path string, decoded bool) {
	if p, ok := r.Context().Value(pathKey{}).(eventPath); ok {
		return p.raw, p.decoded
	}
	return r.URL.EscapedPath(), false
}

// request returns the event as a server request: its URL has no host, and Host
// is not in the header. RemoteAddr is the client's address as the platform
// gives it, without a port, or "" if it gives none.
func (e *event) request(ctx context.Context) *http.Request {
	header := e.header()
	host := e.RequestContext.DomainName
	if host == "" {
		host = header.Get("Host")
	}
	delete(header, "Host")
	path, decoded := e.path()
	u := newURL(path, decoded, e.query())
	body, length := e.body()
	r := &http.Request{
		Method:        e.method(),
		URL:           u,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          body,
		ContentLength: length,
		Host:          host,
		RemoteAddr:    e.clientIP(header),
		RequestURI:    u.RequestURI(),
	}
	return r.WithContext(context.WithValue(ctx, pathKey{}, eventPath{path, decoded}))
}

// newURL keeps path and query apart. Neither is parsed as part of the other.
func newURL(path string, decoded bool, query string) *url.URL {
	u := &url.URL{Path: path, RawQuery: query}
	if decoded {
		return u
	}
	// An invalid path is passed on as it is. No route contains a bare percent
	// sign, so it is not found.
	plain, err := url.PathUnescape(path)
	if err != nil {
		return u
	}
	u.Path = plain
	if u.EscapedPath() != path {
		u.RawPath = path
	}
	return u
}

// query returns the client's own bytes where the event has them. REST APIs,
// and HTTP APIs with payload 1.0, give decoded parameters only: there the query
// is encoded again, sorted by name.
func (e *event) query() string {
	switch {
	case e.format() == payload2:
		return e.RawQueryString
	case e.RawQuery != "":
		return e.RawQuery
	}
	values := make(url.Values, len(e.MultiValueQueryStringParameters))
	for name, value := range e.QueryStringParameters {
		values[name] = []string{value}
	}
	for name, list := range e.MultiValueQueryStringParameters {
		if len(list) > 0 {
			values[name] = list
		}
	}
	return values.Encode()
}

// header merges the event's headers. multiValueHeaders take precedence over
// headers, which hold one value of each, or all joined.
func (e *event) header() http.Header {
	if e.format() == payload2 {
		// Payload 2.0 moves the cookies out of the headers. Function URLs also
		// keep them there; the list replaces that copy.
		if len(e.Cookies) > 0 {
			e.Headers["Cookie"] = []string{strings.Join(e.Cookies, "; ")}
		}
		return e.Headers
	}
	maps.Copy(e.Headers, e.MultiValueHeaders)
	return e.Headers
}

// addHeader adds values under the canonical form of name. A header that the
// client spelled in two ways keeps all of its values, so that the handler can
// refuse it.
func addHeader(h http.Header, name string, values ...string) {
	name = http.CanonicalHeaderKey(name)
	// api-proxy reads the event's context from headers of these names. A
	// client's header must not be taken for it.
	if len(values) == 0 || strings.HasPrefix(name, "X-Golambdaproxy-") {
		return
	}
	if have, ok := h[name]; ok {
		values = append(have, values...)
	}
	h[name] = values
}

// clientIP uses Netlify's header only for an event whose context has no client
// address: API Gateway always gives one, and passes a client's headers on.
func (e *event) clientIP(header http.Header) string {
	ip := e.RequestContext.HTTP.SourceIP
	if e.format() != payload2 {
		ip = e.RequestContext.Identity.SourceIP
		if values := header["X-Nf-Client-Connection-Ip"]; ip == "" && len(values) == 1 {
			ip = values[0]
		}
	}
	if addr, err := netip.ParseAddr(ip); err != nil || addr.Zone() != "" {
		return ""
	}
	return ip
}

// body returns the body and its length in bytes.
func (e *event) body() (io.ReadCloser, int64) {
	if e.Body == "" {
		return http.NoBody, 0
	}
	if !e.IsBase64Encoded {
		return io.NopCloser(strings.NewReader(e.Body)), int64(len(e.Body))
	}
	decoded, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return badBody{}, -1
	}
	return io.NopCloser(bytes.NewReader(decoded)), int64(len(decoded))
}

type badBody struct{}

func (badBody) Read([]byte) (int, error) { return 0, ErrBadBody }
func (badBody) Close() error             { return nil }
