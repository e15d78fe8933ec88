package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/problem"
)

type proxy struct {
	apis    map[string]config.API
	headers []string // of requests that are forwarded
	forward *httputil.ReverseProxy
}

// forwarding is one request on its way to an API.
type forwarding struct {
	api    config.API
	target *url.URL
	header http.Header
	err    error // why there is no response
}

type forwardingKey struct{}

// ANY /api/proxy/{name}/…
//
// The API's own response: its status and body, and the headers of responseHeaders. A
// 401, 403 or 429 of the API does not concern the session.
func (p proxy) serve(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	api, ok := p.apis[r.Path["name"]]
	if !ok {
		return nil, problem.New(problem.UnknownAPI, nil)
	}
	r.LogAPI(api.Name)
	if len(r.HTTP.Header.Values("Upgrade")) > 0 {
		return nil, problem.New(problem.NotImplemented, nil)
	}
	path, err := forwardPath(remainder(lambdahttp.RawPath(r.HTTP)))
	if err != nil {
		return nil, problem.BadParameter("path", "is not one that can be forwarded")
	}
	target, err := url.Parse(api.Origin + api.Base + path)
	if err != nil {
		return nil, problem.BadParameter("path", "is not one that can be forwarded")
	}
	target.RawQuery = forwardQuery(r.HTTP.URL.RawQuery)

	f := &forwarding{api: api, target: target, header: keep(r.HTTP.Header, p.headers)}
	f.header.Set("X-Request-Id", r.ID)
	f.header.Set("Authorization", "Bearer "+r.Caller.Token)
	ctx = context.WithValue(ctx, forwardingKey{}, f)
	out, err := http.NewRequestWithContext(ctx, r.HTTP.Method, "/", bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	response := &recorder{header: http.Header{}}
	p.forward.ServeHTTP(response, out)
	if f.err != nil {
		return nil, f.err
	}
	return &endpoint.Response{Status: response.status, Header: response.header, Body: response.body.Bytes()}, nil
}

// remainder cuts the row's own part off a path: either address and the API's name.
func remainder(path string, decoded bool) (string, bool) {
	for _, prefix := range []string{"/api/proxy/", "/.netlify/functions/proxy/"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			if slash := strings.IndexByte(rest, '/'); slash >= 0 {
				return rest[slash:], decoded
			}
		}
	}
	return "", decoded
}

// rewrite makes the request to the API. Nothing of the client's request is in it but the
// method, the body and what serve has chosen.
func rewrite(r *httputil.ProxyRequest) {
	f := r.In.Context().Value(forwardingKey{}).(*forwarding)
	r.Out.URL, r.Out.Host, r.Out.Header = f.target, f.target.Host, f.header
}

// limitHeaders removes the headers that are not returned. A redirect that leads out of
// the API is an error, since its caller could not follow it.
func limitHeaders(response *http.Response) error {
	f := response.Request.Context().Value(forwardingKey{}).(*forwarding)
	response.Header, response.Trailer = keep(response.Header, responseHeaders), nil
	value := response.Header.Get("Location")
	response.Header.Del("Location")
	inside, ok := location(f.api, f.target, value)
	switch {
	case value == "":
	case ok:
		response.Header.Set("Location", inside)
	case response.StatusCode/100 == 3:
		return problem.New(problem.UpstreamFailed, errors.New("the API redirects out of its base"))
	}
	return nil
}

// keepError keeps the error for serve, which returns it.
func keepError(_ http.ResponseWriter, r *http.Request, err error) {
	f := r.Context().Value(forwardingKey{}).(*forwarding)
	f.err = err
	if _, ok := errors.AsType[*problem.Error](err); !ok {
		f.err = problem.New(problem.UpstreamFailed, errors.New("the API's response cannot be returned"))
	}
}

// recorder keeps a response, whose size the transport has limited.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 { // others are informational
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }
