package lambdahttp

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// echo writes what the client controls into every place of a response.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("X-Path", r.URL.Path)
	w.Header().Set("X-Uri", r.RequestURI)
	w.Header().Set("X-Host", r.Host)
	w.Header().Set("X-Ip", r.RemoteAddr)
	w.Header()["X-Accept"] = r.Header["Accept"]
	for _, cookie := range r.CookiesNamed("session") {
		http.SetCookie(w, cookie)
	}
	io.WriteString(w, r.Method+" "+r.URL.Query().Encode())
	w.Write(body)
})

// checkInvoke fails the test unless payload gets a well-formed response and the
// handler does not panic.
func checkInvoke(t testing.TB, payload []byte) response {
	t.Helper()
	out, err := New(echo).Invoke(t.Context(), payload)
	if err != nil {
		t.Fatalf("%.500s: got error %v, want none", payload, err)
	}
	resp := readResponse(t, out)
	if resp.status == http.StatusInternalServerError {
		t.Fatalf("%.500s: got %s, want no panic", payload, out)
	}
	return resp
}

// claimsV2 reports whether payload is a 2.0 event, read independently of event.
func claimsV2(payload []byte) bool {
	if !json.Valid(payload) {
		return false
	}
	at := func(object json.RawMessage, name string) json.RawMessage {
		var fields map[string]json.RawMessage
		json.Unmarshal(object, &fields)
		return fields[name]
	}
	var version, method string
	json.Unmarshal(at(payload, "version"), &version)
	json.Unmarshal(at(at(at(payload, "requestContext"), "http"), "method"), &method)
	return version == "2.0" || method != ""
}

// poison returns the JSON that replaces each value of an event in turn.
func poison() []string {
	const depth = 12_000 // more than encoding/json follows
	return []string{
		"null", "true", "-1", "1e999", `"\u0000\r\n\t%zz"`, `"\ud800"`, `"%"`, `"2.0"`,
		`{"":""}`, `[null]`, `["a",1]`, `{"a":{"a":["b"]}}`,
		strings.Repeat("[", depth) + strings.Repeat("]", depth),
		`"` + strings.Repeat("é", 4_000) + `"`,
	}
}

// mutants calls yield with the event once for each value in it, that value
// replaced by mark, and once for each field, that field left out.
func mutants(event, node any, mark string, yield func(event any)) {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			node[key] = mark
			yield(event)
			delete(node, key)
			yield(event)
			node[key] = value
			mutants(event, value, mark, yield)
		}
	case []any:
		for i, value := range node {
			node[i] = mark
			yield(event)
			node[i] = value
			mutants(event, value, mark, yield)
		}
	}
}

func TestMutatedEvents(t *testing.T) {
	const mark = "replace me"
	count := 0
	check := func(payload string) {
		resp := checkInvoke(t, []byte(payload))
		if want := claimsV2([]byte(payload)); resp.v2 != want {
			t.Fatalf("%.500s: response in payload 2.0 format: got %v, want %v", payload, resp.v2, want)
		}
		checkDecode(t, []byte(payload))
		count++
	}
	poison := poison()
	for _, name := range eventNames(t) {
		payload := load(t, name)
		for size := 0; size < len(payload); size += 37 {
			check(string(payload[:size]))
		}
		var event any
		if err := json.Unmarshal(payload, &event); err != nil {
			t.Fatal(err)
		}
		mutants(event, event, mark, func(event any) {
			b, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			before, after, replace := strings.Cut(string(b), `"`+mark+`"`)
			if !replace {
				check(before)
				return
			}
			for _, value := range poison {
				check(before + value + after)
			}
		})
	}
	if count < 300 {
		t.Errorf("got %d events, want at least 300", count)
	}
	t.Logf("%d events", count)
}

func FuzzInvoke(f *testing.F) {
	for _, name := range eventNames(f) {
		f.Add(load(f, name))
		f.Add(load(f, name, set("isBase64Encoded", true), set("body", "AP+A")))
		f.Add(load(f, name, set("path", "/a%3Fb%zz"), set("rawPath", "/a?b#c%zz")))
		f.Add(load(f, name, set("headers.X-Cr", "a\r\nb"), setMethod("HEAD")))
	}
	f.Fuzz(func(t *testing.T, payload []byte) { checkInvoke(t, payload) })
}

func BenchmarkInvoke(b *testing.B) {
	body := []byte(`{"data":{"org_code":"org_0123","permissions":[{"id":"p_1","key":"read:projects"},` +
		`{"id":"p_2","key":"write:projects"}]},"metadata":{"has_more":false}}`)
	adapter := New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Request-Id", "01JZ4T9D9W2M7GQK8B1V3N5X7R")
		w.Write(body)
	}))
	for _, name := range eventNames(b) {
		payload := load(b, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := adapter.Invoke(context.Background(), payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
