package lambdahttp

import "strings"

// event holds the fields of both payload formats that make up an HTTP request.
// A field that is not read cannot be of a wrong type, and costs little.
type event struct {
	Version         string            `json:"version"`
	Headers         map[string]string `json:"headers"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	RequestContext  requestContext    `json:"requestContext"`

	// Payload 1.0.
	HTTPMethod                      string              `json:"httpMethod"`
	Path                            string              `json:"path"`
	RawQuery                        string              `json:"rawQuery"` // Netlify alone
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
}

// isV2 tells payload 2.0 from 1.0. Either mark is enough: a 2.0 event that were
// taken for 1.0 would be a request for nothing in particular.
func (e *event) isV2() bool {
	return e.Version == "2.0" || e.RequestContext.HTTP.Method != ""
}

func (e *event) method() string {
	if e.isV2() {
		return e.RequestContext.HTTP.Method
	}
	return e.HTTPMethod
}

// isHTTPAPI reports whether an API Gateway HTTP API made the event. Payload 2.0
// comes from those and from function URLs; in payload 1.0, HTTP APIs alone name
// a version.
func (e *event) isHTTPAPI() bool {
	if e.isV2() {
		return !strings.Contains(e.RequestContext.DomainName, ".lambda-url.")
	}
	return e.Version != ""
}

// path returns the request's path and whether it is still percent-encoded.
// HTTP APIs decode it, and put the stage in front unless that is `$default`;
// REST APIs, function URLs and Netlify do neither.
func (e *event) path() (path string, encoded bool) {
	path = e.Path
	if e.isV2() {
		path = e.RawPath
		if path == "" {
			path = e.RequestContext.HTTP.Path
		}
	}
	if e.isHTTPAPI() {
		path = withoutStage(path, e.RequestContext.Stage)
	} else {
		encoded = true
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path, encoded
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
