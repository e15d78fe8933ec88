package endpoint

import (
	"net/http"
	"testing"
)

func TestMediaType(t *testing.T) {
	for value, want := range map[string]string{
		"application/json":                                 "application/json",
		" Application/JSON ; Charset=UTF-8":                "application/json",
		"application/json; charset=utf-8; charset=UTF-8":   "application/json",
		`application/json; charset=utf-8; charset="utf-8"`: "application/json",
		`application/json;x="a;b\"c" ; x="a;b\"c";`:        "application/json",
		"application/json;":                                "application/json",
		"application/x-www-form-urlencoded;charset=utf-8":  "application/x-www-form-urlencoded",
		"application/json; charset=utf-8; charset=latin1":  "",
		"application/json; x=a; x=A":                       "",
		"application/json; charset":                        "",
		"application/json; charset=":                       "",
		`application/json; charset="utf-8`:                 "",
		`application/json; charset="utf-8"x`:               "",
		"application/json, text/html":                      "",
		"application":                                      "",
		"/json":                                            "",
		"":                                                 "",
		"application/jsön":                                 "",
	} {
		media, ok := mediaType(value)
		if ok != (want != "") || ok && media != want {
			t.Errorf("%q: got %q, %t, want %q", value, media, ok, want)
		}
	}
}

func TestAcceptsJSON(t *testing.T) {
	for value, want := range map[string]bool{
		"application/json": true, "text/html, Application/JSON;q=0.1": true, "application/problem+json": true,
		"application/json;q=1": true, "application/json; q=0.001": true, "application/json; charset=utf-8": true,
		"application/json;q=0": false, "application/json;q=0.0": false, "application/json; Q=0.000": false,
		"application/json; charset=utf-8; q=0.0": false, "application/json; q=x": false, "text/html": false,
		"*/*": false, "application/*": false, "": false,
	} {
		if got := acceptsJSON(http.Header{"Accept": {value}}); got != want {
			t.Errorf("%q: got %t, want %t", value, got, want)
		}
	}
}
