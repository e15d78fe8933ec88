package store

import (
	"strings"
	"testing"
)

func TestURLsAreParsed(t *testing.T) {
	for raw, want := range map[string]string{
		"redis://localhost":                       "redis://localhost:6379",
		"redis://localhost/":                      "redis://localhost:6379/",
		"redis://10.0.0.7:6380/3":                 "redis://10.0.0.7:6380/3",
		"redis://[::1]":                           "redis://[::1]:6379",
		"redis://[::1]:6380":                      "redis://[::1]:6380",
		"rediss://:pw@r.example":                  "rediss://:pw@r.example:6379",
		"rediss://default:p%40%2F%3A@r.example/0": "rediss://default:p%40%2F%3A@r.example:6379/0",
	} {
		if got, err := parseURL(raw); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", raw, got, err, want)
		}
	}
}

func TestInvalidURLsAreRefusedWithoutQuoting(t *testing.T) {
	for raw, why := range map[string]string{
		"":                                          "must begin with",
		"rkvvsq.example":                            "must begin with",
		"rkvvsq.example:6379":                       "must begin with",
		"http://rkvvsq.example":                     "must begin with",
		"unix:///rkvvsq.sock":                       "must begin with",
		"redis:rkvvsq":                              "has no host",
		"redis://":                                  "has no host",
		"redis://:rkvvsq@":                          "has no host",
		"redis:///rkvvsq":                           "has no host",
		"redis://:6379":                             "has no host",
		"redis://:rkv/vsq@r.example":                "not a URL",
		"redis://:rkvvsq%zz@r.example":              "not a URL",
		"redis://:rkvvsq\n@r.example":               "not a URL",
		"redis://r.example:rkvvsq":                  "not a URL",
		"redis://r.example:0":                       "port",
		"redis://r.example:65536":                   "port",
		"redis://rkvvsq@r.example":                  "without a password",
		"redis://rkvvsq:@r.example":                 "without a password",
		"redis://@r.example":                        "without a password",
		"redis://:rkv?vsq@r.example":                "",
		"redis://:rkv#vsq@r.example":                "",
		"redis://r.example?password=rkvvsq":         "? or #",
		"redis://r.example/0?":                      "? or #",
		"redis://r.example#rkvvsq":                  "? or #",
		"redis://r.example/rkvvsq":                  "database",
		"redis://r.example/0/rkvvsq":                "database",
		"redis://r.example/-1":                      "database",
		"redis://r.example/+1":                      "database",
		"redis://r.example/01":                      "database",
		"redis://user:12/rkvvsq@r.example/0":        "",
		"redis://user/12@rkvvsq":                    "database",
		"redis://r.example/99999999999999999999999": "database",
	} {
		err := CheckURL(raw)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: got %v, want %q", raw, err, why)
			continue
		}
		if made, madeErr := NewRedis(raw, nil); made != nil || madeErr == nil ||
			!strings.HasSuffix(madeErr.Error(), err.Error()) {
			t.Errorf("%q: got %v from NewRedis, want %v", raw, madeErr, err)
		}
		for _, part := range []string{"rkv", "vsq", "r.example"} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("%q: got %v, want no part of the URL", raw, err)
			}
		}
	}
}
