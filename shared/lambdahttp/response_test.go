package lambdahttp

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// bothFormats runs a test with a 1.0 and a 2.0 event.
func bothFormats(t *testing.T, test func(t *testing.T, payload []byte)) {
	t.Helper()
	for _, name := range []string{"netlify", "httpapi-v2"} {
		t.Run(name, func(t *testing.T) { test(t, load(t, name)) })
	}
}

func TestResponseHasFormatOfEvent(t *testing.T) {
	for _, name := range eventNames(t) {
		resp := invoke(t, load(t, name), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, `{"a":"<é&>"}`)
		})
		if v2 := name == "httpapi-v2" || name == "function-url"; resp.v2 != v2 {
			t.Errorf("%s: response in payload 2.0 format: got %v, want %v", name, resp.v2, v2)
		}
		if resp.status != http.StatusCreated || resp.body != `{"a":"<é&>"}` ||
			resp.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: got response %+v, want the handler's", name, resp)
		}
	}
}

func TestHandlerWithoutWriteReturns200(t *testing.T) {
	bothFormats(t, func(t *testing.T, payload []byte) {
		resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Set", "yes") })
		if resp.status != http.StatusOK || resp.body != "" || resp.header.Get("X-Set") != "yes" {
			t.Errorf("got response %+v, want status 200 and the header", resp)
		}
	})
}

func TestFirstWriteHeaderWins(t *testing.T) {
	bothFormats(t, func(t *testing.T, payload []byte) {
		for name, h := range map[string]http.HandlerFunc{
			"then another":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418); w.WriteHeader(200) },
			"then invalid":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418); w.WriteHeader(0) },
			"then Write":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418); io.WriteString(w, "x") },
			"after a 103":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(418) },
			"then a header": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418); w.Header().Set("X-Late", "1") },
		} {
			if resp := invoke(t, payload, h); resp.status != 418 || resp.header["X-Late"] != nil {
				t.Errorf("%s: got response %+v, want status 418", name, resp)
			}
		}
		resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "x")
			w.WriteHeader(418)
		})
		if resp.status != http.StatusOK {
			t.Errorf("WriteHeader after Write: got status %d, want 200", resp.status)
		}
	})
}

func TestEverySetCookieIsKept(t *testing.T) {
	cookies := []string{"a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2, 3; HttpOnly", "a=4"}
	bothFormats(t, func(t *testing.T, payload []byte) {
		resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
			for _, cookie := range cookies {
				w.Header().Add("Set-Cookie", cookie)
			}
		})
		if !reflect.DeepEqual(resp.header["Set-Cookie"], cookies) {
			t.Errorf("got %q, want %q", resp.header["Set-Cookie"], cookies)
		}
	})
}

func TestRepeatedHeader(t *testing.T) {
	bothFormats(t, func(t *testing.T, payload []byte) {
		resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Vary"] = []string{"Origin", "Cookie"}
		})
		if got := strings.ReplaceAll(strings.Join(resp.header["Vary"], ","), " ", ""); got != "Origin,Cookie" {
			t.Errorf("got Vary %q, want both values", resp.header["Vary"])
		}
	})
}

func TestHeaderInjection(t *testing.T) {
	bothFormats(t, func(t *testing.T, payload []byte) {
		resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h["Location"] = []string{"/x\r\nSet-Cookie: a=1"}
			h["X-Lf"] = []string{"a\nb", "kept\tü"}
			h["X-Cr"] = []string{"a\rb"}
			h["X-Nul"] = []string{"a\x00b"}
			h["X-Del"] = []string{"a\x7fb"}
			h["Set-Cookie"] = []string{"a=1\r\nX: y", "b=2"}
			h["X\r\nY"] = []string{"z"}
			h["X Y"] = []string{"z"}
			h[""] = []string{"z"}
		})
		want := http.Header{"X-Lf": {"kept\tü"}, "Set-Cookie": {"b=2"}}
		if !reflect.DeepEqual(resp.header, want) {
			t.Errorf("got  %q\nwant %q", resp.header, want)
		}
	})
}

func TestResponseIsEscaped(t *testing.T) {
	bothFormats(t, func(t *testing.T, payload []byte) {
		resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X-Quoted"] = []string{"\"a\\\t\xff\u2028"}
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b c", Quoted: true})
			io.WriteString(w, "\"\\\x00\n\u2028<")
		})
		if got, want := resp.header.Get("X-Quoted"), "\"a\\\t\ufffd\u2028"; got != want {
			t.Errorf("got header %q, want %q", got, want)
		}
		if got, want := resp.header.Get("Set-Cookie"), `a="b c"`; got != want {
			t.Errorf("got cookie %q, want %q", got, want)
		}
		if want := "\"\\\x00\n\u2028<"; resp.body != want {
			t.Errorf("got body %q, want %q", resp.body, want)
		}
	})
}

func TestBinaryBody(t *testing.T) {
	const body = "\x89PNG\r\n\x1a\n\xff\x00"
	bothFormats(t, func(t *testing.T, payload []byte) {
		resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, body[:4])
			io.WriteString(w, body[4:])
		})
		if resp.body != body {
			t.Errorf("got %q, want %q", resp.body, body)
		}
	})
}

func TestResponsesWithoutBody(t *testing.T) {
	for _, name := range eventNames(t) {
		resp := invoke(t, load(t, name, setMethod("HEAD")), func(w http.ResponseWriter, _ *http.Request) {
			if n, err := io.WriteString(w, "<!doctype html>"); n != 15 || err != nil {
				t.Errorf("HEAD: Write: got %d, %v, want 15, none", n, err)
			}
		})
		if resp.body != "" || resp.status != http.StatusOK || resp.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: HEAD: got %+v, want the detected type and no body", name, resp)
		}
	}
	bothFormats(t, func(t *testing.T, payload []byte) {
		for _, status := range []int{http.StatusNoContent, http.StatusNotModified} {
			resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
					t.Errorf("%d: Write: got error %v, want %v", status, err, http.ErrBodyNotAllowed)
				}
			})
			if resp.status != status || resp.body != "" || len(resp.header) != 0 {
				t.Errorf("%d: got %+v, want neither body nor header", status, resp)
			}
		}
	})
}

func TestContentTypeIsDetectedOnlyWhenUnset(t *testing.T) {
	bothFormats(t, func(t *testing.T, payload []byte) {
		for given, want := range map[string]string{"": "text/html; charset=utf-8", "text/plain": "text/plain"} {
			resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
				if given != "" {
					w.Header().Set("content-type", given)
				}
				w.Write(nil)
				io.WriteString(w, "<!doctype html>")
			})
			if got := resp.header["Content-Type"]; !slices.Equal(got, []string{want}) {
				t.Errorf("given %q: got %q, want %q", given, got, want)
			}
		}
	})
}

func TestHeaderSpelledTwice(t *testing.T) {
	bothFormats(t, func(t *testing.T, payload []byte) {
		resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["set-cookie"] = []string{"a=1"}
			w.Header()["Set-Cookie"] = []string{"b=2"}
		})
		got := slices.Sorted(slices.Values(resp.header["Set-Cookie"]))
		if !slices.Equal(got, []string{"a=1", "b=2"}) || len(slices.Collect(maps.Keys(resp.header))) != 1 {
			t.Errorf("got %q, want both cookies under one name", resp.header)
		}
	})
}
