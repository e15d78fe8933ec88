package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/shared/gate"
)

func TestProbeFindsOpenSpellings(t *testing.T) {
	rules, err := gate.Parse([]byte(`{"rules": [{"path": "/members/"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	leaks := ""
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI == leaks {
			return // 200
		}
		w.Header().Set("Location", "/auth/gate?return_url=x")
		w.WriteHeader(http.StatusFound)
	}))
	defer site.Close()
	for _, leak := range []string{"", "/members/", "//members/", "/members;a=b/", "/%6Dembers/"} {
		leaks = leak
		faults, asked, err := probe(t.Context(), site.URL, rules)
		if err != nil || asked < 10 {
			t.Fatalf("asked %d times: %v", asked, err)
		}
		if leak == "" && len(faults) > 0 || leak != "" &&
			(len(faults) != 1 || !strings.Contains(faults[0], leak+": status 200")) {
			t.Errorf("a site that serves %q: got %q", leak, faults)
		}
	}
	site.Close()
	if _, _, err := probe(t.Context(), site.URL, rules); err == nil {
		t.Error("a site that cannot be reached: got no error")
	}
}
