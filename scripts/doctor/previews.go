package main

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// openPattern returns what is wrong with a pattern of PREVIEW_ORIGINS that matches names
// that anyone can register, "" if none does. At Kinde such a pattern would allow callbacks
// to foreign sites. Netlify gives a name that ends in --my-site to that site alone.
func openPattern(patterns string) string {
	for pattern := range strings.SplitSeq(patterns, ",") {
		pattern = strings.TrimSpace(pattern)
		u, err := url.Parse(exampleOf(pattern))
		if err != nil || u.Scheme != "https" {
			continue // http is for loopback only
		}
		_, tail, _ := strings.Cut(pattern, "*")
		label, parent, _ := strings.Cut(strings.TrimSuffix(tail, ":"+u.Port()), ".")
		suffix, _ := publicsuffix.PublicSuffix(u.Hostname())
		ofOneSite := parent == "netlify.app" && strings.HasPrefix(label, "--") && len(label) > len("--")
		if suffix == parent && !ofOneSite {
			return fmt.Sprintf("%s: anyone can register such a name below %s", pattern, suffix)
		}
	}
	return ""
}
