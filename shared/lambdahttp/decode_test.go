package lambdahttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// checkDecode fails the test unless decodeEvent reads the payload as encoding/json does.
func checkDecode(t *testing.T, payload []byte) {
	t.Helper()
	var want struct {
		event
		Headers           map[string]string
		MultiValueHeaders map[string][]string
	}
	err := json.Unmarshal(payload, &want)
	want.event.Headers, want.event.MultiValueHeaders = http.Header{}, http.Header{}
	for name, value := range want.Headers {
		addHeader(want.event.Headers, name, value)
	}
	for name, values := range want.MultiValueHeaders {
		addHeader(want.event.MultiValueHeaders, name, values...)
	}
	got, ok := decodeEvent(payload)
	if ok != (err == nil) || got.format() != want.format() {
		t.Fatalf("%.500s: got %v, format %d, want error %v, format %d", payload, ok, got.format(), err, want.format())
	}
	if got, want := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want.event); ok && got != want {
		t.Fatalf("%.500s:\ngot  %s\nwant %s", payload, got, want)
	}
}

// The last of repeated fields counts. A header given twice keeps both values, so that
// the handler can refuse it.
func TestRepeatedNames(t *testing.T) {
	r := request(t, []byte(`{"httpMethod":"PUT","httpMethod":"GET","path":"/a","requestContext":{"domainName":"a.example"},
		"path":"/b","requestContext":{"domainName":"b.example"},"headers":{"authorization":"a","authorization":"b"}}`))
	if r.Method != "GET" || r.URL.Path != "/b" || r.Host != "b.example" {
		t.Errorf("got %s %s%s, want GET b.example/b", r.Method, r.Host, r.URL.Path)
	}
	if got, want := r.Header["Authorization"], []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got Authorization %q, want %q", got, want)
	}
}

// The case of a field's name counts: the platform decides alone what a field holds.
func TestFieldNamesAreCaseSensitive(t *testing.T) {
	r := request(t, []byte(`{"httpMethod":"GET","path":"/a","PATH":"/b","Body":"x","HEADERS":{"X-A":"1"}}`))
	if r.URL.Path != "/a" || r.body != "" || len(r.Header) != 0 {
		t.Errorf("got path %q, body %q, header %v, want /a alone", r.URL.Path, r.body, r.Header)
	}
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	for _, text := range []string{"\xff", `\ud800`} {
		payload := fmt.Sprintf(`{"httpMethod":"POST","path":"/","body":"a%s","headers":{"x-a":"b%s\"\\"}}`, text, text)
		r := request(t, []byte(payload))
		if r.body != "a\ufffd" || r.Header.Get("X-A") != "b\ufffd\"\\" {
			t.Errorf("%q: got body %q, header %q, want U+FFFD in both", text, r.body, r.Header.Get("X-A"))
		}
	}
}
