package lambdahttp

import (
	"encoding/json"

	"kinde-functions/shared/jsonscan"
)

// decode reads an event. encoding/json, which reads all bytes three times, takes
// twice as long; what the scanner or one of the fields refuses is left to it, for
// its error and since it still reads the fields of the right types.
func decode(payload []byte) (event, error) {
	var e event
	if jsonscan.Document(payload, e.field) {
		return e, nil
	}
	e = event{}
	err := json.Unmarshal(payload, &e)
	return e, err
}

// field reads a member of the event, and reports whether it is of the right type.
func (e *event) field(name, value []byte) bool {
	switch string(name) {
	case "version":
		return readText(value, &e.Version)
	case "headers":
		return readTexts(value, &e.Headers)
	case "body":
		return readText(value, &e.Body)
	case "isBase64Encoded":
		e.IsBase64Encoded = string(value) == "true"
		return e.IsBase64Encoded || string(value) == "false" || isNull(value)
	case "requestContext":
		return isNull(value) || jsonscan.Object(value, e.RequestContext.field)
	case "httpMethod":
		return readText(value, &e.HTTPMethod)
	case "path":
		return readText(value, &e.Path)
	case "rawQuery":
		return readText(value, &e.RawQuery)
	case "multiValueHeaders":
		return readLists(value, &e.MultiValueHeaders)
	case "queryStringParameters":
		return readTexts(value, &e.QueryStringParameters)
	case "multiValueQueryStringParameters":
		return readLists(value, &e.MultiValueQueryStringParameters)
	case "rawPath":
		return readText(value, &e.RawPath)
	case "rawQueryString":
		return readText(value, &e.RawQueryString)
	case "cookies":
		return readList(value, &e.Cookies)
	}
	return true
}

func (c *requestContext) field(name, value []byte) bool {
	switch string(name) {
	case "stage":
		return readText(value, &c.Stage)
	case "domainName":
		return readText(value, &c.DomainName)
	case "identity": // small, and not in Netlify's events
		return json.Unmarshal(value, &c.Identity) == nil
	case "http":
		return json.Unmarshal(value, &c.HTTP) == nil
	}
	return true
}

func isNull(value []byte) bool { return string(value) == "null" }

func readText(value []byte, to *string) bool {
	s, ok := jsonscan.Text(value)
	*to = string(s)
	return ok || isNull(value)
}

func readList(value []byte, to *[]string) bool {
	*to = nil
	return isNull(value) || jsonscan.Array(value, func(element []byte) bool {
		var s string
		ok := readText(element, &s)
		*to = append(*to, s)
		return ok
	})
}

// manyHeaders is room for the headers of most requests.
const manyHeaders = 16

func readTexts(value []byte, to *map[string]string) bool {
	m := make(map[string]string, manyHeaders)
	*to = m
	return isNull(value) || jsonscan.Object(value, func(name, value []byte) bool {
		var s string
		ok := readText(value, &s)
		m[string(name)] = s
		return ok
	})
}

func readLists(value []byte, to *map[string][]string) bool {
	m := make(map[string][]string, manyHeaders)
	*to = m
	return isNull(value) || jsonscan.Object(value, func(name, value []byte) bool {
		var list []string
		ok := readList(value, &list)
		m[string(name)] = list
		return ok
	})
}
