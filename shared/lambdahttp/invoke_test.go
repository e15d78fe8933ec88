package lambdahttp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edit changes an event between testdata and Invoke.
type edit func(event map[string]any)

// set puts value at a dotted path.
func set(path string, value any) edit {
	return func(event map[string]any) {
		keys := strings.Split(path, ".")
		last := len(keys) - 1
		for _, key := range keys[:last] {
			next, ok := event[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				event[key] = next
			}
			event = next
		}
		event[keys[last]] = value
	}
}

func setMethod(method string) edit {
	return func(event map[string]any) {
		if event["version"] == "2.0" {
			set("requestContext.http.method", method)(event)
		} else {
			set("httpMethod", method)(event)
		}
	}
}

func load(t testing.TB, name string, edits ...edit) []byte {
	t.Helper()
	payload, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(edits) == 0 {
		return payload
	}
	var event map[string]any
	if err := json.Unmarshal(payload, &event); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		e(event)
	}
	payload, err = json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// eventNames are the names of the files in testdata.
func eventNames(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("got %d events in testdata and error %v, want at least 6", len(files), err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	return files
}

// seen is a request as the handler had it.
type seen struct {
	*http.Request
	body    string
	bodyErr error
}

// request invokes an Adapter with payload and returns what its handler saw.
func request(t testing.TB, payload []byte) seen {
	t.Helper()
	var got seen
	invoke(t, payload, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		got = seen{r, string(body), err}
	})
	if got.Request == nil {
		t.Fatalf("%s: got no call of the handler, want one", payload)
	}
	return got
}

// response is a Lambda response as a gateway reads it.
type response struct {
	v2     bool
	status int
	header http.Header
	body   string
}

func invoke(t testing.TB, payload []byte, h http.HandlerFunc) response {
	t.Helper()
	out, err := New(h).Invoke(t.Context(), payload)
	if err != nil {
		t.Fatalf("got error %v, want none", err)
	}
	return readResponse(t, out)
}

// readResponse fails the test unless out is a strict 1.0 or 2.0 response.
func readResponse(t testing.TB, out []byte) response {
	t.Helper()
	var raw struct {
		StatusCode        int                 `json:"statusCode"`
		Headers           map[string]string   `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
		Cookies           []string            `json:"cookies"`
		Body              *string             `json:"body"`
		IsBase64Encoded   bool                `json:"isBase64Encoded"`
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&raw); err != nil {
		t.Fatalf("got response %s: %v", out, err)
	}
	resp := response{v2: raw.Cookies != nil, status: raw.StatusCode, header: http.Header{}}
	if raw.Body == nil || resp.status < 200 || resp.status > 599 {
		t.Fatalf("got response %s, want a body and an HTTP status", out)
	}
	if resp.v2 == (raw.MultiValueHeaders != nil) || resp.v2 != (raw.Headers != nil) {
		t.Fatalf("got response %s, want payload 1.0 or 2.0", out)
	}
	maps.Copy(resp.header, raw.MultiValueHeaders)
	for name, value := range raw.Headers {
		resp.header[name] = []string{value}
	}
	if len(raw.Cookies) > 0 {
		resp.header["Set-Cookie"] = raw.Cookies
	}
	for name, values := range resp.header {
		if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
			t.Errorf("got response %s, want no control characters in headers", out)
		}
	}
	resp.body = *raw.Body
	if raw.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(resp.body)
		if err != nil {
			t.Fatalf("got response %s: %v", out, err)
		}
		resp.body = string(decoded)
	}
	return resp
}
