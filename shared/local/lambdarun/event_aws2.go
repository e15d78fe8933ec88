package lambdarun

import (
	"strings"
	"time"
)

// aws2Shape is payload 2.0. Absent things are missing from it.
type aws2Shape struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        aws2Context       `json:"requestContext"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type aws2Context struct {
	AccountID    string   `json:"accountId"`
	APIID        string   `json:"apiId"`
	DomainName   string   `json:"domainName"`
	DomainPrefix string   `json:"domainPrefix"`
	HTTP         aws2HTTP `json:"http"`
	RequestID    string   `json:"requestId"`
	RouteKey     string   `json:"routeKey"`
	Stage        string   `json:"stage"`
	Time         string   `json:"time"`
	TimeEpoch    int64    `json:"timeEpoch"`
}

type aws2HTTP struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// httpAPI2Event is an HTTP API's event behind the route $default: the path is
// decoded, and the cookies leave the headers.
func httpAPI2Event(r *request) aws2Shape {
	e := r.aws2Shape(r.URL.Path)
	delete(e.Headers, "cookie")
	return e
}

// functionURLEvent is a function URL's event: the path is as sent, and the
// cookies are in the headers as well. The domain is one of Lambda's own
// whatever the request's host: what reads the event tells by it that the path
// has not been decoded.
func functionURLEvent(r *request) aws2Shape {
	e := r.aws2Shape(r.URL.EscapedPath())
	e.RequestContext.AccountID = "anonymous"
	e.RequestContext.DomainName = apiID + ".lambda-url.us-east-1.on.aws"
	e.RequestContext.DomainPrefix = apiID
	return e
}

func (r *request) aws2Shape(path string) aws2Shape {
	now := time.Now().UTC()
	e := aws2Shape{
		Version:               "2.0",
		RouteKey:              "$default",
		RawPath:               path,
		RawQueryString:        r.URL.RawQuery,
		Headers:               joined(r.awsHeaders(strings.ToLower), ","),
		QueryStringParameters: joined(r.query, ","),
		RequestContext: aws2Context{
			AccountID:    account,
			APIID:        apiID,
			DomainName:   hostname(r.Host),
			DomainPrefix: prefix(r.Host),
			HTTP: aws2HTTP{
				Method:    r.Method,
				Path:      path,
				Protocol:  r.Proto,
				SourceIP:  r.ip,
				UserAgent: r.UserAgent(),
			},
			RequestID: requestID(),
			RouteKey:  "$default",
			Stage:     "$default",
			Time:      now.Format(requestTime),
			TimeEpoch: now.UnixMilli(),
		},
	}
	for _, header := range r.headers.Values("Cookie") {
		for cookie := range strings.SplitSeq(header, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				e.Cookies = append(e.Cookies, cookie)
			}
		}
	}
	if len(r.body) > 0 {
		e.IsBase64Encoded = r.awsBinary()
		e.Body = text(r.body, e.IsBase64Encoded)
	}
	return e
}
