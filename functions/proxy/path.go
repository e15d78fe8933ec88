package main

import (
	"errors"
	"net/url"
	"strings"
)

var (
	errDotSegment = errors.New("the path holds a dot segment")
	errSeparator  = errors.New("the path holds an encoded separator or a backslash")
	errControl    = errors.New("the path holds a control character")
	errPercent    = errors.New("the path holds a % that encodes nothing")
)

// maxDecodings bounds how often a path is decoded in the search for dot segments.
const maxDecodings = 8

// forwardPath checks what follows the API's name in a request's path and returns it as
// it is sent on. decoded says that the host has percent-decoded it (an HTTP API), so that
// it is encoded again; otherwise it is sent as it came.
//
// The API must read the path below its base: what an HTTP server could resolve to a place
// outside is refused, however often it is encoded.
func forwardPath(rest string, decoded bool) (string, error) {
	if rest != "" && rest[0] != '/' {
		return "", errSeparator
	}
	if !decoded {
		if err := checkEncoding(rest); err != nil {
			return "", err
		}
	}
	plain := rest
	for range maxDecodings {
		if err := checkPlain(plain); err != nil {
			return "", err
		}
		next, err := url.PathUnescape(plain)
		if err != nil || next == plain {
			return encodePath(rest, decoded), nil
		}
		plain = next
	}
	return "", errDotSegment
}

// checkEncoding refuses a broken escape, and an escape whose byte some servers take for
// a separator or for the path's end.
func checkEncoding(path string) error {
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			continue
		}
		if i+2 >= len(path) {
			return errPercent
		}
		value, err := url.PathUnescape(path[i : i+3])
		switch {
		case err != nil:
			return errPercent
		case value == "/" || value == `\`:
			return errSeparator
		case isControl(value[0]):
			return errControl
		}
		i += 2
	}
	return nil
}

// checkPlain refuses a path, decoded any number of times, that a server could resolve to
// another place: a dot segment, also one with a parameter (/..;x/), which servlet
// containers resolve.
func checkPlain(path string) error {
	for i := range len(path) {
		switch {
		case isControl(path[i]):
			return errControl
		case path[i] == '\\':
			return errSeparator
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		name, _, _ := strings.Cut(segment, ";")
		if name == "." || name == ".." {
			return errDotSegment
		}
	}
	return nil
}

func isControl(c byte) bool { return c < ' ' || c == 0x7f }

// encodePath percent-encodes every byte except / and RFC 3986's pchar. A % is the start
// of an escape, and stays, unless the host has decoded the path.
func encodePath(path string, decoded bool) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c == '/' || isPchar(c) || c == '%' && !decoded {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// isPchar reports whether a byte needs no encoding in a path segment (RFC 3986 section 3.3).
func isPchar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0
}

// forwardQuery returns a query as it was received. A byte that is not allowed in a request
// line (RFC 9112 section 3) is encoded.
func forwardQuery(raw string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c >= 0x7f || c == '#' {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
