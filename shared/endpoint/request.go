package endpoint

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/problem"
)

// maxRequestBody is the most bytes a request's body may have.
const maxRequestBody = 64 << 10

// Request is what a handler gets to see of a request.
type Request struct {
	ID     string
	Caller Caller            // zero on rows for anyone
	Path   map[string]string // values of the pattern's {names}, unescaped once
	Query  map[string]string // the row's known parameters that were given
	Body   []byte
	// HTTP is the request itself, for the sign-in's own cookies. Credentials
	// are not read from it.
	HTTP *http.Request
	// Out are header fields that go with the answer, errors included.
	Out http.Header
	// AcceptsJSON says whether the caller asks for JSON by name.
	AcceptsJSON bool
	strict      bool // whether unknown fields of the body are refused
	exchange    *exchange
}

// serve checks the parameters and the body, then lets the handler answer.
func (row *row) serve(x *exchange, r *http.Request, params map[string]string, caller Caller) (*Reply, error) {
	query, err := readQuery(r.URL.RawQuery, row.Query, row.API())
	if err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return row.Serve(r.Context(), &Request{
		ID: x.id, Caller: caller, Path: params, Query: query, Body: body, HTTP: r, Out: x.out, AcceptsJSON: acceptsJSON(r.Header), strict: row.API(), exchange: x,
	})
}

// readQuery reads the known parameters from a raw query. A known one that is
// given twice or badly escaped is refused; any other is refused when strict,
// and ignored else.
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
			return nil, problem.BadParameter(name, "is not well escaped")
		case twice:
			return nil, problem.BadParameter(name, "is given twice")
		default:
			values[name] = value
		}
	}
	return values, nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody+1))
	if err != nil {
		return nil, problem.New(problem.InvalidRequest, nil).WithDetail("The request's body could not be read.")
	}
	if len(body) > maxRequestBody {
		return nil, problem.New(problem.BodyTooLarge, nil)
	}
	return body, nil
}
