package lambdahttp

import (
	"strconv"
	"strings"
)

// encode gives the JSON of an answer. encoding/json would find out the types anew,
// sort the names and copy the whole once more.
func encode(l *layout) []byte {
	b := make([]byte, 0, len(l.Body)+len(l.Body)/8+1024)
	b = append(b, `{"statusCode":`...)
	b = strconv.AppendInt(b, int64(l.StatusCode), 10)
	if l.Headers != nil {
		b = append(b, `,"headers":{`...)
		for name, value := range l.Headers {
			b = appendName(b, name)
			b = appendText(b, value)
		}
		b = append(b, '}')
	}
	if l.MultiValueHeaders != nil {
		b = append(b, `,"multiValueHeaders":{`...)
		for name, values := range l.MultiValueHeaders {
			b = appendName(b, name)
			b = appendList(b, values)
		}
		b = append(b, '}')
	}
	if l.Cookies != nil {
		b = append(b, `,"cookies":`...)
		b = appendList(b, l.Cookies)
	}
	b = append(b, `,"isBase64Encoded":`...)
	b = strconv.AppendBool(b, l.IsBase64Encoded)
	b = append(b, `,"body":`...)
	b = appendText(b, l.Body)
	return append(b, '}')
}

// appendName appends the name of a member to an object that has been begun.
func appendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(appendText(b, name), ':')
}

func appendList(b []byte, values []string) []byte {
	b = append(b, '[')
	for i, value := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, value)
	}
	return append(b, ']')
}

// appendText appends s as a JSON string. What is no UTF-8 in it becomes U+FFFD.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	s = strings.ToValidUTF8(s, "\ufffd")
	b = append(b, '"')
	plain := 0 // from here on, s goes as it is
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[plain:i]...)
		if c < ' ' {
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			b = append(b, '\\', c)
		}
		plain = i + 1
	}
	b = append(b, s[plain:]...)
	return append(b, '"')
}
