package probe

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/gate"
)

const images = "/.netlify/images?url="

// Paths returns addresses that name what the rules protect, in several spellings.
func Paths(rules gate.Rules) []string {
	var paths []string
	for _, rule := range rules {
		paths = append(paths, spellings(rule.Path)...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// spellings returns addresses of a rule's path, and one of an image below it at Netlify's
// Image CDN.
func spellings(path string) []string {
	base := strings.TrimSuffix(path, "/")
	image := images + url.QueryEscape(base+"/image.png")
	if base == "" {
		return []string{"/", "/index.html", "//", image}
	}
	first := strings.IndexByte(base[1:], '/') + 1
	if first == 0 {
		first = len(base)
	}
	letter := fmt.Sprintf("%02x", base[1])
	return []string{
		base + "/", base, base + "/index.html", base + ".html", base + ".htm", "/" + base + "/",
		strings.ToUpper(base) + "/", "/%" + strings.ToUpper(letter) + base[2:] + "/", base + "%2f", base + ";a=b/",
		base[:first] + "/./" + strings.TrimPrefix(base[first:], "/"), "/x/..%2f" + base[1:] + "/",
		"/%25" + letter + base[2:] + "/", image,
	}
}
