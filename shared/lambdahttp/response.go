package lambdahttp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

// maxAnswer is the most bytes that Lambda carries back from a synchronous
// invocation (its limit of 6 MB). A larger answer would be a function error.
const maxAnswer = 6_291_556

// responseWriter gives core's writers the manners of net/http's: the first
// status wins, the header is fixed with it, and 204, 304 and HEAD have no body.
type responseWriter struct {
	header http.Header         // the handler's
	out    http.ResponseWriter // core's, for the event's payload format
	layOut func() (layout, error)
	head   bool
	status int // 0 until the handler has chosen one
	after  func()
}

// layout is core's answer: in 1.0 the headers are all multi-valued and there are no
// cookies apart.
type layout = events.APIGatewayV2HTTPResponse

func newResponseWriter(v2 bool, method string) *responseWriter {
	w := &responseWriter{header: make(http.Header), head: method == http.MethodHead}
	if v2 {
		out := core.NewProxyResponseWriterV2()
		w.out, w.layOut = out, out.GetProxyResponse
	} else {
		out := core.NewProxyResponseWriter()
		w.out, w.layOut = out, func() (layout, error) {
			r, err := out.GetProxyResponse()
			return layout{StatusCode: r.StatusCode, MultiValueHeaders: r.MultiValueHeaders, Body: r.Body, IsBase64Encoded: r.IsBase64Encoded}, err
		}
	}
	return w
}

func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader panics on what is no HTTP status, as net/http's does.
// Informational ones (RFC 9110, section 15.2) have no place in an answer.
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
		// The header is the one that GET has, a sniffed type included.
		if out := w.out.Header(); out.Get("Content-Type") == "" {
			out.Set("Content-Type", http.DetectContentType(p))
		}
		return len(p), nil
	}
	return w.out.Write(p)
}

// answer returns the JSON of the answer. 1.0 answers hold every header in
// multiValueHeaders, which Netlify, REST APIs and HTTP APIs accept.
func (w *responseWriter) answer() ([]byte, error) {
	w.WriteHeader(http.StatusOK) // in case the handler wrote nothing
	laidOut, err := w.layOut()
	if err != nil {
		return nil, err
	}
	return encode(&laidOut), nil
}

// writeProblem writes an RFC 9457 problem document with the headers that every
// answer has.
func (w *responseWriter) writeProblem(ctx context.Context, status int, code, detail string) {
	id := requestID(ctx)
	body, _ := json.Marshal(struct {
		Type      string `json:"type"`
		Title     string `json:"title"`
		Status    int    `json:"status"`
		Detail    string `json:"detail"`
		Code      string `json:"code"`
		RequestID string `json:"request_id,omitempty"`
	}{"about:blank", http.StatusText(status), status, detail, code, id})
	w.header.Set("Content-Type", "application/problem+json")
	w.header.Set("Cache-Control", "no-store")
	w.header.Set("X-Content-Type-Options", "nosniff")
	w.header.Set("Referrer-Policy", "no-referrer")
	if id != "" {
		w.header.Set("X-Request-Id", id)
	}
	w.WriteHeader(status)
	w.Write(body)
}

// validToken reports whether s can be a method or a header name (RFC 9110,
// section 5.6.2).
func validToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// validHeaderValue reports whether s has no control character but tabs (RFC
// 9110, section 5.5). CR and LF would start a header of their own.
func validHeaderValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
