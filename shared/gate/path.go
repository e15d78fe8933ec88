package gate

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Host identifies how a host finds the file for a path.
type Host struct{ IgnoresCase bool }

// The hosts.
var (
	Netlify    = Host{IgnoresCase: true}
	CloudFront = Host{} // with S3 behind it
)

var errAmbiguous = errors.New("gate: hosts may read the path differently")

// Normal returns the form in which a path is judged: decoded once, without empty
// segments, matrix parameters, index.html, a final .html or .htm and a slash at the end. It meets
// every rule that the file meets that a host serves for the path. A path that hosts may
// read differently is an error: dot segments, separators that a second decoding would
// bring out, control characters, and bytes that are not UTF-8.
func Normal(path string, host Host) (string, error) {
	decoded, err := url.PathUnescape(path)
	if err != nil || !utf8.ValidString(decoded) || !strings.HasPrefix(decoded, "/") || ambiguous(decoded) {
		return "", errAmbiguous
	}
	var segments []string
	for segment := range strings.SplitSeq(host.fold(decoded), "/") {
		segment, _, _ = strings.Cut(segment, ";")
		switch segment {
		case "":
		case ".", "..":
			return "", errAmbiguous
		default:
			segments = append(segments, segment)
		}
	}
	if last := len(segments) - 1; last >= 0 && strings.EqualFold(withoutHTML(segments[last]), "index") {
		segments = segments[:last]
	}
	if last := len(segments) - 1; last >= 0 {
		segments[last] = withoutHTML(segments[last])
	}
	return "/" + strings.Join(segments, "/"), nil
}

func ambiguous(decoded string) bool {
	for i := range len(decoded) {
		switch c := decoded[i]; {
		case c < ' ', c == 0x7f, c == '\\', c == '?', c == '#':
			return true
		case c == '%' && i+2 < len(decoded) && isHex(decoded[i+1]) && isHex(decoded[i+2]):
			return true
		}
	}
	return false
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func withoutHTML(name string) string {
	for _, suffix := range []string{".html", ".htm"} { // Netlify leaves out either
		if cut := len(name) - len(suffix); cut > 0 && strings.EqualFold(name[cut:], suffix) {
			return name[:cut]
		}
	}
	return name
}

// fold gives text in lower case where the host ignores case: ASCII, and the letters
// outside it that some case folding turns into letters of ASCII.
func (h Host) fold(text string) string {
	if !h.IgnoresCase {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case r == 'İ':
			return 'i'
		case r == 'ſ':
			return 's'
		case r == 'K': // the Kelvin sign
			return 'k'
		}
		return r
	}, text)
}
