package lambdahttp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// What the scanner reads must be what encoding/json reads, empty maps aside.
func TestDecodeReadsWhatEncodingJSONReads(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d events, %v", len(files), err)
	}
	events := map[string][]byte{
		"nulls":                []byte(`{"version":null,"headers":null,"body":null,"isBase64Encoded":null,"requestContext":null,"multiValueHeaders":{"a":null},"cookies":null}`),
		"escapes":              []byte(`{"httpMethod":"\u0047ET","path":"/\ud83d\ude00\n","headers":{"\u0061":"\"b\\"},"cookies":["\t"]}`),
		"spaces":               []byte(` { "headers" : { "a" : "b" } , "multiValueHeaders" : { "a" : [ "b" , "c" ] } , "isBase64Encoded" : true } `),
		"one name in two ways": []byte(`{"headers":{"a":"x","\u0061":"y","A":"z"},"multiValueHeaders":{"a":["1"],"b":["2","\u0033"]},"cookies":["c","d"]}`),
		"empty":                []byte(`{"headers":{},"multiValueHeaders":{},"cookies":[]}`),
	}
	for _, file := range files {
		if events[file], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, payload := range events {
		var want event
		if err := json.Unmarshal(payload, &want); err != nil {
			t.Fatal(err)
		}
		var got event
		if !scan(payload, &got) {
			t.Errorf("%s: left to encoding/json", name)
		}
		if !reflect.DeepEqual(withoutEmpty(got), withoutEmpty(want)) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
}

func withoutEmpty(e event) event {
	for _, m := range []*map[string]string{&e.Headers, &e.QueryStringParameters} {
		if len(*m) == 0 {
			*m = nil
		}
	}
	for _, m := range []*map[string][]string{&e.MultiValueHeaders, &e.MultiValueQueryStringParameters} {
		if len(*m) == 0 {
			*m = nil
		}
	}
	if len(e.Cookies) == 0 {
		e.Cookies = nil
	}
	return e
}
