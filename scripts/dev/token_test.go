package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/shared/kindetest"
)

func TestDevToken(t *testing.T) {
	const origin = "http://localhost:8888"
	kinde, err := kindetest.Serve(kindetest.Options{Site: origin})
	if err != nil {
		t.Fatal(err)
	}
	defer kinde.Close()
	for _, test := range []struct {
		name, method, url string
		header            string // "name: value", several apart by "; "
		want              int
	}{
		{"own page", "POST", origin, "Sec-Fetch-Site: same-origin; Origin: " + origin, 200},
		{"own page that hides where it is", "POST", origin, "Sec-Fetch-Site: same-origin; Origin: null", 200},
		{"old browser", "POST", origin, "Origin: " + origin, 200},
		{"another site", "POST", origin, "Sec-Fetch-Site: cross-site; Origin: http://evil.test", 403},
		{"another site, old browser", "POST", origin, "Origin: http://evil.test", 403},
		{"another port", "POST", origin, "Sec-Fetch-Site: same-site; Origin: http://localhost:9999", 403},
		{"a navigation", "POST", origin, "Sec-Fetch-Site: none", 403},
		{"no browser", "POST", origin, "", 403},
		{"a name pointed here", "POST", "http://evil.test:8888", "Sec-Fetch-Site: same-origin; Origin: http://evil.test:8888", 403},
		{"the other loopback name", "POST", "http://127.0.0.1:8888", "Sec-Fetch-Site: same-origin", 403},
		{"not a POST", "GET", origin, "Sec-Fetch-Site: same-origin", 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.url+"/dev/token", nil)
			for pair := range strings.SplitSeq(test.header, "; ") {
				if name, value, found := strings.Cut(pair, ": "); found {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			devToken{origin: origin, kinde: kinde}.ServeHTTP(w, r)
			var body map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			token, _ := body["access_token"].(string)
			if w.Code != test.want || (token != "") != (test.want == 200) {
				t.Errorf("%d %s, want %d", w.Code, w.Body, test.want)
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Error("the answer may be stored")
			}
			if test.want == 200 && !accepted(t, kinde, token) {
				t.Error("the embedded Kinde does not know its own token")
			}
		})
	}
}

func accepted(t *testing.T, kinde *kindetest.Server, token string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, kinde.URL+"/oauth2/v2/user_profile", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func TestDevTokenWithATenant(t *testing.T) {
	r := httptest.NewRequest("POST", "http://localhost:8888/dev/token", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	devToken{origin: "http://localhost:8888"}.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("%d with a real tenant, want 404", w.Code)
	}
}
