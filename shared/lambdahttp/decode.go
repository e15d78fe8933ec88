package lambdahttp

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// manyHeaders is the number of headers that most requests stay below.
const manyHeaders = 24

// decodeEvent reads an event's JSON. It takes a third of encoding/json's CPU,
// which was a tenth of a request's: encoding/json reads all bytes three times.
//
// ok is false for a payload that is not JSON, and for a field of a wrong type.
// The remaining fields are then read all the same, so that the response can have
// the right format. Of repeated names the last one counts, except for headers,
// which keep all values. Invalid UTF-8 becomes U+FFFD.
func decodeEvent(payload []byte) (e event, ok bool) {
	e.Headers = make(http.Header, manyHeaders)
	e.MultiValueHeaders = make(http.Header, manyHeaders)
	d := decoder{json: jsontext.NewDecoder(bytes.NewBuffer(payload),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	d.object(func(name string) { d.field(&e, name) })
	if d.err == nil {
		_, d.err = d.json.ReadToken()
	}
	if !errors.Is(d.err, io.EOF) {
		return event{}, false
	}
	return e, !d.wrongType
}

func (d *decoder) field(e *event, name string) {
	switch name {
	case "version":
		e.Version = d.string()
	case "headers":
		d.object(func(name string) { addHeader(e.Headers, name, d.string()) })
	case "body":
		e.Body = d.string()
	case "isBase64Encoded":
		e.IsBase64Encoded = d.bool()
	case "requestContext":
		d.object(func(name string) { d.contextField(&e.RequestContext, name) })
	case "httpMethod":
		e.HTTPMethod = d.string()
	case "path":
		e.Path = d.string()
	case "rawQuery":
		e.RawQuery = d.string()
	case "multiValueHeaders":
		d.object(func(name string) { addHeader(e.MultiValueHeaders, name, d.strings()...) })
	case "queryStringParameters":
		e.QueryStringParameters = make(map[string]string)
		d.object(func(name string) { e.QueryStringParameters[name] = d.string() })
	case "multiValueQueryStringParameters":
		e.MultiValueQueryStringParameters = make(map[string][]string)
		d.object(func(name string) { e.MultiValueQueryStringParameters[name] = d.strings() })
	case "rawPath":
		e.RawPath = d.string()
	case "rawQueryString":
		e.RawQueryString = d.string()
	case "cookies":
		e.Cookies = d.strings()
	default:
		d.skip()
	}
}

func (d *decoder) contextField(c *requestContext, name string) {
	switch name {
	case "stage":
		c.Stage = d.string()
	case "domainName":
		c.DomainName = d.string()
	case "identity":
		d.object(func(name string) {
			if name == "sourceIp" {
				c.Identity.SourceIP = d.string()
			} else {
				d.skip()
			}
		})
	case "http":
		d.object(func(name string) {
			switch name {
			case "method":
				c.HTTP.Method = d.string()
			case "path":
				c.HTTP.Path = d.string()
			case "sourceIp":
				c.HTTP.SourceIP = d.string()
			default:
				d.skip()
			}
		})
	case "elb":
		c.ELB = d.json.PeekKind() == '{'
		d.skip()
	default:
		d.skip()
	}
}

// decoder reads values of known types. A null is the type's zero value.
type decoder struct {
	json      *jsontext.Decoder
	err       error // the first error; nothing is read after it
	wrongType bool  // a value had another type than the one asked for, and was skipped
}

func (d *decoder) token() jsontext.Token {
	token, err := d.json.ReadToken()
	if d.err == nil {
		d.err = err
	}
	return token
}

func (d *decoder) skip() {
	if err := d.json.SkipValue(); d.err == nil {
		d.err = err
	}
}

// next reports whether the next value is of this kind. It skips other values.
func (d *decoder) next(kind jsontext.Kind) bool {
	got := d.json.PeekKind()
	if got != kind {
		d.wrongType = d.wrongType || got != 'n'
		d.skip()
	}
	return got == kind
}

// object calls member with each name. member reads the value.
func (d *decoder) object(member func(name string)) {
	if !d.next('{') {
		return
	}
	d.token()
	for d.err == nil && d.json.PeekKind() != '}' {
		if name := d.string(); d.err == nil {
			member(name)
		}
	}
	d.token()
}

func (d *decoder) string() string {
	if !d.next('"') {
		return ""
	}
	if s := d.token(); d.err == nil {
		return s.String()
	}
	return ""
}

func (d *decoder) strings() []string {
	if !d.next('[') {
		return nil
	}
	d.token()
	var list []string
	for d.err == nil && d.json.PeekKind() != ']' {
		list = append(list, d.string())
	}
	d.token()
	return list
}

func (d *decoder) bool() bool {
	value := d.json.PeekKind() == 't'
	if value || d.next('f') {
		d.token()
	}
	return value
}
