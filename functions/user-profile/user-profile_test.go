package main

import (
	"encoding/json"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

func TestUsersGetTheirOwnProfile(t *testing.T) {
	f := functiontest.Start(t, function, kindetest.Options{})
	for range 3 { // a warm process too
		for _, user := range kindetest.DemoUsers() {
			w := f.SignedIn("/api/user-profile", kindetest.For(user.ID))
			var profile struct{ Sub, Email string }
			if err := json.Unmarshal(w.Body.Bytes(), &profile); w.Code != 200 || err != nil || profile.Sub != user.ID ||
				profile.Email != user.Email {
				t.Errorf("%s: got %d %s, want their profile", user.ID, w.Code, w.Body)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("got Content-Type %q, want application/json", got)
			}
		}
	}
}

func TestUpstreamFailures(t *testing.T) {
	f := functiontest.Start(t, function, kindetest.Options{})
	for name, row := range map[string]struct {
		fault      kindetest.Fault
		status     int
		code       string
		retryAfter string
	}{
		"401": {kindetest.Fault{Status: 401}, 401, "invalid-token", ""},
		"403": {kindetest.Fault{Status: 403}, 401, "invalid-token", ""},
		"404": {kindetest.Fault{Status: 404}, 502, "upstream-misconfigured", ""},
		"429": {kindetest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"60"}}}, 429,
			"upstream-throttled", "60"},
		"500":       {kindetest.Fault{Status: 500}, 502, "upstream-failed", ""},
		"hangs":     {kindetest.Fault{Hang: true}, 504, "upstream-timeout", ""},
		"resets":    {kindetest.Fault{Reset: true}, 502, "upstream-failed", ""},
		"not JSON":  {kindetest.Fault{Malformed: true}, 502, "upstream-failed", ""},
		"truncated": {kindetest.Fault{Truncated: true}, 502, "upstream-failed", ""},
		"5 MB":      {kindetest.Fault{Huge: 5 << 20}, 502, "upstream-failed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f.ClearFaults()
			f.Fault("/oauth2/", row.fault)
			w := f.SignedIn("/api/user-profile")
			if w.Code != row.status || !strings.Contains(w.Body.String(), `"code":"`+row.code+`"`) ||
				w.Header().Get("Retry-After") != row.retryAfter {
				t.Errorf("got %d %v %s, want %d %s", w.Code, w.Header(), w.Body, row.status, row.code)
			}
		})
	}
	f.ClearFaults()
	f.Fault("/oauth2/", kindetest.Fault{Status: 503, Times: 1})
	if w := f.SignedIn("/api/user-profile"); w.Code != 200 {
		t.Errorf("got status %d after one 503, want a retry and 200", w.Code)
	}
}
