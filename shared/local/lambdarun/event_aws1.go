package lambdarun

import (
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// aws1Shape is payload 1.0. Absent things are null in it, not missing.
type aws1Shape struct {
	Version                         string              `json:"version,omitempty"`
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  aws1Context         `json:"requestContext"`
	Body                            *string             `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

type aws1Context struct {
	AccountID         string       `json:"accountId"`
	APIID             string       `json:"apiId"`
	DomainName        string       `json:"domainName"`
	DomainPrefix      string       `json:"domainPrefix"`
	ExtendedRequestID string       `json:"extendedRequestId"`
	HTTPMethod        string       `json:"httpMethod"`
	Identity          aws1Identity `json:"identity"`
	Path              string       `json:"path"`
	Protocol          string       `json:"protocol"`
	RequestID         string       `json:"requestId"`
	RequestTime       string       `json:"requestTime"`
	RequestTimeEpoch  int64        `json:"requestTimeEpoch"`
	ResourceID        *string      `json:"resourceId"`
	ResourcePath      string       `json:"resourcePath"`
	Stage             string       `json:"stage"`
}

type aws1Identity struct {
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// apiID takes the place of API Gateway's id of the API.
const apiID = "a1b2c3d4e5"

// restEvent is a REST API's event behind the resource /{proxy+}. The path is
// as sent; of a repeated header or parameter the last value is in the
// single-valued maps.
func restEvent(r *request) aws1Shape {
	path := r.URL.EscapedPath()
	e := r.aws1Shape(path, last)
	e.Resource, e.RequestContext.ResourcePath = "/{proxy+}", "/{proxy+}"
	e.RequestContext.Stage, e.RequestContext.Path = "prod", "/prod"+path
	if rest := strings.TrimPrefix(path, "/"); rest != "" {
		e.PathParameters = map[string]string{"proxy": rest}
	}
	e.MultiValueHeaders = r.awsHeaders(http.CanonicalHeaderKey)
	e.Headers = single(e.MultiValueHeaders, last)
	if len(r.body) > 0 {
		body := string(r.body)
		e.Body = &body
	}
	return e
}

// httpAPI1Event is an HTTP API's event behind the route $default. The path is
// decoded; the gateway's own headers have canonical names, the client's lower
// case; of a repeated one the first value is in the single-valued maps.
func httpAPI1Event(r *request) aws1Shape {
	e := r.aws1Shape(r.URL.Path, first)
	e.Version = "1.0"
	e.Resource, e.RequestContext.ResourcePath = "$default", "$default"
	e.RequestContext.Stage, e.RequestContext.Path = "$default", r.URL.Path
	e.MultiValueHeaders = r.awsHeaders(func(name string) string {
		if slices.Contains(gatewayHeaders, name) {
			return name
		}
		return strings.ToLower(name)
	})
	e.Headers = single(e.MultiValueHeaders, first)
	if len(r.body) > 0 {
		e.IsBase64Encoded = r.awsBinary()
		body := text(r.body, e.IsBase64Encoded)
		e.Body = &body
	}
	return e
}

// aws1Shape is what the two have in common.
func (r *request) aws1Shape(path string, pick func([]string) string) aws1Shape {
	now := time.Now().UTC()
	e := aws1Shape{
		Path:       path,
		HTTPMethod: r.Method,
		RequestContext: aws1Context{
			AccountID:         account,
			APIID:             apiID,
			DomainName:        hostname(r.Host),
			DomainPrefix:      prefix(r.Host),
			ExtendedRequestID: requestID()[:16],
			HTTPMethod:        r.Method,
			Identity:          aws1Identity{SourceIP: r.ip, UserAgent: r.UserAgent()},
			Protocol:          r.Proto,
			RequestID:         requestID(),
			RequestTime:       now.Format(requestTime),
			RequestTimeEpoch:  now.UnixMilli(),
		},
	}
	if len(r.query) > 0 {
		e.MultiValueQueryStringParameters = r.query
		e.QueryStringParameters = single(r.query, pick)
	}
	return e
}

// requestTime is API Gateway's time format.
const requestTime = "02/Jan/2006:15:04:05 -0700"

// gatewayHeaders are those that an HTTP API sets itself, besides Content-Length.
var gatewayHeaders = []string{
	"Content-Length", "Host", "User-Agent", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto",
}

// awsHeaders is the request's headers as any AWS entrance passes them on, each
// name as the function gives it. The gateway serves https in any case.
func (r *request) awsHeaders(name func(string) string) map[string][]string {
	h := maps.Clone(r.headers)
	h["Host"] = []string{r.Host}
	h["X-Forwarded-For"] = []string{r.forwardedFor()}
	h["X-Forwarded-Port"] = []string{"443"}
	h["X-Forwarded-Proto"] = []string{"https"}
	h["X-Amzn-Trace-Id"] = []string{strings.SplitN(traceID(), ";", 2)[0]}
	out := make(map[string][]string, len(h))
	for key, values := range h {
		out[name(key)] = values
	}
	return out
}

// awsBinary tells which bodies an HTTP API and a function URL put in base64:
// all but text, JSON, JavaScript and XML. A form is among them.
func (r *request) awsBinary() bool {
	t := r.mediaType()
	return !strings.HasPrefix(t, "text/") &&
		!slices.Contains([]string{"application/json", "application/javascript", "application/xml"}, t)
}

func first(values []string) string { return values[0] }

func last(values []string) string { return values[len(values)-1] }

func single[M ~map[string][]string](m M, pick func([]string) string) map[string]string {
	out := make(map[string]string, len(m))
	for name, values := range m {
		if len(values) > 0 {
			out[name] = pick(values)
		}
	}
	return out
}

// hostname is the host without its port, which API Gateway never has.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

func prefix(host string) string {
	name, _, _ := strings.Cut(hostname(host), ".")
	return name
}
