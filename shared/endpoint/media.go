package endpoint

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/text"
)

// mediaType reads a media type (RFC 9110 section 8.3.1), in lower case and without its
// parameters. A parameter may be repeated with one meaning, as some clients repeat
// charset; ok is false for one that is repeated with another, and for anything else
// that is malformed. mime.ParseMediaType refuses both.
func mediaType(value string) (media string, ok bool) {
	media, rest, _ := strings.Cut(value, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	kind, subtype, found := strings.Cut(media, "/")
	if !found || !isToken(kind) || !isToken(subtype) {
		return "", false
	}
	_, ok = parameters(rest)
	return media, ok
}

// MediaType returns the media type of the request's body, in lower case and without its
// parameters; "" if there is none or it is malformed.
func (r *Request) MediaType() string {
	media, ok := mediaType(r.HTTP.Header.Get("Content-Type"))
	if !ok {
		return ""
	}
	return media
}

// parameters reads `name=value; …` (RFC 9110 section 5.6.6). Names are in lower case, and
// so is charset's value, whose case does not count (section 8.3.2).
func parameters(text string) (values map[string]string, ok bool) {
	values = map[string]string{}
	for {
		text = strings.TrimLeft(text, " \t;")
		if text == "" {
			return values, true
		}
		name, rest, found := strings.Cut(text, "=")
		name = strings.ToLower(name)
		if !found || !isToken(name) {
			return nil, false
		}
		value, rest, ok := parameterValue(rest)
		if !ok {
			return nil, false
		}
		if name == "charset" {
			value = strings.ToLower(value)
		}
		if earlier, twice := values[name]; twice && earlier != value {
			return nil, false
		}
		values[name] = value
		text = rest
	}
}

// parameterValue reads a token or a quoted string, and returns what follows it.
func parameterValue(text string) (value, rest string, ok bool) {
	quoted, isQuoted := strings.CutPrefix(text, `"`)
	if !isQuoted {
		value, rest, _ = strings.Cut(text, ";")
		value = strings.TrimSpace(value)
		return value, rest, isToken(value)
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c == '"':
			rest = strings.TrimLeft(quoted[i+1:], " \t")
			return b.String(), rest, rest == "" || rest[0] == ';'
		case c == '\\' && i+1 < len(quoted):
			i++
			b.WriteByte(quoted[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// isToken reports whether s is a token (RFC 9110 section 5.6.2).
func isToken(s string) bool { return text.IsPlain(s, len(s), "!#$%&'*+-.^_`|~") }

func acceptsJSON(h http.Header) bool { return accepts(h, "application/json", problem.ContentType) }

func acceptsHTML(h http.Header) bool { return accepts(h, "text/html") }

// accepts reports whether Accept names one of the media types and does not weigh it zero
// (RFC 9110 sections 12.4.2 and 12.5.1). A range such as */* names none.
func accepts(h http.Header, types ...string) bool {
	for _, value := range h.Values("Accept") {
		for item := range strings.SplitSeq(value, ",") {
			media, rest, _ := strings.Cut(item, ";")
			if !slices.Contains(types, strings.ToLower(strings.TrimSpace(media))) {
				continue
			}
			if values, ok := parameters(rest); ok && !isZero(values["q"]) {
				return true
			}
		}
	}
	return false
}

// isZero reports whether a weight is 0, such as 0.0; an absent one is 1.
func isZero(weight string) bool {
	q, err := strconv.ParseFloat(weight, 64)
	return weight != "" && (err != nil || q == 0)
}
