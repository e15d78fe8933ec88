package main

import (
	"testing"

	"kinde-functions/shared/redirect"
)

// The Location of a finished sign-in is the return URL as it was checked, byte for byte.
func TestLocationIsTheCheckedReturnURL(t *testing.T) {
	policy, err := redirect.NewPolicy(site, []string{"https://app.example"})
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		"/search?q=100%":                     site + "/search?q=100%",
		"/a%20b/caf%C3%A9?x=%2F%2Fe#50%&%zz": site + "/a%20b/caf%C3%A9?x=%2F%2Fe#50%&%zz",
		"/?a=/../b&c=//d#/./e":               site + "/?a=/../b&c=//d#/./e",
		"https://app.example/x?y='\"<>|^`{}": "https://app.example/x?y='\"<>|^`{}",
		"https://app.example#top":            "https://app.example#top",
	} {
		target, err := policy.Check(raw)
		if err != nil {
			t.Errorf("%s: got %v", raw, err)
			continue
		}
		s := start(t, "ALLOWED_ORIGINS", "https://app.example")
		s.attempt.ReturnURL = target.Absolute()
		s.begin()
		w := s.back("state=" + s.attempt.State + "&code=" + s.code())
		if got := w.Header().Get("Location"); w.Code != 302 || got != want {
			t.Errorf("%s: got %d %s, want %s", raw, w.Code, got, want)
		}
	}
}
