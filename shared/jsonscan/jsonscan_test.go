package jsonscan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzObject compares Object with encoding/json: both accept the same texts, but for
// invalid UTF-8 and lone surrogates, and read the same members in them.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : [ 1 , -0.5e+3 , true , false , null , "\u00e9\n" ] , "b":{"c":{}} } `,
		`{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a" 1}`,
		`{"a":1,}`, `{,}`, `{"a":[1,]}`, `{"a":}`, `{"a`, `{"a":"`, `{"a":"\`, `{"a":1}x`, `[]`, ``, "{\"\xff\":1}",
		`{"a":` + strings.Repeat("[", 32), `{"\u0061":"\ud800"}`, `{"a":nul`, "{\"a\":\"\t\"}", `{a:1}`, `{"a":NaN}`,
		`{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`, `{"a":1}{}`, `{"a":1} `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		members := make(map[string]json.RawMessage)
		got := Object(b, func(name, value []byte) bool {
			members[string(name)] = value
			return true
		})
		var want map[string]json.RawMessage
		valid := utf8.Valid(b) && json.Unmarshal(b, &want) == nil && want != nil
		if got != valid && !(valid && bytes.Contains(bytes.ToLower(b), []byte(`\ud`))) {
			t.Fatalf("%q: got %t, want %t", b, got, valid)
		}
		if !got {
			return
		}
		if len(members) != len(want) {
			t.Fatalf("%q: got %d names, want %d", b, len(members), len(want))
		}
		for name, value := range want {
			if !bytes.Equal(bytes.TrimSpace(members[name]), bytes.TrimSpace(value)) {
				t.Errorf("%q: got %q, want %q", name, members[name], value)
			}
		}
	})
}

func TestObjectHandsOverRepeatedNames(t *testing.T) {
	var got []string
	ok := Object([]byte(`{"a":1, "\u0061" : [2] ,"A":{"b":3,"b":4}}`), func(name, value []byte) bool {
		got = append(got, fmt.Sprintf("%s=%s", name, value))
		return true
	})
	want := []string{"a=1", "a=[2]", `A={"b":3,"b":4}`}
	if !ok || strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %t %q, want %q", ok, got, want)
	}
}

// An object that visit reads is read by another scanner.
func TestNestedReads(t *testing.T) {
	var got []string
	ok := Object([]byte(`{"a":{"b":["x","y"]},"c":"z"}`), func(name, value []byte) bool {
		Object(value, func(name, value []byte) bool {
			return Array(value, func(element []byte) bool {
				text, _ := Text(element)
				got = append(got, string(text))
				return true
			})
		})
		got = append(got, string(name))
		return true
	})
	if !ok || strings.Join(got, "") != "xyac" {
		t.Errorf("got %t %q", ok, got)
	}
}

func TestVisitStopsTheReading(t *testing.T) {
	calls := 0
	stop := func([]byte) bool { calls++; return false }
	if Array([]byte(`[1,2]`), stop) || calls != 1 {
		t.Errorf("got %d calls, want 1 and false", calls)
	}
	for _, text := range []string{`[1`, `[1]]`, `1`, `{}`, `[1 2]`, ``} {
		if Array([]byte(text), func([]byte) bool { return true }) {
			t.Errorf("%q: accepted as an array", text)
		}
	}
}

func TestTextReadsWhatEncodingJSONReads(t *testing.T) {
	pieces := []string{`a`, `\"`, `\\`, `\/`, `\n`, `\u0022`, `\ud83d\ude00`, `é`}
	for _, first := range pieces {
		for _, second := range pieces {
			for _, third := range append(pieces, "") {
				b := []byte(`"` + first + second + third + `"`)
				var want string
				if err := json.Unmarshal(b, &want); err != nil {
					t.Fatal(err)
				}
				if got, ok := Text(b); !ok || string(got) != want {
					t.Errorf("%s: got %q, %v, want %q", b, got, ok, want)
				}
			}
		}
	}
	for _, value := range []string{``, `1`, `null`, `["a"]`} {
		if _, ok := Text([]byte(value)); ok {
			t.Errorf("Text(%s) = true, want false", value)
		}
	}
}
