package lambdarun

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// netlifyShape is Netlify's event: https://docs.netlify.com/functions/ calls
// it the Lambda-compatible one.
type netlifyShape struct {
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	Body                            string              `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
	RawURL                          string              `json:"rawUrl"`
	RawQuery                        string              `json:"rawQuery"`
}

// netlifyEvent: headers have lower-case names and one value each;
// multiValueHeaders have canonical names, except for host. Whatever the client
// says of x-forwarded-proto stands, the connection's address cannot be forged.
func netlifyEvent(r *request) netlifyShape {
	h := r.headers
	h.Set("X-Forwarded-For", r.forwardedFor())
	h.Set("Client-Ip", r.ip)
	h.Set("X-Nf-Client-Connection-Ip", r.ip)
	h.Set("X-Nf-Request-Id", requestID())
	h.Set("X-Nf-Connection-Proto", r.scheme())
	if h.Get("X-Forwarded-Proto") == "" {
		h.Set("X-Forwarded-Proto", r.scheme())
	}
	multi := maps.Clone(h)
	multi["host"] = []string{r.Host}
	e := r.netlifyShape()
	e.Headers, e.MultiValueHeaders = joined(lowered(multi), ", "), multi
	return e
}

func (r *request) netlifyShape() netlifyShape {
	binary := r.netlifyBinary()
	return netlifyShape{
		Path:                            r.URL.EscapedPath(),
		HTTPMethod:                      r.Method,
		QueryStringParameters:           joined(r.query, ", "),
		MultiValueQueryStringParameters: r.query,
		Body:                            text(r.body, binary),
		IsBase64Encoded:                 binary,
		RawURL:                          r.scheme() + "://" + r.Host + r.URL.RequestURI(),
		RawQuery:                        r.URL.RawQuery,
	}
}

// netlifyDevShape has what "netlify dev" adds for Go functions.
type netlifyDevShape struct {
	netlifyShape
	Resource       string         `json:"resource"`
	RequestContext map[string]any `json:"requestContext"`
}

// netlifyDevEvent: names are in lower case everywhere, but for the trace id.
func netlifyDevEvent(r *request) netlifyDevShape {
	h := r.headers
	if h.Get("X-Forwarded-For") == "" {
		h.Set("X-Forwarded-For", r.ip)
	}
	h.Set("Client-Ip", r.ip)
	h.Set("X-Nf-Client-Connection-Ip", r.ip)
	h.Set("Host", r.Host)
	multi := make(map[string][]string, len(h))
	for name, value := range joined(lowered(h), ", ") { // Node has joined them already
		multi[name] = []string{value}
	}
	e := netlifyDevShape{netlifyShape: r.netlifyShape(), RequestContext: unverifiedContext(r.headers)}
	e.Headers, e.MultiValueHeaders = joined(multi, ", "), multi
	e.Headers["X-Amzn-Trace-Id"] = "1a2b3c4d5e6f"
	e.RequestContext["httpMethod"] = r.Method
	e.RequestContext["requestTimeEpoch"] = 0
	return e
}

// unverifiedContext is the trap in "netlify dev": the payload of any JWT in
// the Authorization header, right or wrong, is in the requestContext as
// the user.
func unverifiedContext(h http.Header) map[string]any {
	context := map[string]any{}
	token, found := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	parts := strings.Split(token, ".")
	if !found || len(parts) < 2 {
		return context
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var user map[string]any
	if err != nil || json.Unmarshal(payload, &user) != nil {
		return context
	}
	identity := map[string]any{"url": "https://identity.invalid/.netlify/identity", "token": "emulated"}
	inner, err := json.Marshal(map[string]any{"identity": identity, "user": user})
	if err != nil {
		return context
	}
	context["identity"], context["user"] = identity, user
	context["custom"] = map[string]any{"netlify": base64.StdEncoding.EncodeToString(inner)}
	return context
}

// netlifyText are the types, besides text/… and …+json and …+xml, that Netlify
// passes on as they are; all others, and no type at all, become base64.
var netlifyText = []string{
	"application/csp-report",
	"application/graphql",
	"application/javascript",
	"application/json",
	"application/x-ndjson",
	"application/x-www-form-urlencoded",
	"application/xml",
}

func (r *request) netlifyBinary() bool {
	t := r.mediaType()
	return !strings.HasPrefix(t, "text/") && !strings.HasSuffix(t, "+json") && !strings.HasSuffix(t, "+xml") &&
		!slices.Contains(netlifyText, t)
}

func (r *request) scheme() string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// text is the body as an event has it.
func text(body []byte, binary bool) string {
	if binary {
		return base64.StdEncoding.EncodeToString(body)
	}
	return string(body)
}
