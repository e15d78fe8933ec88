package endpoint

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/problem"
)

// The largest body of a request in bytes, and of one that is forwarded.
const (
	maxRequestBody = 64 << 10
	maxProxiedBody = 4 << 20
)

// Request is what a handler receives of a request.
type Request struct {
	ID     string
	Caller auth.Caller       // zero on rows for anyone
	Path   map[string]string // values of the pattern's {names}, unescaped once
	Query  map[string]string // the row's known parameters that were given
	Body   []byte
	// HTTP is the request itself, for cookies that are not credentials. Handlers read no
	// credentials from it.
	HTTP *http.Request
	// Header holds further fields of the response, whatever it is.
	Header http.Header
	// AcceptsJSON reports whether the Accept header names JSON.
	AcceptsJSON bool
	strict      bool // whether unknown fields of the body are refused
	exchange    *exchange
}

// LogAPI puts the name of the API that a request is forwarded to into the log line.
func (r *Request) LogAPI(name string) { r.exchange.api = name }

// Navigation reports whether a browser loads a page with this request, as far as its
// headers say, and not a script, an image or a page ahead of its use.
func (r *Request) Navigation() bool { return classify(r.HTTP.Header) == navigation }

// Repeated reports whether the request is the second one, from the page that repeats it.
func (r *Request) Repeated() bool { return r.HTTP.URL.Query().Has(repeated) }

// serve checks the parameters and the body, and calls the handler.
func (x *exchange) serve(r *http.Request, params map[string]string, caller auth.Caller) (*Response, error) {
	limit := maxRequestBody
	var query map[string]string
	if x.row.Proxied {
		limit = maxProxiedBody
	} else {
		var err error
		if query, err = readQuery(r.URL.RawQuery, x.row.Query, x.row.API()); err != nil {
			return nil, err
		}
	}
	body, err := readBody(r, limit)
	if err != nil {
		return nil, err
	}
	return x.row.Serve(r.Context(), &Request{
		ID: x.id, Caller: caller, Path: params, Query: query, Body: body, HTTP: r, Header: x.header,
		AcceptsJSON: acceptsJSON(r.Header), strict: x.row.API(), exchange: x,
	})
}

// readQuery reads the known parameters of a raw query. A known one that is given twice or
// badly escaped is refused. Others are refused if strict, else ignored.
func readQuery(raw string, known []string, strict bool) (map[string]string, error) {
	values := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		_, twice := values[name]
		switch {
		case nameErr != nil || !slices.Contains(known, name):
			if strict {
				return nil, problem.BadParameter(name, "is not known here")
			}
		case valueErr != nil:
			return nil, problem.BadParameter(name, "is badly escaped")
		case twice:
			return nil, problem.BadParameter(name, "is given twice")
		default:
			values[name] = value
		}
	}
	return values, nil
}

func readBody(r *http.Request, limit int) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	if err != nil {
		return nil, problem.New(problem.InvalidRequest, nil).WithDetail("The request's body could not be read.")
	}
	if len(body) > limit {
		p := problem.New(problem.BodyTooLarge, nil)
		if limit == maxProxiedBody {
			p = p.WithDetail("Send at most 4 MiB.")
		}
		return nil, p
	}
	return body, nil
}
