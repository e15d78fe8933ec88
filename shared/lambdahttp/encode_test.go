package lambdahttp

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// What is written must be what encoding/json reads.
func TestEncode(t *testing.T) {
	latin := make([]rune, 0x100)
	for i := range latin {
		latin[i] = rune(i)
	}
	every := string(latin)
	for name, want := range map[string]layout{
		"payload 1.0":  {StatusCode: 302, MultiValueHeaders: map[string][]string{"Location": {"/a?b=c&d"}, "Set-Cookie": {"a=1", `b="2"`}}},
		"payload 2.0":  {StatusCode: 200, Headers: map[string]string{"A": "b", "C": "d", "E": ""}, Cookies: []string{"a=1", "b=2"}, Body: `{"a":"<é&>\\"}`},
		"nothing":      {StatusCode: 204, Headers: map[string]string{}, Cookies: []string{}},
		"every escape": {StatusCode: 599, Headers: map[string]string{every: every}, Body: every + "\u2028\u2029\U0001f600"},
		"bytes":        {StatusCode: 200, Body: "iVBORw0=", IsBase64Encoded: true, MultiValueHeaders: map[string][]string{"None": {}}},
		"large":        {StatusCode: 200, Body: strings.Repeat("\"x\n", 1<<18)},
	} {
		var got layout
		if err := json.Unmarshal(encode(&want), &got); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %.999s\nwant %.999s", name, encode(&got), encode(&want))
		}
	}
	if got := string(appendText(nil, "a\xff\xfeb\xc3")); got != "\"a\ufffdb\ufffd\"" {
		t.Errorf("no UTF-8: %q", got)
	}
}
