package lambdarun

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestWriteResponse(t *testing.T) {
	v1, v2 := []Format{Netlify, NetlifyDev, REST, HTTPAPI1}, []Format{HTTPAPI2, FunctionURL}
	decoding := []Format{Netlify, REST, HTTPAPI1, HTTPAPI2, FunctionURL}
	for _, test := range []struct {
		name, payload string
		formats       []Format
		status        int
		header        http.Header
		body          string
	}{
		{"plain", `{"statusCode":201,"headers":{"x-a":"1"},"body":"hi"}`, Formats,
			201, http.Header{"X-A": {"1"}}, "hi"},
		{"base64", `{"statusCode":200,"body":"AP8=","isBase64Encoded":true}`, decoding,
			200, http.Header{}, "\x00\xff"},
		{"base64 that netlify dev forgets", `{"statusCode":200,"body":"AP8=","isBase64Encoded":true}`, []Format{NetlifyDev},
			200, http.Header{}, "AP8="},
		{"several cookies",
			`{"statusCode":200,"headers":{"set-cookie":"old=1","X-B":"2"},` +
				`"multiValueHeaders":{"Set-Cookie":["a=1; Path=/","b=2"]}}`, v1,
			200, http.Header{"Set-Cookie": {"a=1; Path=/", "b=2"}, "X-B": {"2"}}, ""},
		{"several cookies", `{"statusCode":200,"cookies":["a=1; Path=/","b=2"],"headers":{"X-B":"2"}}`, v2,
			200, http.Header{"Set-Cookie": {"a=1; Path=/", "b=2"}, "X-B": {"2"}}, ""},
		{"the other payload's fields", `{"statusCode":200,"cookies":["a=1"]}`, v1, 200, http.Header{}, ""},
		{"the other payload's fields", `{"statusCode":200,"multiValueHeaders":{"Set-Cookie":["a=1"]}}`, v2, 200,
			http.Header{}, ""},
		{"no status", ` {"message":"hi"} `, v2,
			200, http.Header{"Content-Type": {"application/json"}}, `{"message":"hi"}`},
		{"a string", `"hi"`, v2, 200, http.Header{"Content-Type": {"application/json"}}, `"hi"`},
		{"the connection's headers", `{"statusCode":200,"headers":{"Connection":"close","content-length":"999"},"body":"hi"}`,
			Formats,
			200, http.Header{}, "hi"},
		{"an unclean location", `{"statusCode":302,"headers":{"Location":"/x/../y"}}`, Formats,
			302, http.Header{"Location": {"/x/../y"}}, ""},
	} {
		for _, format := range test.formats {
			w := httptest.NewRecorder()
			if err := WriteResponse(w, []byte(test.payload), format); err != nil {
				t.Errorf("%s, %v: WriteResponse = %v, want nil", test.name, format, err)
				continue
			}
			header := w.Result().Header
			if values, there := header["Content-Type"]; there && values == nil {
				delete(header, "Content-Type")
			}
			if w.Code != test.status || w.Body.String() != test.body || !reflect.DeepEqual(header, test.header) {
				t.Errorf("%s, %v: got %d %v %q, want %d %v %q", test.name, format,
					w.Code, header, w.Body, test.status, test.header, test.body)
			}
		}
	}
}

func TestWriteResponseRefuses(t *testing.T) {
	for name, payload := range map[string]string{
		"not JSON":             `{`,
		"no status":            `{"body":"hi","statusCode":null}`,
		"status 0":             `{"statusCode":0}`,
		"informational status": `{"statusCode":101}`,
		"status 600":           `{"statusCode":600}`,
		"status as text":       `{"statusCode":"200"}`,
		"bad base64":           `{"statusCode":200,"body":"!","isBase64Encoded":true}`,
		"split header":         `{"statusCode":200,"headers":{"Location":"/\r\nSet-Cookie: a=1"}}`,
		"header name":          `{"statusCode":200,"headers":{"a b":"1"}}`,
		"header of a list":     `{"statusCode":200,"headers":{"a":["1"]}}`,
		"body of an object":    `{"statusCode":200,"body":{}}`,
	} {
		for _, format := range Formats {
			if name == "bad base64" && format == NetlifyDev {
				continue
			}
			w := httptest.NewRecorder()
			w.Code = 0
			if err := WriteResponse(w, []byte(payload), format); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s, %v: got error %v, want ErrMalformed", name, format, err)
			}
			if w.Code != 0 || w.Body.Len() != 0 {
				t.Errorf("%s, %v: got a response, want none", name, format)
			}
		}
	}
}

// The whole way there and back, through a real process for each format.
func TestHandler(t *testing.T) {
	f := start(t, Options{})
	for _, format := range Formats {
		server := httptest.NewServer(Handler(f, format))
		res, err := http.Post(server.URL+"/some/path?q=1", "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		var event map[string]any
		if err := json.NewDecoder(res.Body).Decode(&event); err != nil {
			t.Errorf("%v: got %v, want an event", format, err)
		}
		res.Body.Close()
		server.Close()
		if event["body"] != "hello" || res.Header.Get("Content-Type") != "" {
			t.Errorf("%v: got event %v, content type %q", format, event, res.Header.Get("Content-Type"))
		}
	}
}

func TestHandlerHidesFailures(t *testing.T) {
	var out bytes.Buffer
	f := start(t, Options{Output: &out, Timeout: 2 * time.Second})
	statuses := map[Format]int{Netlify: 502, NetlifyDev: 500, REST: 502, HTTPAPI1: 500, HTTPAPI2: 500, FunctionURL: 502}
	// After Close every invocation fails, as after a crash or a timeout.
	f.Close()
	for format, want := range statuses {
		w := httptest.NewRecorder()
		Handler(f, format).ServeHTTP(w, httptest.NewRequest("GET", "http://site.test/", nil))
		if w.Code != want || strings.Contains(w.Body.String(), "lambdarun") {
			t.Errorf("%v: got %d %q, want %d and no cause", format, w.Code, w.Body, want)
		}
	}
	if got := strings.Count(out.String(), ErrClosed.Error()); got != len(statuses) {
		t.Errorf("got the cause %d times in Output, want %d: %s", got, len(statuses), out.String())
	}
	w := httptest.NewRecorder()
	big := io.LimitReader(zeros{}, MaxPayload+1)
	Handler(f, Netlify).ServeHTTP(w, httptest.NewRequest("POST", "http://site.test/", big))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d for a body over 6 MB, want 413", w.Code)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
