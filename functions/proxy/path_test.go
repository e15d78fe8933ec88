package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
)

// refusedPaths are spellings of a way out of the base, or of a path that servers read in
// different ways.
var refusedPaths = []string{
	"/..", "/../", "/../admin", "/a/../../admin", "/a/..", "/./a", "/.", "/a/.", "/a/./b",
	"/%2e%2e/admin", "/%2E%2E/admin", "/.%2e/admin", "/%2e./admin", "/%2e", "/a/%2e%2e", "/%2e/a",
	"/%252e%252e/admin", "/%25252e%25252e/admin", "/%252e%252e%252fadmin", "/.%252e/", "/%2e%252e/",
	"/..%2fadmin", "/..%2Fadmin", "/a%2fb", "/a%2Fb", "/..%5cadmin", "/..%5Cadmin", "/a%5cb", "/%5c..%5c",
	`/..\admin`, `\..\admin`, `/a\b`, `/\evil.example`, `\\evil.example`,
	"/..;/admin", "/..;x=y/admin", "/.;/a", "/%2e%2e;/admin", "/..%3b/admin", "/..%3Bx/admin", "/%2e%2e%3b/a",
	"/a%00b", "/%00", "/a%0ab", "/a%0d%0aHost:evil", "/a\r\nHost: evil", "/a\x00", "/a\tb", "/a%09b", "/a\x7fb", "/a%7f",
	"/%", "/%2", "/%zz", "/a%g0", "/%%32e%%32e/admin", "/a%", "/%u002e%u002e/", "admin", "..", ".evil.example",
	"@evil.example",
	":80@evil.example", "%2e%2e/", "/%25%32%65%25%32%65/admin", "/..%25%32%66admin", "/%2525252e%2525252e/",
}

func TestForwardPathRefusesWaysOut(t *testing.T) {
	if len(refusedPaths) < 60 {
		t.Fatalf("%d spellings, want at least 60", len(refusedPaths))
	}
	for _, spelling := range refusedPaths {
		if got, err := forwardPath(spelling, false); err == nil {
			t.Errorf("forwardPath(%q) = %q, want an error", spelling, got)
		}
	}
}

func TestForwardPathKeepsBytes(t *testing.T) {
	for rest, want := range map[string]string{
		"":                     "",
		"/":                    "/",
		"/a/b/":                "/a/b/",
		"//a//b":               "//a//b",
		"/user@example.com":    "/user@example.com",
		"/a:b":                 "/a:b",
		"/a%20b%3Fc%23d":       "/a%20b%3Fc%23d",
		"/%e2%82%ac":           "/%e2%82%ac",
		"/100%25":              "/100%25",
		"/a;v=1/b":             "/a;v=1/b",
		"/.well-known/x":       "/.well-known/x",
		"/...":                 "/...",
		"/a..b/..c/d..":        "/a..b/..c/d..",
		"/a%252fb":             "/a%252fb",
		"/a b":                 "/a%20b",
		"/é":                   "/%C3%A9",
		`/"<>^{|}` + "`":       "/%22%3C%3E%5E%7B%7C%7D%60",
		"/a?b#c":               "/a%3Fb%23c",
		"/-._~!$&'()*+,;=:@":   "/-._~!$&'()*+,;=:@",
		"/http://evil.example": "/http://evil.example",
	} {
		if got, err := forwardPath(rest, false); err != nil || got != want {
			t.Errorf("forwardPath(%q) = %q, %v; want %q", rest, got, err, want)
		}
	}
}

func TestForwardPathEncodesAgainWhatTheHostDecoded(t *testing.T) {
	for rest, want := range map[string]string{
		"/a b":     "/a%20b",
		"/100%":    "/100%25",
		"/a%20b":   "/a%2520b",
		"/a?b=c#d": "/a%3Fb=c%23d",
		"/%zz":     "/%25zz",
		"/é/@:":    "/%C3%A9/@:",
		"/a%2fb":   "/a%252fb",
	} {
		if got, err := forwardPath(rest, true); err != nil || got != want {
			t.Errorf("forwardPath(%q) decoded = %q, %v; want %q", rest, got, err, want)
		}
	}
	for _, rest := range []string{"/../admin", "/..", "/./a", "/%2e%2e/a", `/..\a`, "/a\nb", "/..;/a", "/a\x00"} {
		if got, err := forwardPath(rest, true); err == nil {
			t.Errorf("forwardPath(%q) decoded = %q, want an error", rest, got)
		}
	}
}

func TestForwardQueryCannotEndTheRequestLine(t *testing.T) {
	for raw, want := range map[string]string{
		"":                         "",
		"a=1&a=2&b=%2F../..":       "a=1&a=2&b=%2F../..",
		"a=b HTTP/1.1\r\nHost: x":  "a=b%20HTTP/1.1%0D%0AHost:%20x",
		"a=\x00&b=é#c":             "a=%00&b=%C3%A9%23c",
		"broken=%zz&semi;colon=?/": "broken=%zz&semi;colon=?/",
	} {
		if got := forwardQuery(raw); got != want {
			t.Errorf("forwardQuery(%q) = %q, want %q", raw, got, want)
		}
	}
}

// FuzzForwardPath sends what passes to a real server and looks at what it received: it
// must lie below the base, however often it is decoded and cleaned.
func FuzzForwardPath(f *testing.F) {
	for _, spelling := range refusedPaths {
		f.Add(spelling, false)
		f.Add(spelling, true)
	}
	f.Add("/a/b?c", false)
	var received string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		received = r.RequestURI
	}))
	f.Cleanup(server.Close)
	f.Fuzz(func(t *testing.T, rest string, decoded bool) {
		forwarded, err := forwardPath(rest, decoded)
		if err != nil {
			return
		}
		target, err := url.Parse(server.URL + "/base" + forwarded)
		if err != nil {
			t.Fatalf("%q passes as %q, which is no URL", rest, forwarded)
		}
		received = ""
		resp, err := http.DefaultTransport.RoundTrip(&http.Request{Method: "GET", URL: target, Header: http.Header{}})
		if err != nil {
			t.Fatalf("%q passes as %q: got %v", rest, forwarded, err)
		}
		resp.Body.Close()
		if received != "/base"+forwarded {
			t.Fatalf("%q arrives as %q, want %q", rest, received, "/base"+forwarded)
		}
		for plain, next := received, ""; ; plain = next {
			clean := path.Clean(strings.ReplaceAll(plain, `\`, "/"))
			if clean != "/base" && !strings.HasPrefix(clean, "/base/") {
				t.Fatalf("got %q leads to %q, outside of the base", rest, clean)
			}
			if next, err = url.PathUnescape(plain); err != nil || next == plain {
				return
			}
		}
	})
}
