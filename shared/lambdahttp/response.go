package lambdahttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/text"
)

// maxResponse is the largest response of a synchronous invocation that Lambda
// carries, in bytes. A larger one would be a function error.
const maxResponse = 6_291_556

// responseWriter adds net/http's rules to core's writers: the first status
// counts, the header is fixed with it, and HEAD, 204 and 304 have no body.
type responseWriter struct {
	header http.Header         // the handler's
	out    http.ResponseWriter // core's, for the event's format
	encode func(asBase64 bool) ([]byte, error)
	head   bool
	status int // 0 until the handler has chosen one
}

// newResponseWriter returns a writer for a response in format f to a request
// with this method. Payload 1.0 has all headers in multiValueHeaders, which
// Netlify, REST APIs and HTTP APIs accept.
func newResponseWriter(f format, method string) *responseWriter {
	w := &responseWriter{header: make(http.Header), head: method == http.MethodHead}
	if f == payload2 {
		out := core.NewProxyResponseWriterV2()
		w.out = out
		w.encode = func(asBase64 bool) ([]byte, error) {
			r, err := out.GetProxyResponse()
			if asBase64 && !r.IsBase64Encoded {
				r.Body, r.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(r.Body)), true
			}
			return marshal(r, err)
		}
		return w
	}
	out := core.NewProxyResponseWriter()
	w.out = out
	w.encode = func(asBase64 bool) ([]byte, error) {
		r, err := out.GetProxyResponse()
		if asBase64 && !r.IsBase64Encoded {
			r.Body, r.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(r.Body)), true
		}
		if f == loadBalancer {
			return marshal(balancerResponse(r), err)
		}
		return marshal(r, err)
	}
	return w
}

// balancerResponse returns r as an Application Load Balancer reads it: with
// single-valued or multi-valued headers, as its target group is set up.
func balancerResponse(r events.APIGatewayProxyResponse) events.ALBTargetGroupResponse {
	single := make(map[string]string, len(r.MultiValueHeaders))
	for name, values := range r.MultiValueHeaders {
		single[name] = strings.Join(values, ", ")
	}
	return events.ALBTargetGroupResponse{
		StatusCode:        r.StatusCode,
		StatusDescription: fmt.Sprint(r.StatusCode, " ", http.StatusText(r.StatusCode)),
		Headers:           single,
		MultiValueHeaders: r.MultiValueHeaders,
		Body:              r.Body,
		IsBase64Encoded:   r.IsBase64Encoded,
	}
}

// marshal does not escape HTML: a page would grow up to six times.
func marshal(response any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(response); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader panics for an invalid status, as net/http's does. Informational
// statuses (RFC 9110, section 15.2) have no place in a Lambda response.
func (w *responseWriter) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	if status < 100 || status > 599 {
		panic(fmt.Sprintf("lambdahttp: invalid status %d", status))
	}
	if status < 200 {
		return
	}
	w.status = status
	out := w.out.Header()
	for name, values := range w.header {
		if !validToken(name) {
			continue
		}
		name = http.CanonicalHeaderKey(name)
		for _, value := range values {
			if validHeaderValue(value) {
				out[name] = append(out[name], value)
			}
		}
	}
	w.out.WriteHeader(status)
}

func (w *responseWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK) // unless the handler has chosen one
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	if len(p) == 0 {
		return 0, nil
	}
	if w.head {
		// The header is the same as for GET, with the detected type.
		if out := w.out.Header(); out.Get("Content-Type") == "" {
			out.Set("Content-Type", http.DetectContentType(p))
		}
		return len(p), nil
	}
	return w.out.Write(p)
}

// response returns the response's JSON. A body that is too large because JSON
// escapes its characters is sent as base64, which is a third larger than the
// body whatever it contains.
func (w *responseWriter) response() ([]byte, error) {
	w.WriteHeader(http.StatusOK) // unless the handler has chosen one
	response, err := w.encode(false)
	if err == nil && len(response) > maxResponse {
		return w.encode(true)
	}
	return response, err
}

// writeProblem writes p with the headers that every response has.
func (w *responseWriter) writeProblem(ctx context.Context, p *problem.Error) {
	id := requestID(ctx)
	w.header.Set("Content-Type", problem.ContentType)
	w.header.Set("Cache-Control", "no-store")
	w.header.Set("X-Content-Type-Options", "nosniff")
	w.header.Set("Referrer-Policy", "no-referrer")
	if id != "" {
		w.header.Set("X-Request-Id", id)
	}
	w.WriteHeader(p.Status())
	w.Write(p.Document(id))
}

// validToken reports whether s can be a method or a header name (RFC 9110,
// section 5.6.2).
func validToken(s string) bool { return text.IsPlain(s, len(s), "!#$%&'*+-.^_`|~") }

// validHeaderValue reports whether s has no control character except tabs (RFC
// 9110, section 5.5). CR and LF would start another header.
func validHeaderValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
