// Package jsonscan reads JSON (RFC 8259) that a stranger sent, and nothing more.
//
// encoding/json is no judge of such a text: it takes the last of repeated names, any
// case of a name, invalid UTF-8 and 10,000 levels. Its tokenizer shows all names but
// is slow. So this scanner hands out each member as it stands, without copying, and
// leaves the judging to its callers.
package jsonscan

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"unicode/utf8"
)

// MaxDepth is how deep a text may nest; the scanner recurses.
const MaxDepth = 32

// Document reads b as one JSON object in valid UTF-8 with nothing after it, and
// gives visit each member: the name decoded, the value as it stands. It reports
// whether b is such an object and visit never returned false.
func Document(b []byte, visit func(name, value []byte) bool) bool {
	return utf8.Valid(b) && Object(b, visit)
}

// Object is Document for a part of a document.
func Object(b []byte, visit func(name, value []byte) bool) bool {
	i := skipSpace(b, 0)
	if at(b, i) != '{' {
		return false
	}
	i = scanObject(b, i, 1, visit)
	return i >= 0 && skipSpace(b, i) == len(b)
}

// Array gives visit each element of the JSON array b, and reports whether b is an
// Array and visit never returned false.
func Array(b []byte, visit func(value []byte) bool) bool {
	if at(b, 0) != '[' {
		return false
	}
	return scanArray(b, 0, 1, visit) == len(b)
}

// Text decodes the JSON string b. The result may share b's memory.
func Text(b []byte) (decoded []byte, ok bool) {
	if at(b, 0) != '"' {
		return nil, false
	}
	inner := b[1 : len(b)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	if decoded, ok := unescape(inner); ok {
		return decoded, true
	}
	var s string
	err := json.Unmarshal(b, &s)
	return []byte(s), err == nil
}

// unescape decodes a string in which nothing is escaped but quotation marks, slashes
// and backslashes, as in the headers that browsers send. ok is false for others.
func unescape(inner []byte) (decoded []byte, ok bool) {
	decoded = make([]byte, 0, len(inner))
	for {
		i := bytes.IndexByte(inner, '\\')
		if i < 0 {
			return append(decoded, inner...), true
		}
		c := at(inner, i+1)
		if c != '"' && c != '\\' && c != '/' {
			return nil, false
		}
		decoded = append(append(decoded, inner[:i]...), c)
		inner = inner[i+2:]
	}
}

// The scan functions take the index of a value's first byte and give the index
// after its last, or -1.

func scanValue(b []byte, i, depth int) int {
	if depth > MaxDepth {
		return -1
	}
	switch c := at(b, i); c {
	case '{':
		return scanObject(b, i, depth, nil)
	case '[':
		return scanArray(b, i, depth, nil)
	case '"':
		return scanString(b, i)
	case 't':
		return scanWord(b, i, "true")
	case 'f':
		return scanWord(b, i, "false")
	case 'n':
		return scanWord(b, i, "null")
	default:
		return scanNumber(b, i)
	}
}

func scanObject(b []byte, i, depth int, visit func(name, value []byte) bool) int {
	i = skipSpace(b, i+1)
	if at(b, i) == '}' {
		return i + 1
	}
	for {
		start := i
		if i = scanString(b, i); i < 0 {
			return -1
		}
		rawName := b[start:i]
		if i = skipSpace(b, i); at(b, i) != ':' {
			return -1
		}
		start = skipSpace(b, i+1)
		if i = scanValue(b, start, depth+1); i < 0 {
			return -1
		}
		if visit != nil {
			name, ok := Text(rawName)
			if !ok || !visit(name, b[start:i]) {
				return -1
			}
		}
		switch i = skipSpace(b, i); at(b, i) {
		case ',':
			i = skipSpace(b, i+1)
		case '}':
			return i + 1
		default:
			return -1
		}
	}
}

func scanArray(b []byte, i, depth int, visit func(value []byte) bool) int {
	i = skipSpace(b, i+1)
	if at(b, i) == ']' {
		return i + 1
	}
	for {
		start := i
		if i = scanValue(b, i, depth+1); i < 0 {
			return -1
		}
		if visit != nil && !visit(b[start:i]) {
			return -1
		}
		switch i = skipSpace(b, i); at(b, i) {
		case ',':
			i = skipSpace(b, i+1)
		case ']':
			return i + 1
		default:
			return -1
		}
	}
}

func scanString(b []byte, i int) int {
	if at(b, i) != '"' {
		return -1
	}
	for i = skipPlain(b, i+1); i < len(b); i = skipPlain(b, i+1) {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c == '\\':
			i++
			switch at(b, i) {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for range 4 {
					if i++; !isHex(at(b, i)) {
						return -1
					}
				}
			default:
				return -1
			}
		}
	}
	return -1
}

// skipPlain gives the index of the first byte from i on that scanString must look
// at, or len(b). Most of what is read is long, so it takes eight bytes at a time: a
// byte of special has its top bit set where w has a control character, a quotation
// mark or a backslash, and perhaps where the byte before it has one.
func skipPlain(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, backslash := w^ones*'"', w^ones*'\\'
		special := (w-ones*' ')&^w | (quote-ones)&^quote | (backslash-ones)&^backslash
		if special &= tops; special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

func scanNumber(b []byte, i int) int {
	if at(b, i) == '-' {
		i++
	}
	switch c := at(b, i); {
	case c == '0':
		i++
	case isDigit(c):
		i = skipDigits(b, i)
	default:
		return -1
	}
	if at(b, i) == '.' {
		if i++; !isDigit(at(b, i)) {
			return -1
		}
		i = skipDigits(b, i)
	}
	if c := at(b, i); c == 'e' || c == 'E' {
		i++
		if c := at(b, i); c == '+' || c == '-' {
			i++
		}
		if !isDigit(at(b, i)) {
			return -1
		}
		i = skipDigits(b, i)
	}
	return i
}

func scanWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return -1
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

func skipDigits(b []byte, i int) int {
	for isDigit(at(b, i)) {
		i++
	}
	return i
}

// at gives 0, which stands nowhere in JSON, past the end.
func at(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
