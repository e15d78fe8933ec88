package lambdahttp

import (
	"net/http"
	"strings"
)

// event holds the fields of all payload formats that make up an HTTP request, by
// the names that they have in JSON. Header names are canonical. Fields that are
// not listed are not checked.
type event struct {
	Version         string
	Headers         http.Header
	Body            string
	IsBase64Encoded bool
	RequestContext  requestContext

	// Payload 1.0.
	HTTPMethod                      string
	Path                            string
	RawQuery                        string // Netlify only
	MultiValueHeaders               http.Header
	QueryStringParameters           map[string]string
	MultiValueQueryStringParameters map[string][]string

	// Payload 2.0.
	RawPath        string
	RawQueryString string
	Cookies        []string
}

type requestContext struct {
	Stage      string
	DomainName string
	Identity   struct{ SourceIP string }               // payload 1.0
	HTTP       struct{ Method, Path, SourceIP string } // payload 2.0
	ELB        bool                                    // Application Load Balancer
}

// format is the shape of an event and of its response.
type format int

const (
	payload1 format = iota
	payload2
	loadBalancer
)

// format tells the formats apart by content. A payload 2.0 event has a version
// or an HTTP method in its context; read as 1.0, it would be a GET of "/".
func (e *event) format() format {
	switch {
	case e.RequestContext.ELB:
		return loadBalancer
	case e.Version == "2.0" || e.RequestContext.HTTP.Method != "":
		return payload2
	}
	return payload1
}

func (e *event) method() string {
	if e.format() == payload2 {
		return e.RequestContext.HTTP.Method
	}
	return e.HTTPMethod
}

// isHTTPAPI reports whether the event comes from an HTTP API. Payload 2.0
// comes from HTTP APIs and from function URLs; in payload 1.0, only HTTP APIs
// give a version.
func (e *event) isHTTPAPI() bool {
	if e.format() == payload2 {
		return !strings.Contains(e.RequestContext.DomainName, ".lambda-url.")
	}
	return e.Version != ""
}

// path returns the request's path and whether the platform has decoded it.
// HTTP APIs decode the path, and prefix it with the stage unless that is
// `$default`. REST APIs, function URLs and Netlify do neither.
func (e *event) path() (path string, decoded bool) {
	path = e.Path
	if e.format() == payload2 {
		path = e.RawPath
		if path == "" {
			path = e.RequestContext.HTTP.Path
		}
	}
	if e.isHTTPAPI() {
		path, decoded = withoutStage(path, e.RequestContext.Stage), true
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path, decoded
}

func withoutStage(path, stage string) string {
	if stage == "" || stage == "$default" {
		return path
	}
	rest, ok := strings.CutPrefix(path, "/"+stage)
	if ok && (rest == "" || rest[0] == '/') {
		return rest
	}
	return path
}
