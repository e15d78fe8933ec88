package lambdahttp

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"
)

func TestRequestOfEachEvent(t *testing.T) {
	const query = "subnav=profile&return_url=%2Faccess%2F"
	type want struct {
		method, path, escaped, query, host, ip, cookie, body string
	}
	const cookie = "theme=dark; session=sealed"
	for name, want := range map[string]want{
		"netlify": {"GET", "/portal", "/portal", query, "site.example", "203.0.113.9", cookie, ""},
		"netlify-dev": {"POST", "/api/introspect", "/api/introspect", "", "localhost:8899", "127.0.0.1", "",
			"token=opaque&token_type_hint=access"},
		"rest": {"GET", "/api/entitlements/plan/pro", "/api/entitlements/plan%2Fpro", "page_size=10&page_size=20&tag=b+c",
			"abcde12345.execute-api.eu-central-1.amazonaws.com", "203.0.113.9", cookie, ""},
		"httpapi-v1": {"GET", "/api/entitlements/plan pro", "/api/entitlements/plan%20pro", "page_size=20",
			"fghij67890.execute-api.eu-central-1.amazonaws.com", "203.0.113.9", cookie, ""},
		"httpapi-v2": {"GET", "/portal", "/portal", query, "api.site.example", "203.0.113.9", cookie, ""},
		"function-url": {"PUT", "/api/entitlements/plan/pro", "/api/entitlements/plan%2Fpro", "",
			"p6q7r8s9t0abcdefghijklmnop0uvwxy.lambda-url.eu-central-1.on.aws", "2001:db8::9", cookie,
			`{"note":"über <1 & >0"}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, load(t, name))
			got := want
			got.method, got.path, got.escaped, got.query = r.Method, r.URL.Path, r.URL.EscapedPath(), r.URL.RawQuery
			got.host, got.ip, got.cookie, got.body = r.Host, r.RemoteAddr, r.Header.Get("Cookie"), r.body
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if r.RemoteAddr != want.ip || r.ContentLength != int64(len(want.body)) || r.bodyErr != nil {
				t.Errorf("got RemoteAddr %q, ContentLength %d, body error %v, want %q, %d, none", r.RemoteAddr, r.ContentLength,
					r.bodyErr, want.ip, len(want.body))
			}
			uri := want.escaped
			if want.query != "" {
				uri += "?" + want.query
			}
			if r.RequestURI != uri || r.URL.Host != "" || r.Header["Host"] != nil {
				t.Errorf("got RequestURI %q, URL.Host %q, Host header %q, want %q alone", r.RequestURI, r.URL.Host,
					r.Header["Host"], uri)
			}
			if _, given := r.Header["Authorization"]; !given || len(r.Cookies()) != 2 && want.cookie != "" {
				t.Errorf("got Authorization %v, cookies %v, want the event's", given, r.Cookies())
			}
		})
	}
}

func TestPathStaysPath(t *testing.T) {
	const decoded, encoded = "httpapi-v2", "function-url"
	for _, test := range []struct {
		event, in     string
		path, escaped string
	}{
		{decoded, "/a?admin=1", "/a?admin=1", "/a%3Fadmin=1"},
		{decoded, "/a#x", "/a#x", "/a%23x"},
		{decoded, "/a%2Fb", "/a%2Fb", "/a%252Fb"},
		{decoded, "/100%", "/100%", "/100%25"},
		{decoded, "/ü b", "/ü b", "/%C3%BC%20b"},
		{decoded, "portal", "/portal", "/portal"},
		{decoded, "//evil.example/portal", "//evil.example/portal", "//evil.example/portal"},
		{encoded, "/a%3Fadmin=1", "/a?admin=1", "/a%3Fadmin=1"},
		{encoded, "/a?admin=1", "/a?admin=1", "/a%3Fadmin=1"},
		{encoded, "/a%23x", "/a#x", "/a%23x"},
		{encoded, "/a%2Fb", "/a/b", "/a%2Fb"},
		{encoded, "/%70ortal", "/portal", "/%70ortal"},
		{encoded, "/portal%", "/portal%", "/portal%25"},
		{encoded, "/portal%zz?x", "/portal%zz?x", "/portal%25zz%3Fx"},
		{encoded, "/a%00b", "/a\x00b", "/a%00b"},
		{encoded, "", "/", "/"},
	} {
		t.Run(test.event+" "+test.in, func(t *testing.T) {
			r := request(t, load(t, test.event, set("rawPath", test.in),
				set("requestContext.http.path", test.in), set("rawQueryString", "a=1")))
			u := r.URL
			if u.Path != test.path || u.EscapedPath() != test.escaped || u.RawQuery != "a=1" || u.Fragment != "" {
				t.Errorf("got path %q, escaped %q, query %q, fragment %q, want %q, %q, a=1",
					u.Path, u.EscapedPath(), u.RawQuery, u.Fragment, test.path, test.escaped)
			}
		})
	}
	for name, path := range map[string]string{"netlify": "/a?b", "rest": "/a?b", "httpapi-v1": "/a%3Fb"} {
		r := request(t, load(t, name, set("path", "/a%3Fb")))
		if r.URL.Path != path || r.URL.Query().Has("b") {
			t.Errorf("%s: got path %q, query %q, want path %q", name, r.URL.Path, r.URL.RawQuery, path)
		}
	}
}

func TestRawPathIsThePlatformsPath(t *testing.T) {
	for _, test := range []struct {
		event, in, want string
		decoded         bool
	}{
		{"netlify", "/a%2Fb%20c'd[e]", "/a%2Fb%20c'd[e]", false},
		{"rest", "/a%2fb", "/a%2fb", false},
		{"function-url", "/a%zz", "/a%zz", false},
		{"function-url", "/a?b", "/a?b", false},
		{"httpapi-v1", "/live/a b/%2e", "/a b/%2e", true},
		{"httpapi-v2", "/live/a?b", "/a?b", true},
		{"httpapi-v2", "", "/", true},
	} {
		r := request(t, load(t, test.event, set("path", test.in), set("rawPath", test.in),
			set("requestContext.http.path", test.in), set("requestContext.stage", "live")))
		if got, decoded := RawPath(r.Request); got != test.want || decoded != test.decoded {
			t.Errorf("%s %s: got %q, decoded %v, want %q, %v", test.event, test.in, got, decoded, test.want, test.decoded)
		}
	}
	r := httptest.NewRequest("GET", "/a%2Fb?c", nil)
	if got, decoded := RawPath(r); got != "/a%2Fb" || decoded {
		t.Errorf("request without an event: got %q, decoded %v, want /a%%2Fb, false", got, decoded)
	}
}

// The client's encoding of a path is kept even where Go would choose another.
func TestEncodedPathKeepsItsBytes(t *testing.T) {
	for _, in := range []string{"/it's", "/(a)*!", "/a[0]", "/a%27b", "/%41", "/a;b=c,d@e:f"} {
		r := request(t, load(t, "function-url", set("rawPath", in)))
		if got := r.URL.EscapedPath(); got != in || r.RequestURI != in {
			t.Errorf("got path %q, RequestURI %q, want %q", got, r.RequestURI, in)
		}
	}
}

func TestStagePrefix(t *testing.T) {
	const v1, v2 = "httpapi-v1", "httpapi-v2"
	for _, test := range []struct{ event, stage, in, path string }{
		{v2, "live", "/live/portal", "/portal"},
		{v2, "live", "/live", "/"},
		{v2, "live", "/live/live/portal", "/live/portal"},
		{v2, "live", "/liveportal", "/liveportal"},
		{v2, "live", "/portal", "/portal"},
		{v2, "$default", "/$default/portal", "/$default/portal"},
		{v2, "", "//portal", "//portal"},
		{v1, "live", "/live/portal", "/portal"},
		{v1, "$default", "/live/portal", "/live/portal"},
		// A REST API's path never begins with its stage.
		{"rest", "api", "/api/session", "/api/session"},
	} {
		r := request(t, load(t, test.event, set("requestContext.stage", test.stage),
			set("path", test.in), set("rawPath", test.in)))
		if r.URL.Path != test.path {
			t.Errorf("%s, stage %q: got %q for %q, want %q", test.event, test.stage, r.URL.Path, test.in, test.path)
		}
	}
}

func TestQuery(t *testing.T) {
	type object = map[string]any
	type list = []string
	const multi, single = "multiValueQueryStringParameters", "queryStringParameters"
	for name, test := range map[string]struct {
		event string
		edits []edit
		want  string
	}{
		"2.0 verbatim":        {"httpapi-v2", []edit{set("rawQueryString", "b=2&a=%31&b=3;c&&#")}, "b=2&a=%31&b=3;c&&#"},
		"2.0 ignores the map": {"httpapi-v2", []edit{set("rawQueryString", "")}, ""},
		"Netlify verbatim":    {"netlify", []edit{set("rawQuery", "a=%31&a=2")}, "a=%31&a=2"},
		"Netlify without":     {"netlify", []edit{set("rawQuery", nil)}, "return_url=%2Faccess%2F&subnav=profile"},
		"repeated": {"rest",
			[]edit{set(multi, object{"a": list{"1", "2"}}), set(single, object{"a": "2"})}, "a=1&a=2"},
		"merged": {"rest", []edit{set(multi, object{"a": list{"1"}, "c": list{}}),
			set(single, object{"b": "2", "c": "3"})}, "a=1&b=2&c=3"},
		"names keep their case": {"rest",
			[]edit{set(multi, object{"a": list{"1"}}), set(single, object{"A": "2"})}, "A=2&a=1"},
		"values cannot inject": {"rest",
			[]edit{set(multi, nil), set(single, object{"a": "1&admin=1#x", "b&c": "?"})}, "a=1%26admin%3D1%23x&b%26c=%3F"},
		"no parameters in 1.0":  {"rest", []edit{set(multi, nil), set(single, nil)}, ""},
		"rawQuery is no 2.0's":  {"httpapi-v2", []edit{set("rawQuery", "x=1"), set("rawQueryString", "a=1")}, "a=1"},
		"rawQueryString no 1.0": {"rest", []edit{set(multi, nil), set(single, nil), set("rawQueryString", "x=1")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if r := request(t, load(t, test.event, test.edits...)); r.URL.RawQuery != test.want {
				t.Errorf("got query %q, want %q", r.URL.RawQuery, test.want)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	type object = map[string]any
	type list = []string
	const accept, forwarded = "text/html, application/json;q=0.9", "198.51.100.66, 203.0.113.9"
	for name, test := range map[string]struct {
		event string
		edits []edit
		want  http.Header
	}{
		"2.0 is not split on commas": {"httpapi-v2",
			[]edit{set("headers", object{"accept": accept, "X-FORWARDED-FOR": forwarded}), set("cookies", nil)},
			http.Header{"Accept": {accept}, "X-Forwarded-For": {forwarded}}},
		"2.0 cookies are one header": {"httpapi-v2",
			[]edit{set("headers", nil), set("cookies", list{"a=1", "b=2", "a=3"})},
			http.Header{"Cookie": {"a=1; b=2; a=3"}}},
		"2.0 cookies are not doubled": {"function-url",
			[]edit{set("headers", object{"cookie": "a=1"}), set("cookies", list{"a=1"})},
			http.Header{"Cookie": {"a=1"}}},
		"2.0 cookie header alone": {"function-url",
			[]edit{set("headers", object{"cookie": "a=1"}), set("cookies", list{})},
			http.Header{"Cookie": {"a=1"}}},
		"empty multiValueHeaders": {"rest",
			[]edit{set("headers", object{"accept": accept}), set("multiValueHeaders", object{})},
			http.Header{"Accept": {accept}}},
		"multi wins in any case": {"rest",
			[]edit{set("headers", object{"accept": "last", "x-single": "1"}),
				set("multiValueHeaders", object{"ACCEPT": list{"first", "last"}, "X-Single": list{}})},
			http.Header{"Accept": {"first", "last"}, "X-Single": {"1"}}},
		"equal values stay apart": {"rest",
			[]edit{set("headers", object{}), set("multiValueHeaders", object{"Authorization": list{"Bearer x", "Bearer x"}})},
			http.Header{"Authorization": {"Bearer x", "Bearer x"}}},
		"two spellings, one value": {"rest",
			[]edit{set("headers", object{"authorization": "Bearer x", "Authorization": "Bearer x"}),
				set("multiValueHeaders", nil)},
			http.Header{"Authorization": {"Bearer x", "Bearer x"}}},
		"two spellings, two values": {"rest",
			[]edit{set("headers", nil),
				set("multiValueHeaders", object{"authorization": list{"Bearer y"}, "Authorization": list{"Bearer x"}})},
			http.Header{"Authorization": {"Bearer x", "Bearer y"}}},
		"api-proxy's names": {"rest",
			[]edit{set("headers", object{"x-golambdaproxy-apigw-context": "{}"}),
				set("multiValueHeaders", object{"X-GoLambdaProxy-ApiGw-StageVars": list{"{}"}})},
			http.Header{}},
	} {
		t.Run(name, func(t *testing.T) {
			payload := load(t, test.event, test.edits...)
			for range 100 { // whatever the order of the event's maps
				if r := request(t, payload); !reflect.DeepEqual(r.Header, test.want) {
					t.Fatalf("got  %q\nwant %q", r.Header, test.want)
				}
			}
		})
	}
}

func TestHost(t *testing.T) {
	for _, name := range []string{"rest", "httpapi-v1", "httpapi-v2", "function-url"} {
		none := set("multiValueHeaders", nil)
		if r := request(t, load(t, name, set("headers.Host", "evil.example"), none)); r.Host == "evil.example" {
			t.Errorf("%s: got the client's Host, want the platform's", name)
		}
		r := request(t, load(t, name, set("requestContext.domainName", ""),
			set("headers", map[string]any{"hOST": "api.example"}), none))
		if r.Host != "api.example" {
			t.Errorf("%s without domain: got host %q, want api.example", name, r.Host)
		}
	}
}

func TestClientIPComesFromPlatform(t *testing.T) {
	const nf = "x-nf-client-connection-ip"
	claim := func(value any) edit {
		return func(event map[string]any) {
			set("headers", map[string]any{nf: value, "x-forwarded-for": "192.0.2.1"})(event)
			set("multiValueHeaders", nil)(event)
		}
	}
	const identity, v2 = "requestContext.identity.sourceIp", "requestContext.http.sourceIp"
	for name, test := range map[string]struct {
		event string
		edits []edit
		want  string
	}{
		"Netlify": {"netlify", []edit{claim("203.0.113.7")}, "203.0.113.7"},
		"Netlify, two claims": {"netlify",
			[]edit{set("multiValueHeaders", map[string]any{nf: []string{"203.0.113.7", "192.0.2.1"}})}, ""},
		"Netlify, none": {"netlify",
			[]edit{set("headers", map[string]any{"x-forwarded-for": "192.0.2.1"}), set("multiValueHeaders", nil)}, ""},
		"Netlify, not an address":       {"netlify", []edit{claim("203.0.113.7\nx")}, ""},
		"Netlify, zone":                 {"netlify", []edit{claim("fe80::1%any thing")}, ""},
		"REST, header claims":           {"rest", []edit{claim("192.0.2.1")}, "203.0.113.9"},
		"REST, unusable, header claims": {"rest", []edit{set(identity, "test-invoke-source-ip"), claim("192.0.2.1")}, ""},
		"HTTP API 1.0, header claims":   {"httpapi-v1", []edit{claim("192.0.2.1")}, "203.0.113.9"},
		"HTTP API 2.0, header claims":   {"httpapi-v2", []edit{claim("192.0.2.1")}, "203.0.113.9"},
		"2.0, none, header claims": {"httpapi-v2",
			[]edit{set(v2, ""), set(identity, "192.0.2.1"), claim("192.0.2.1")}, ""},
		"function URL, header claims": {"function-url", []edit{claim("192.0.2.1")}, "2001:db8::9"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, load(t, test.event, test.edits...))
			if r.RemoteAddr != test.want {
				t.Errorf("got RemoteAddr %q, want %q", r.RemoteAddr, test.want)
			}
		})
	}
}

func TestBody(t *testing.T) {
	for _, name := range []string{"netlify", "rest", "httpapi-v1", "httpapi-v2", "function-url"} {
		r := request(t, load(t, name, set("body", "AP+A"), set("isBase64Encoded", true)))
		if r.body != "\x00\xff\x80" || r.ContentLength != 3 {
			t.Errorf("%s: got base64 body %q, length %d, want three bytes", name, r.body, r.ContentLength)
		}
		r = request(t, load(t, name, set("body", "AP+A"), set("isBase64Encoded", false)))
		if r.body != "AP+A" || r.ContentLength != 4 {
			t.Errorf("%s: got plain body %q, length %d, want AP+A", name, r.body, r.ContentLength)
		}
		r = request(t, load(t, name, set("body", "%%%"), set("isBase64Encoded", true)))
		if !errors.Is(r.bodyErr, ErrBadBody) || r.body != "" || r.ContentLength != -1 {
			t.Errorf("%s: got body %q, error %v, length %d for bad base64, want ErrBadBody and -1", name, r.body, r.bodyErr,
				r.ContentLength)
		}
		if err := r.Body.Close(); err != nil {
			t.Errorf("%s: Close: got error %v, want none", name, err)
		}
	}
}

// Bodies of 4 MiB pass in both directions, in every format.
func TestLargeBinaryBodies(t *testing.T) {
	want := make([]byte, 4<<20)
	rand.NewChaCha8([32]byte{}).Read(want)
	for _, name := range eventNames(t) {
		payload := load(t, name, setMethod("POST"), set("isBase64Encoded", true),
			set("body", base64.StdEncoding.EncodeToString(want)))
		resp := invoke(t, payload, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			io.Copy(w, r.Body)
		})
		if resp.status != http.StatusOK || resp.body != string(want) {
			t.Errorf("%s: got status %d and %d bytes, want the body sent", name, resp.status, len(resp.body))
		}
	}
}

func TestMethods(t *testing.T) {
	for _, method := range []string{"HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"} {
		for _, name := range eventNames(t) {
			r := request(t, load(t, name, setMethod(method), set("body", "x=1"), set("isBase64Encoded", false)))
			if r.Method != method || r.body != "x=1" {
				t.Errorf("%s: got %s with body %q, want %s with x=1", name, r.Method, r.body, method)
			}
		}
	}
}

func TestRequestContextIsDerivedFromInvocation(t *testing.T) {
	type key struct{}
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(context.WithValue(t.Context(), key{}, "lambda's"), deadline)
	defer cancel()
	for _, name := range eventNames(t) {
		New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got, ok := r.Context().Deadline(); !ok || !got.Equal(deadline) || r.Context().Value(key{}) != "lambda's" {
				t.Errorf("%s: got deadline %v, %v, want %v and the invocation's values", name, got, ok, deadline)
			}
		})).Invoke(ctx, load(t, name))
	}
}
