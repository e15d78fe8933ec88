package jsonscan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDocument compares the scanner with encoding/json: it must take the same
// texts, but for depth and invalid UTF-8, and read the same members in them.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : [ 1 , -0.5e+3 , true , false , null , "\u00e9\n" ] , "b":{"c":{}} } `,
		`{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a" 1}`,
		`{"a":1,}`, `{,}`, `{"a":[1,]}`, `{"a":}`, `{"a`, `{"a":"`, `{"a":"\`, `{"a":1}x`, `[]`, ``, "{\"\xff\":1}",
		`{"a":` + strings.Repeat("[", 32), `{"\u0061":"\ud800"}`, `{"a":nul`, "{\"a\":\"\t\"}", `{a:1}`, `{"a":NaN}`,
		`{"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`,
		`{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		read := make(map[string]json.RawMessage)
		got := Document(b, func(name, value []byte) bool {
			read[string(name)] = value
			return true
		})
		var want map[string]json.RawMessage
		valid := utf8.Valid(b) && json.Unmarshal(b, &want) == nil && want != nil && depth(b) <= MaxDepth
		if got != valid {
			t.Fatalf("document says %t of %q", got, b)
		}
		if !valid {
			return
		}
		if len(read) != len(want) {
			t.Fatalf("%d names of %q, want %d", len(read), b, len(want))
		}
		for name, value := range want {
			if !bytes.Equal(bytes.TrimSpace(read[name]), bytes.TrimSpace(value)) {
				t.Errorf("%q: %q, want %q", name, read[name], value)
			}
		}
	})
}

// depth is how deep valid JSON nests.
func depth(b []byte) (deepest int) {
	decoder := json.NewDecoder(bytes.NewReader(b))
	for level := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			level++
			deepest = max(deepest, level)
		case json.Delim('}'), json.Delim(']'):
			level--
		}
	}
}

// Every byte, in every place of the eight that are looked at together and behind
// every neighbour.
func TestSkipPlainStopsAtTheFirstByteThatCounts(t *testing.T) {
	for first := range 256 {
		for second := range 256 {
			for place := range 12 {
				b := []byte(strings.Repeat("x", 24))
				b[place], b[place+1] = byte(first), byte(second)
				want := 0
				for want < len(b) && b[want] >= ' ' && b[want] != '"' && b[want] != '\\' {
					want++
				}
				if got := skipPlain(b, 0); got != want {
					t.Fatalf("%q: %d, want %d", b, got, want)
				}
			}
		}
	}
}

func TestTextReadsWhatEncodingJSONReads(t *testing.T) {
	pieces := []string{`a`, `\"`, `\\`, `\/`, `\n`, `\u0022`, `\ud83d\ude00`, `\ud800`, `é`}
	for _, first := range pieces {
		for _, second := range pieces {
			for _, third := range append(pieces, "") {
				b := []byte(`"` + first + second + third + `"`)
				var want string
				if err := json.Unmarshal(b, &want); err != nil {
					t.Fatal(err)
				}
				if got, ok := Text(b); !ok || string(got) != want {
					t.Errorf("%s: %q, %v, want %q", b, got, ok, want)
				}
			}
		}
	}
}
