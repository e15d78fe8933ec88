package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
)

// Any query leads to /access/ with one of this service's codes, and nothing of the
// query is echoed.
func TestHostileQueriesAreNeverEchoed(t *testing.T) {
	const markup = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"
	s := start(t)
	page := regexp.MustCompile(`^` + regexp.QuoteMeta(site) + `/access/\?error=[a-z-]+$`)
	asked := 0
	for _, state := range []string{"", "state=", "state=another", "state=" + markup, "state=" + s.attempt.State, "state=" +
		s.attempt.State + "&state=x"} {
		for _, code := range []string{"", "code=", "code=made-up", "code=" + markup, "code=a&code=b", "code=" +
			strings.Repeat("x", 5000), "code=%zz"} {
			for _, refusal := range []string{"", "error=access_denied", "error=" + markup + "&error_description=" + markup,
				"error=login_link_expired&reauth_state=" + strings.Repeat("y", 5000)} {
				query := strings.Trim(strings.Join([]string{state, code, refusal, "return_url=https%3A%2F%2Fevil.example",
					"next=//evil.example"}, "&"), "&")
				w := s.back(query)
				asked++
				location := w.Header().Get("Location")
				if w.Code != 302 || !page.MatchString(location) {
					t.Fatalf("%.200s: got %d %.200s, want 302", query, w.Code, location)
				}
				plain, _ := url.QueryUnescape(markup)
				if strings.Contains(w.Body.String()+s.Log(), plain) || strings.Contains(functiontest.Kept(w.Header()), "session") {
					t.Fatalf("%.200s: the response repeats the query or sets a session", query)
				}
			}
		}
	}
	if asked < 100 {
		t.Errorf("got %d queries, want at least 100", asked)
	}
}
