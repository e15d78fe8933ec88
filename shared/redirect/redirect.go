// Package redirect decides which return URLs are safe.
//
// It defends against open redirects and against sending a person to a path
// that acts on its own (/auth/, /.netlify/). A URL is accepted as it is or
// refused; it is never cleaned or repaired, because browsers, proxies and Go
// disagree on what a repaired URL means. What was checked travels as a Target,
// which only Policy makes, so an unchecked string cannot become a Location.
package redirect

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ErrUnsafe is the error of every refused return URL.
var ErrUnsafe = errors.New("unsafe return URL")

const maxLength = 2048 // characters, which are bytes: only ASCII passes

// Policy knows the origins that people may be sent back to.
type Policy struct {
	site    string
	origins []string
}

// NewPolicy takes the site's origin and further allowed ones, each in the form
// that config has checked. It refuses an empty one: it would make every path a
// match.
func NewPolicy(site string, allowed []string) (*Policy, error) {
	origins := append([]string{site}, allowed...)
	if slices.Contains(origins, "") {
		return nil, errors.New("redirect: empty origin")
	}
	return &Policy{site: site, origins: origins}, nil
}

// Target is a return URL that has been checked.
type Target struct{ absolute string }

// Absolute is the URL exactly as it was checked, with the site's origin before
// it if it was a path.
func (t Target) Absolute() string { return t.absolute }

// Check accepts a path on the site, or an absolute URL whose origin is, as a
// string, one of the policy's. Anything else is ErrUnsafe; the error names the
// rule and never the URL.
func (p *Policy) Check(raw string) (Target, error) {
	if raw == "" || len(raw) > maxLength {
		return Target{}, refuse("is empty or longer than 2,048 characters")
	}
	for _, c := range []byte(raw) {
		if c <= ' ' || c > '~' || c == '\\' {
			return Target{}, refuse("holds a backslash, a space or a character that is not printable ASCII")
		}
	}
	if strings.HasPrefix(raw, "/") {
		return accept(p.site+raw, raw)
	}
	for _, origin := range p.origins {
		if rest, ok := strings.CutPrefix(raw, origin); ok && (rest == "" || strings.ContainsAny(rest[:1], "/?#")) {
			return accept(raw, rest)
		}
	}
	return Target{}, refuse("is neither a path nor on an allowed origin")
}

// OnSite is Check for a path of ours, such as AFTER_PORTAL_PATH.
func (p *Policy) OnSite(path string) (Target, error) {
	if !strings.HasPrefix(path, "/") {
		return Target{}, refuse("is not a path")
	}
	return p.Check(path)
}

// accept makes the Target once the path, too, has passed.
func accept(absolute, path string) (Target, error) {
	if err := checkPath(path); err != nil {
		return Target{}, err
	}
	return Target{absolute: absolute}, nil
}

var hiddenInPath = []string{"%2f", "%5c", "%2e", "%00", "%09", "%0a", "%0d"}

// checkPath checks what follows an origin, from its first slash on.
func checkPath(rest string) error {
	if _, err := url.PathUnescape(rest); err != nil {
		return refuse("has a broken escape")
	}
	path := rest
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		path = rest[:end]
	}
	lower := strings.ToLower(path)
	for _, escape := range hiddenInPath {
		if strings.Contains(lower, escape) {
			return refuse("hides a separator or control character in its path")
		}
	}
	if strings.Contains(path, "//") {
		return refuse("has an empty segment in its path")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return refuse("has a dot segment in its path")
		}
	}
	// Some hosts route by the decoded path, some without regard to case.
	decoded, _ := url.PathUnescape(lower)
	decoded = strings.ToLower(decoded)
	if strings.HasPrefix(decoded, "/auth/") || strings.HasPrefix(decoded, "/.netlify/") {
		return refuse("points at a path that acts on its own")
	}
	return nil
}

func refuse(rule string) error { return fmt.Errorf("%w: it %s", ErrUnsafe, rule) }
