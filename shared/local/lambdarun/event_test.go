package lambdarun

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// tricky is a request in which the formats differ wherever they can.
func tricky() *http.Request {
	r := httptest.NewRequest("POST", "http://site.test:8888/api/a%2Fb%3Fc/d?x=1&y=a%20b&x=2", strings.NewReader("k=v&k=w"))
	r.RemoteAddr = "192.0.2.7:1234"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Add("Accept", "text/html, text/plain")
	r.Header.Add("Accept", "*/*")
	r.Header.Set("Cookie", "a=1; b=2")
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("X-Forwarded-Proto", "gopher")
	r.Header.Set("X-Nf-Client-Connection-Ip", "203.0.113.9")
	r.Header.Set("Connection", "close, X-Hop")
	r.Header.Set("X-Hop", "1")
	return r
}

func eventOf(t *testing.T, r *http.Request, f Format) map[string]any {
	t.Helper()
	payload, err := Event(r, f)
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(payload, &event); err != nil {
		t.Fatal(err)
	}
	return event
}

// at walks into the event; nil when there is nothing.
func at(event any, path ...string) any {
	for _, step := range path {
		m, _ := event.(map[string]any)
		event = m[step]
	}
	return event
}

func list(values ...string) []any {
	out := []any{}
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

const (
	encoded = "/api/a%2Fb%3Fc/d"
	decoded = "/api/a/b?c/d"
)

var form64 = base64.StdEncoding.EncodeToString([]byte("k=v&k=w"))

// platformFacts lists what tricky becomes, by field. Every row is something
// about the platform that some function has tripped over.
var platformFacts = map[Format]map[string]any{
	Netlify: {
		"path": encoded, "httpMethod": "POST", "version": nil, "requestContext": nil, "resource": nil,
		"body": "k=v&k=w", "isBase64Encoded": false,
		"rawUrl": "http://site.test:8888/api/a%2Fb%3Fc/d?x=1&y=a%20b&x=2", "rawQuery": "x=1&y=a%20b&x=2",
		"queryStringParameters.x": "1, 2", "queryStringParameters.y": "a b",
		"multiValueQueryStringParameters.x": list("1", "2"),
		"headers.accept":                    "text/html, text/plain, */*", "headers.host": "site.test:8888",
		"multiValueHeaders.Accept": list("text/html, text/plain", "*/*"),
		"multiValueHeaders.host":   list("site.test:8888"), "multiValueHeaders.Host": nil,
		"headers.x-forwarded-for": "203.0.113.9, 192.0.2.7", "headers.x-forwarded-proto": "gopher",
		"headers.x-nf-client-connection-ip": "192.0.2.7", "headers.cookie": "a=1; b=2",
	},
	NetlifyDev: {
		"path": encoded, "httpMethod": "POST", "resource": "", "requestContext.httpMethod": "POST",
		"requestContext.requestTimeEpoch": 0.0, "requestContext.user": nil,
		"body": "k=v&k=w", "isBase64Encoded": false,
		"headers.accept": "text/html, text/plain, */*", "headers.X-Amzn-Trace-Id": "1a2b3c4d5e6f",
		"multiValueHeaders.accept": list("text/html, text/plain, */*"), "multiValueHeaders.host": list("site.test:8888"),
		"headers.x-nf-client-connection-ip": "192.0.2.7",
	},
	REST: {
		"path": encoded, "httpMethod": "POST", "version": nil, "resource": "/{proxy+}",
		"pathParameters.proxy": "api/a%2Fb%3Fc/d", "requestContext.path": "/prod" + encoded,
		"requestContext.stage": "prod", "requestContext.identity.sourceIp": "192.0.2.7",
		"requestContext.domainName": "site.test", "requestContext.domainPrefix": "site",
		"body": "k=v&k=w", "isBase64Encoded": false,
		"queryStringParameters.x": "2", "multiValueQueryStringParameters.x": list("1", "2"),
		"headers.Accept": "*/*", "multiValueHeaders.Accept": list("text/html, text/plain", "*/*"),
		"headers.Host": "site.test:8888", "headers.X-Forwarded-Proto": "https",
		"headers.X-Forwarded-For": "203.0.113.9, 192.0.2.7",
	},
	HTTPAPI1: {
		"version": "1.0", "path": decoded, "httpMethod": "POST", "pathParameters": nil,
		"requestContext.stage": "$default", "requestContext.path": decoded,
		"body": form64, "isBase64Encoded": true,
		"queryStringParameters.x": "1", "multiValueQueryStringParameters.x": list("1", "2"),
		"headers.Host": "site.test:8888", "headers.accept": "text/html, text/plain", "headers.cookie": "a=1; b=2",
		"multiValueHeaders.accept": list("text/html, text/plain", "*/*"),
	},
	HTTPAPI2: {
		"version": "2.0", "rawPath": decoded, "rawQueryString": "x=1&y=a%20b&x=2", "httpMethod": nil,
		"requestContext.http.method": "POST", "requestContext.http.path": decoded,
		"requestContext.http.sourceIp": "192.0.2.7", "requestContext.stage": "$default",
		"body": form64, "isBase64Encoded": true, "multiValueHeaders": nil,
		"queryStringParameters.x": "1,2", "headers.accept": "text/html, text/plain,*/*",
		"cookies": list("a=1", "b=2"), "headers.cookie": nil, "headers.x-forwarded-proto": "https",
	},
	FunctionURL: {
		"version": "2.0", "rawPath": encoded, "rawQueryString": "x=1&y=a%20b&x=2",
		"requestContext.http.path": encoded, "requestContext.accountId": "anonymous",
		"body": form64, "isBase64Encoded": true,
		"cookies": list("a=1", "b=2"), "headers.cookie": "a=1; b=2",
	},
}

func TestEvents(t *testing.T) {
	for format, want := range platformFacts {
		t.Run(format.String(), func(t *testing.T) {
			event := eventOf(t, tricky(), format)
			for path, value := range want {
				if got := at(event, strings.Split(path, ".")...); !reflect.DeepEqual(got, value) {
					t.Errorf("%s: got %#v, want %#v", path, got, value)
				}
			}
			for _, field := range []string{"headers", "multiValueHeaders"} {
				m, _ := event[field].(map[string]any)
				for name := range m {
					if strings.EqualFold(name, "X-Hop") || strings.EqualFold(name, "Connection") {
						t.Errorf("%s: got the hop-by-hop header %s", field, name)
					}
				}
			}
		})
	}
}

func TestEventsWithoutQueryAndBody(t *testing.T) {
	for format, want := range map[Format]map[string]any{
		Netlify:     {"queryStringParameters": map[string]any{}, "body": "", "isBase64Encoded": true},
		NetlifyDev:  {"queryStringParameters": map[string]any{}, "isBase64Encoded": true},
		REST:        {"queryStringParameters": nil, "body": nil, "isBase64Encoded": false, "pathParameters": nil},
		HTTPAPI1:    {"queryStringParameters": nil, "body": nil, "isBase64Encoded": false},
		HTTPAPI2:    {"queryStringParameters": nil, "rawQueryString": "", "body": nil, "isBase64Encoded": false},
		FunctionURL: {"queryStringParameters": nil, "rawQueryString": "", "cookies": nil},
	} {
		event := eventOf(t, httptest.NewRequest("GET", "http://site.test/", nil), format)
		for field, value := range want {
			if got := event[field]; !reflect.DeepEqual(got, value) {
				t.Errorf("%v: %s: got %#v, want %#v", format, field, got, value)
			}
		}
	}
	// Null in payload 1.0 is missing in 2.0.
	v1 := eventOf(t, httptest.NewRequest("GET", "http://site.test/", nil), HTTPAPI1)
	if _, there := v1["queryStringParameters"]; !there {
		t.Error("payload 1.0: got no queryStringParameters, want null")
	}
	v2 := eventOf(t, httptest.NewRequest("GET", "http://site.test/", nil), HTTPAPI2)
	if _, there := v2["queryStringParameters"]; there {
		t.Error("payload 2.0: got queryStringParameters, want none")
	}
}

func TestBase64Bodies(t *testing.T) {
	for contentType, want := range map[string]map[Format]bool{
		"text/plain; charset=utf-8":         {},
		"application/json":                  {},
		"Application/JSON; charset=utf-8":   {},
		"application/problem+json":          {HTTPAPI1: true, HTTPAPI2: true, FunctionURL: true},
		"application/x-www-form-urlencoded": {HTTPAPI1: true, HTTPAPI2: true, FunctionURL: true},
		"application/octet-stream": {Netlify: true, NetlifyDev: true, HTTPAPI1: true, HTTPAPI2: true,
			FunctionURL: true},
		"": {Netlify: true, NetlifyDev: true, HTTPAPI1: true, HTTPAPI2: true,
			FunctionURL: true},
	} {
		for _, format := range Formats {
			r := httptest.NewRequest("POST", "http://site.test/", strings.NewReader("hé"))
			r.Header.Set("Content-Type", contentType)
			event := eventOf(t, r, format)
			body := "hé"
			if want[format] {
				body = base64.StdEncoding.EncodeToString([]byte(body))
			}
			if event["isBase64Encoded"] != want[format] || event["body"] != body {
				t.Errorf("%v, %q: got body %v, base64 %v", format, contentType, event["body"], event["isBase64Encoded"])
			}
		}
	}
}

func TestNetlifyDevDecodesUnverifiedTokens(t *testing.T) {
	r := httptest.NewRequest("GET", "http://site.test/", nil)
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"forged"}`))
	r.Header.Set("Authorization", "Bearer x."+claims+".y")
	event := eventOf(t, r, NetlifyDev)
	if got := at(event, "requestContext", "user", "sub"); got != "forged" {
		t.Errorf("got requestContext.user.sub %v, want the unverified claim", got)
	}
	for _, value := range []string{"Bearer x", "Bearer x.!.y", "Basic eDp5"} {
		r.Header.Set("Authorization", value)
		if got := at(eventOf(t, r, NetlifyDev), "requestContext", "user"); got != nil {
			t.Errorf("%q: got requestContext.user %v, want none", value, got)
		}
	}
}

// The Go types that functions are written with know every field we send.
func TestEventsDecodeIntoEventTypes(t *testing.T) {
	for format, into := range map[Format]any{
		REST:        new(events.APIGatewayProxyRequest),
		HTTPAPI2:    new(events.APIGatewayV2HTTPRequest),
		NetlifyDev:  new(events.APIGatewayProxyRequest),
		Netlify:     new(events.APIGatewayProxyRequest),
		HTTPAPI1:    new(events.APIGatewayProxyRequest),
		FunctionURL: new(events.LambdaFunctionURLRequest),
	} {
		payload, err := Event(tricky(), format)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(payload))
		if format == REST || format == HTTPAPI2 { // the others have fields that no Go type knows
			d.DisallowUnknownFields()
		}
		if err := d.Decode(into); err != nil {
			t.Errorf("%v: Decode = %v, want nil", format, err)
		}
	}
}

func TestEventSizeIsLimited(t *testing.T) {
	for _, test := range []struct {
		bytes       int
		contentType string
		want        error
	}{
		{5 << 20, "text/plain", nil},
		{5 << 20, "image/png", ErrTooLarge}, // in base64
		{7 << 20, "text/plain", ErrTooLarge},
	} {
		r := httptest.NewRequest("POST", "http://site.test/", strings.NewReader(strings.Repeat("x", test.bytes)))
		r.Header.Set("Content-Type", test.contentType)
		if _, err := Event(r, Netlify); !errors.Is(err, test.want) {
			t.Errorf("%d bytes of %s: got %v, want %v", test.bytes, test.contentType, err, test.want)
		}
	}
	if _, err := Event(tricky(), Format(99)); err == nil {
		t.Error("got no error for an unknown format")
	}
}

func TestEventDoesNotChangeRequest(t *testing.T) {
	for _, format := range Formats {
		r := tricky()
		before := maps.Clone(r.Header)
		eventOf(t, r, format)
		if !reflect.DeepEqual(r.Header, before) {
			t.Errorf("%v: got the request's headers changed to %v", format, r.Header)
		}
	}
}
