package token

import (
	"strings"
	"unicode/utf8"
)

// match finds name in names, which are in lower-case ASCII. exact is false for a
// name that other readers might take for that one, since they ignore case.
func match(name []byte, names []string) (index int, exact bool) {
	for i, known := range names {
		if string(name) == known {
			return i, true
		}
	}
	if !foldable(name) {
		return -1, false
	}
	for i, known := range names {
		if strings.EqualFold(string(name), known) {
			return i, false
		}
	}
	return -1, false
}

// foldable reports whether name may equal another name when case is ignored:
// capitals do, and beyond ASCII the Kelvin sign (k) and the long s.
func foldable(name []byte) bool {
	for _, c := range name {
		if 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}
