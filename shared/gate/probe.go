package gate

import "strings"

// Spellings returns addresses that name what the rule protects, for a request without a
// pass: none of them may give a page. A host that serves one does not run the check, or
// reads paths in a way that the check does not cover.
func (r Rule) Spellings() []string {
	base := strings.TrimSuffix(r.Path, "/")
	if base == "" {
		return []string{"/", "/index.html", "//"}
	}
	first := strings.IndexByte(base[1:], '/') + 1
	if first == 0 {
		first = len(base)
	}
	encoded := "/%" + strings.ToUpper(hex(base[1])) + base[2:]
	return []string{
		base + "/", base, base + "/index.html", base + ".html", "/" + base + "/", strings.ToUpper(base) + "/",
		encoded + "/", base + "%2f", base + ";a=b/", base[:first] + "/./" + strings.TrimPrefix(base[first:], "/"),
		"/x/..%2f" + base[1:] + "/", "/%25" + hex(base[1]) + base[2:] + "/",
	}
}

func hex(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}
