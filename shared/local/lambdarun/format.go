package lambdarun

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Format is a platform's format of events and responses.
type Format int

const (
	// Netlify is what netlify.com sends to Lambda-compatible functions: close
	// to payload 1.0, with rawUrl and rawQuery and without requestContext.
	// The path is that of the browser's request, rewritten or not.
	Netlify Format = iota
	// NetlifyDev is what "netlify dev" sends to Go functions. Its
	// requestContext has the unverified claims of the bearer token, and it
	// ignores isBase64Encoded in responses.
	NetlifyDev
	// REST is API Gateway's REST API, payload 1.0, stage "prod", no binary
	// media types: bodies are always text.
	REST
	// HTTPAPI1 is API Gateway's HTTP API with payload 1.0, stage "$default".
	// Its path is decoded.
	HTTPAPI1
	// HTTPAPI2 is API Gateway's HTTP API with payload 2.0, stage "$default".
	// Its path is decoded; cookies are apart from the headers.
	HTTPAPI2
	// FunctionURL is a Lambda function URL: payload 2.0, with the path as it
	// was sent, and the cookies both apart and as a header.
	FunctionURL
)

// Formats is every format.
var Formats = []Format{Netlify, NetlifyDev, REST, HTTPAPI1, HTTPAPI2, FunctionURL}

func (f Format) String() string {
	names := []string{"netlify", "netlify-dev", "rest", "http-api-1.0", "http-api-2.0", "function-url"}
	if f < 0 || int(f) >= len(names) {
		return fmt.Sprintf("Format(%d)", int(f))
	}
	return names[f]
}

// Event converts a server's request to the platform's event.
// It reads the body. The error wraps ErrTooLarge when the event would be over
// MaxPayload.
func Event(r *http.Request, f Format) ([]byte, error) {
	in, err := read(r)
	if err != nil {
		return nil, err
	}
	var event any
	switch f {
	case Netlify:
		event = netlifyEvent(in)
	case NetlifyDev:
		event = netlifyDevEvent(in)
	case REST:
		event = restEvent(in)
	case HTTPAPI1:
		event = httpAPI1Event(in)
	case HTTPAPI2:
		event = httpAPI2Event(in)
	case FunctionURL:
		event = functionURLEvent(in)
	default:
		return nil, fmt.Errorf("lambdarun: no such event: %v", f)
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("lambdarun: %w", err)
	}
	if len(payload) > MaxPayload {
		return nil, ErrTooLarge
	}
	return payload, nil
}

// request has the parts of the request that events are made of.
type request struct {
	*http.Request
	ip      string      // the caller's address
	headers http.Header // without those that end at a proxy; without Host
	query   url.Values
	body    []byte
}

func read(r *http.Request) (*request, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(http.MaxBytesReader(nil, r.Body, MaxPayload))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return nil, ErrTooLarge
		} else if err != nil {
			return nil, fmt.Errorf("lambdarun: request body: %w", err)
		}
	}
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	headers := r.Header.Clone()
	if headers == nil {
		headers = http.Header{}
	}
	for name := range strings.SplitSeq(strings.Join(headers.Values("Connection"), ","), ",") {
		headers.Del(strings.TrimSpace(name))
	}
	for _, name := range hopByHop {
		headers.Del(name)
	}
	return &request{Request: r, ip: ip, headers: headers, query: r.URL.Query(), body: body}, nil
}

// hopByHop headers end at the platform's proxy (RFC 9110, section 7.6.1).
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// forwardedFor is the header's value with the caller's address appended, as
// every proxy does.
func (r *request) forwardedFor() string {
	return strings.Join(append(slices.Clone(r.headers.Values("X-Forwarded-For")), r.ip), ", ")
}

// mediaType is the content type without parameters, in lower case.
func (r *request) mediaType() string {
	name, _, _ := strings.Cut(r.headers.Get("Content-Type"), ";")
	if parsed, _, err := mime.ParseMediaType(name); err == nil {
		return parsed
	}
	return strings.ToLower(strings.TrimSpace(name))
}

// joined gives every name one value.
func joined[M ~map[string][]string](m M, separator string) map[string]string {
	out := make(map[string]string, len(m))
	for name, values := range m {
		out[name] = strings.Join(values, separator)
	}
	return out
}

// lowered gives every header its name in lower case.
func lowered(h http.Header) map[string][]string {
	out := make(map[string][]string, len(h))
	for name, values := range h {
		out[strings.ToLower(name)] = values
	}
	return out
}
