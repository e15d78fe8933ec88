package config

import (
	"fmt"
	"strings"
)

// OriginPattern matches the origins of deploy previews: an origin with one * for
// a part of its leftmost label.
type OriginPattern struct{ prefix, suffix string } // of the whole origin

// Match returns the origin that a request to host (with its port, if any) is
// served as, if host matches. The * matches one or more of a-z, 0-9 and -.
func (p OriginPattern) Match(host string) (origin string, ok bool) {
	scheme, _, _ := strings.Cut(p.prefix, "://")
	origin = scheme + "://" + host
	part, hasPrefix := strings.CutPrefix(origin, p.prefix)
	part, hasSuffix := strings.CutSuffix(part, p.suffix)
	if !hasPrefix || !hasSuffix || !consistsOf(part, lowercase+digits+"-") || len(part) > 63 {
		return "", false
	}
	return origin, true
}

// readPreviewOrigins reads origins with one * in the leftmost label, never alone
// there: https://*.example.com would hand sessions to every host of a domain.
func readPreviewOrigins(s *Settings, value string) error {
	list, err := commaList(value)
	if err != nil {
		return err
	}
	var patterns []OriginPattern
	for i, item := range list {
		prefix, suffix, found := strings.Cut(item, "*")
		label, _, _ := strings.Cut(suffix, ".")
		_, start, _ := strings.Cut(prefix, "://")
		if !found || strings.Contains(suffix, "*") || strings.ContainsAny(start, "./") || start+label == "" {
			return fmt.Errorf("entry %d must have one * inside the leftmost label, such as "+
				"https://deploy-preview-*--my-site.netlify.app", i+1)
		}
		if _, err := origin(prefix + "1" + suffix); err != nil {
			return fmt.Errorf("entry %d %w", i+1, err)
		}
		patterns = append(patterns, OriginPattern{prefix: prefix, suffix: suffix})
	}
	s.PreviewOrigins = patterns
	return nil
}
