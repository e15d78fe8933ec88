package lambdahttp

import "strings"

// event holds the fields of all payload formats that make up an HTTP request.
// Fields that are not listed are not checked.
type event struct {
	Version         string            `json:"version"`
	Headers         map[string]string `json:"headers"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	RequestContext  requestContext    `json:"requestContext"`

	// Payload 1.0.
	HTTPMethod                      string              `json:"httpMethod"`
	Path                            string              `json:"path"`
	RawQuery                        string              `json:"rawQuery"` // Netlify only
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`

	// Payload 2.0.
	RawPath        string   `json:"rawPath"`
	RawQueryString string   `json:"rawQueryString"`
	Cookies        []string `json:"cookies"`
}

type requestContext struct {
	Stage      string `json:"stage"`
	DomainName string `json:"domainName"`
	Identity   struct {
		SourceIP string `json:"sourceIp"`
	} `json:"identity"` // payload 1.0
	HTTP struct {
		Method   string `json:"method"`
		Path     string `json:"path"`
		SourceIP string `json:"sourceIp"`
	} `json:"http"` // payload 2.0
	ELB *struct{} `json:"elb"` // Application Load Balancer
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
	case e.RequestContext.ELB != nil:
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
