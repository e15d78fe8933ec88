package lambdahttp

import (
	"encoding/json"
	"slices"

	"kinde-functions/shared/jsonscan"
)

// decode reads an event. encoding/json, which reads all bytes three times, takes
// twice as long; what the scanner or one of the fields refuses is left to it, for
// its error and since it still reads the fields of the right types.
func decode(payload []byte) (event, error) {
	var e event
	if scan(payload, &e) {
		return e, nil
	}
	e = event{}
	err := json.Unmarshal(payload, &e)
	return e, err
}

// scan reads the payload into e and reports whether it could.
func scan(payload []byte, e *event) bool {
	r := reader{event: e, whole: string(payload), capacity: cap(payload), lists: make([]string, 0, 2*manyHeaders)}
	return jsonscan.Document(payload, r.member)
}

// reader reads the members of an event. Its strings are parts of one copy of the
// payload and its lists of one array, since an event has a hundred short ones.
type reader struct {
	event    *event
	whole    string // the payload
	capacity int    // of the payload, by which its parts tell their place in it
	lists    []string
}

// manyHeaders is room for the headers of most requests.
const manyHeaders = 16

// text is part as a string. A part that has been unescaped is none of the payload's.
func (r *reader) text(part []byte) string {
	from := r.capacity - cap(part)
	if to := from + len(part); from >= 0 && to <= len(r.whole) && r.whole[from:to] == string(part) {
		return r.whole[from:to]
	}
	return string(part)
}

// member reads a member of the event, and reports whether it is of the right type.
func (r *reader) member(name, value []byte) bool {
	e := r.event
	switch string(name) {
	case "version":
		return r.readText(value, &e.Version)
	case "headers":
		return r.readTexts(value, &e.Headers)
	case "body":
		return r.readText(value, &e.Body)
	case "isBase64Encoded":
		e.IsBase64Encoded = string(value) == "true"
		return e.IsBase64Encoded || string(value) == "false" || isNull(value)
	case "requestContext":
		return isNull(value) || jsonscan.Object(value, r.context)
	case "httpMethod":
		return r.readText(value, &e.HTTPMethod)
	case "path":
		return r.readText(value, &e.Path)
	case "rawQuery":
		return r.readText(value, &e.RawQuery)
	case "multiValueHeaders":
		return r.readLists(value, &e.MultiValueHeaders)
	case "queryStringParameters":
		return r.readTexts(value, &e.QueryStringParameters)
	case "multiValueQueryStringParameters":
		return r.readLists(value, &e.MultiValueQueryStringParameters)
	case "rawPath":
		return r.readText(value, &e.RawPath)
	case "rawQueryString":
		return r.readText(value, &e.RawQueryString)
	case "cookies":
		return r.readList(value, &e.Cookies)
	}
	return true
}

func (r *reader) context(name, value []byte) bool {
	c := &r.event.RequestContext
	switch string(name) {
	case "stage":
		return r.readText(value, &c.Stage)
	case "domainName":
		return r.readText(value, &c.DomainName)
	case "identity": // small, and not in Netlify's events
		return json.Unmarshal(value, &c.Identity) == nil
	case "http":
		return json.Unmarshal(value, &c.HTTP) == nil
	}
	return true
}

func isNull(value []byte) bool { return string(value) == "null" }

func (r *reader) readText(value []byte, to *string) bool {
	s, ok := jsonscan.Text(value)
	*to = r.text(s)
	return ok || isNull(value)
}

func (r *reader) readList(value []byte, to *[]string) bool {
	first := len(r.lists)
	ok := isNull(value) || jsonscan.Array(value, func(element []byte) bool {
		var s string
		ok := r.readText(element, &s)
		r.lists = append(r.lists, s)
		return ok
	})
	if *to = nil; len(r.lists) > first {
		*to = slices.Clip(r.lists[first:]) // nobody's append reaches the next list
	}
	return ok
}

func (r *reader) readTexts(value []byte, to *map[string]string) bool {
	m := make(map[string]string, manyHeaders)
	*to = m
	return isNull(value) || jsonscan.Object(value, func(name, value []byte) bool {
		var s string
		ok := r.readText(value, &s)
		m[r.text(name)] = s
		return ok
	})
}

func (r *reader) readLists(value []byte, to *map[string][]string) bool {
	m := make(map[string][]string, manyHeaders)
	*to = m
	return isNull(value) || jsonscan.Object(value, func(name, value []byte) bool {
		var list []string
		ok := r.readList(value, &list)
		m[r.text(name)] = list
		return ok
	})
}
