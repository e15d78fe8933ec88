// Package redirect decides which return URLs are safe.
//
// It defends against open redirects and against return URLs with side effects (/auth/,
// /.netlify/). A URL is accepted unchanged or refused. It is never cleaned or repaired,
// because browsers, proxies and Go disagree on the meaning of repaired URLs. Only Policy
// creates a Target, so that an unchecked string cannot become a Location.
package redirect

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/text"
)

// ErrUnsafe is wrapped by the error of every refused return URL.
var ErrUnsafe = errors.New("unsafe return URL")

const maxLength = 2048

// Policy holds the origins that a return URL may have.
type Policy struct {
	site    string
	origins []string
}

// NewPolicy returns a Policy for the site's origin and other allowed origins, in the form
// that package config validates. It refuses an empty origin, which would match every path.
func NewPolicy(site string, allowed []string) (*Policy, error) {
	origins := append([]string{site}, allowed...)
	if slices.Contains(origins, "") {
		return nil, errors.New("redirect: empty origin")
	}
	return &Policy{site: site, origins: origins}, nil
}

// Target is a return URL that has been checked.
type Target struct{ absolute string }

// Absolute returns the URL exactly as it was checked, after the site's origin if
// it was a path.
func (t Target) Absolute() string { return t.absolute }

// Check accepts a path on the site, or an absolute URL whose origin is exactly
// one of the policy's. The error names the broken rule and never the URL.
func (p *Policy) Check(raw string) (Target, error) {
	if raw == "" || len(raw) > maxLength {
		return Target{}, refuse("is empty or longer than 2,048 characters")
	}
	if !text.IsVisible(raw) || strings.Contains(raw, `\`) {
		return Target{}, refuse("holds a backslash, a space or a character that is not printable ASCII")
	}
	absolute, rest, ok := p.split(raw)
	if !ok {
		return Target{}, refuse("is neither a path nor on an allowed origin")
	}
	// The query and the fragment do not affect routing.
	path := rest
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		path = rest[:end]
	}
	if err := checkPath(path); err != nil {
		return Target{}, err
	}
	return Target{absolute: absolute}, nil
}

// ReturnURL is Check for the field return_url, or fallback if there is none. The error is
// problem.InvalidReturnURL.
func (p *Policy) ReturnURL(fields map[string]string, fallback Target) (Target, error) {
	raw, given := fields["return_url"]
	if !given {
		return fallback, nil
	}
	target, err := p.Check(raw)
	if err != nil {
		return Target{}, problem.New(problem.InvalidReturnURL, err)
	}
	return target, nil
}

// OnSite is Check for a path alone, such as AFTER_PORTAL_PATH.
func (p *Policy) OnSite(path string) (Target, error) {
	if !strings.HasPrefix(path, "/") {
		return Target{}, refuse("is not a path")
	}
	return p.Check(path)
}

// split returns the absolute form of raw and what follows its origin.
func (p *Policy) split(raw string) (absolute, rest string, ok bool) {
	if strings.HasPrefix(raw, "/") {
		return p.site + raw, raw, true
	}
	for _, origin := range p.origins {
		if rest, found := strings.CutPrefix(raw, origin); found && (rest == "" || strings.ContainsAny(rest[:1], "/?#")) {
			return raw, rest, true
		}
	}
	return "", "", false
}

// hiddenInPath are escapes that some hosts decode before routing.
var hiddenInPath = []string{"%2f", "%5c", "%2e", "%00", "%09", "%0a", "%0d"}

// checkPath checks a path, which is empty or starts with a slash.
func checkPath(path string) error {
	lower := strings.ToLower(path)
	for _, escape := range hiddenInPath {
		if strings.Contains(lower, escape) {
			return refuse("hides a separator or control character in its path")
		}
	}
	decoded, err := url.PathUnescape(lower)
	if err != nil {
		return refuse("has a broken escape in its path")
	}
	if strings.Contains(path, "//") {
		return refuse("has an empty segment in its path")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return refuse("has a dot segment in its path")
		}
	}
	// Some hosts route by the decoded path, some regardless of case.
	decoded = strings.ToLower(decoded)
	for _, own := range []string{"/auth/", "/.netlify/"} {
		if strings.HasPrefix(decoded, own) {
			return refuse("has a path with side effects")
		}
	}
	return nil
}

func refuse(rule string) error { return fmt.Errorf("%w: it %s", ErrUnsafe, rule) }
