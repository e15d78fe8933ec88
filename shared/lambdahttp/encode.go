package lambdahttp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json/jsontext"
)

// encodeResponse returns the JSON of a response in format f. Its type has the
// fields of all formats; a format leaves those nil that it does not have.
// encoding/json would find the fields by reflection and sort the names.
func encodeResponse(r *events.APIGatewayV2HTTPResponse, f format) []byte {
	b := make([]byte, 0, 1024+len(r.Body)+len(r.Body)/8)
	b = append(b, `{"statusCode":`...)
	b = strconv.AppendInt(b, int64(r.StatusCode), 10)
	if f == loadBalancer {
		b = append(b, `,"statusDescription":`...)
		b = appendString(b, fmt.Sprint(r.StatusCode, " ", http.StatusText(r.StatusCode)))
	}
	if r.Headers != nil {
		b = append(b, `,"headers":`...)
		b = appendObject(b, r.Headers, appendString)
	}
	if r.MultiValueHeaders != nil {
		b = append(b, `,"multiValueHeaders":`...)
		b = appendObject(b, r.MultiValueHeaders, appendStrings)
	}
	if r.Cookies != nil {
		b = append(b, `,"cookies":`...)
		b = appendStrings(b, r.Cookies)
	}
	b = append(b, `,"isBase64Encoded":`...)
	b = strconv.AppendBool(b, r.IsBase64Encoded)
	b = append(b, `,"body":`...)
	b = appendString(b, r.Body)
	return append(b, '}')
}

func appendObject[V any](b []byte, members map[string]V, appendValue func([]byte, V) []byte) []byte {
	b = append(b, '{')
	for name, value := range members {
		b = append(appendString(b, name), ':')
		b = append(appendValue(b, value), ',')
	}
	return end(b, '}')
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for _, s := range list {
		b = append(appendString(b, s), ',')
	}
	return end(b, ']')
}

// end puts bracket in the place of the last comma, if there is one.
func end(b []byte, bracket byte) []byte {
	if last := len(b) - 1; b[last] == ',' {
		b = b[:last]
	}
	return append(b, bracket)
}

func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // an error tells that invalid UTF-8 became U+FFFD
	return b
}

// join returns every header's values as one, as load balancers with single-valued
// headers read them.
func join(header http.Header) map[string]string {
	joined := make(map[string]string, len(header))
	for name, values := range header {
		joined[name] = strings.Join(values, ", ")
	}
	return joined
}
