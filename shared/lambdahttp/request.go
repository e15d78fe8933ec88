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
	"slices"
	"strings"
)

// ErrBadBody is what reading the request's body returns when the event says
// that the body is base64 and it is not.
var ErrBadBody = errors.New("lambdahttp: request body is not valid base64")

// request makes the event a server's request, shaped as net/http's server
// shapes it: URL without host, Host out of the header. RemoteAddr is the client's
// address alone, without a port, as the platform gives it; "" if it gives none.
func (e *event) request(ctx context.Context) *http.Request {
	header := e.header()
	host := e.RequestContext.DomainName
	if host == "" {
		host = header.Get("Host")
	}
	delete(header, "Host")
	u := e.url()
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
	return r.WithContext(ctx)
}

// url keeps path and query apart: neither is ever parsed as part of the other.
func (e *event) url() *url.URL {
	path, encoded := e.path()
	u := &url.URL{Path: path, RawQuery: e.query()}
	if !encoded {
		return u
	}
	// A path that cannot be decoded is handed on as it is: no route has a bare
	// percent sign, so it is not found.
	if decoded, err := url.PathUnescape(path); err == nil && decoded != path {
		u.Path, u.RawPath = decoded, path
	}
	return u
}

// query returns the client's own bytes where the event has them. REST APIs and
// HTTP APIs with payload 1.0 give decoded parameters only.
func (e *event) query() string {
	switch {
	case e.isV2():
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

// header merges the event's headers by canonical name. multiValueHeaders win
// over headers, which hold the last value of each or all of them joined.
func (e *event) header() http.Header {
	var h http.Header // nil: headers alone
	if !e.isV2() && len(e.MultiValueHeaders) > 0 {
		h = make(http.Header, len(e.MultiValueHeaders)+1)
		for name, values := range e.MultiValueHeaders {
			addHeader(h, name, values...)
		}
	}
	rest := make(http.Header, max(len(e.Headers)-len(h), 0)+1)
	for name, value := range e.Headers {
		if h != nil {
			if len(e.MultiValueHeaders[name]) > 0 { // spelled the same, as a rule
				continue
			}
			if _, ok := h[http.CanonicalHeaderKey(name)]; ok {
				continue
			}
		}
		addHeader(rest, name, value)
	}
	if h == nil {
		h = rest
	} else {
		maps.Copy(h, rest)
	}
	// Payload 2.0 takes the cookies out of the headers; function URLs leave a
	// copy there, which these replace.
	if e.isV2() && len(e.Cookies) > 0 {
		h["Cookie"] = []string{strings.Join(e.Cookies, "; ")}
	}
	return h
}

// addHeader adds values under name's canonical form. A name that the client
// spelled in two ways keeps all of them, so that the endpoint can refuse it, in
// an order that does not depend on the map's.
func addHeader(h http.Header, name string, values ...string) {
	name = http.CanonicalHeaderKey(name)
	// api-proxy's header form keeps the event's context under these names;
	// nobody may take a client's for it.
	if len(values) == 0 || strings.HasPrefix(name, "X-Golambdaproxy-") {
		return
	}
	if have, ok := h[name]; ok {
		values = slices.Concat(have, values)
		slices.Sort(values)
	}
	h[name] = values
}

// clientIP believes Netlify's header only in an event whose context names no
// client: API Gateway always names one, and passes a client's headers through.
func (e *event) clientIP(header http.Header) string {
	ip := e.RequestContext.HTTP.SourceIP
	if !e.isV2() {
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

// body returns the body's bytes and how many there are.
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
