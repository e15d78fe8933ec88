package endpoint

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/session"
)

const browserAccept = "text/html,application/xhtml+xml,*/*;q=0.8"

func TestLinkFromAnotherSiteIsRepeatedOnce(t *testing.T) {
	serve := func(_ context.Context, r *Request) (*Response, error) {
		return Redirect("/ok?" + r.Query["subnav"]), nil
	}
	f := start(t, "portal", serve, withSession...)
	navigation := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Accept", browserAccept}
	w := f.get(`/portal?subnav=a"><script>&utm_source=mail&return_url=/x`, navigation...)
	body := w.Body.String()
	const again = `url=/portal?repeated=1&amp;return_url=%2Fx&amp;subnav=a%22%3E%3Cscript%3E"`
	if w.Code != 200 || !strings.Contains(body, again) || strings.Contains(body, "<script>") ||
		strings.Contains(body, "utm_source") {
		t.Errorf("got %d %s, want the page that repeats the request", w.Code, body)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("Content-Security-Policy = %q", policy)
	}
	cookie := f.cookie(session.Tokens{Access: f.tenant.Mint()})
	for name, row := range map[string]struct {
		target string
		header []string
		want   string // Location; empty: the repeat page
	}{
		"repeated already": {"/portal?repeated=1", navigation, site + "/access/?error=no-token"},
		"with the cookie":  {"/portal?subnav=x", append(navigation, "Cookie", cookie), "/ok?x"},
		"from the site": {"/portal", []string{"Sec-Fetch-Site", "same-origin", "Accept", browserAccept}, site +
			"/access/?error=no-token"},
		"typed into the address bar": {"/portal", []string{"Sec-Fetch-Site", "none", "Accept", browserAccept}, site +
			"/access/?error=no-token"},
		"a sibling site":                   {"/portal", []string{"Sec-Fetch-Site", "same-site", "Accept", browserAccept}, ""},
		"a browser without Sec-Fetch-Site": {"/portal", []string{"Accept", browserAccept}, ""},
		"a program":                        {"/portal", nil, site + "/access/?error=no-token"},
	} {
		w := f.get(row.target, row.header...)
		if got := w.Header().Get("Location"); got != row.want || row.want == "" && w.Code != 200 {
			t.Errorf("%s: got %d %q, want %q", name, w.Code, got, row.want)
		}
	}
	f = start(t, "portal", responding(`{}`))
	if w := f.get("/portal", navigation...); w.Code != 302 {
		t.Errorf("without sessions: got %d, want a redirect", w.Code)
	}
}

// A navigation never shows JSON.
func TestFailuresOfNavigationsArePages(t *testing.T) {
	good := start(t, "portal", responding(`{}`), withSession...)
	broken := start(t, "portal", responding(`{}`), "KINDE_CLIENT_ID", "")
	api := start(t, "user-profile", responding(`{}`))
	for name, row := range map[string]struct {
		f                *fixture
		method, target   string
		header           []string
		status           int
		contentType, has string
	}{
		"misconfigured": {broken, "GET", "/portal", []string{"Accept", browserAccept}, 500, "text/html",
			"settings missing"},
		"misconfigured, for a program": {broken, "GET", "/portal", nil, 500, problem.ContentType, `"misconfigured"`},
		"misconfigured, for JSON": {broken, "GET", "/portal", []string{"Accept", "application/json"}, 500,
			problem.ContentType, ""},
		"another method": {good, "POST", "/portal", []string{"Accept", browserAccept}, 405, "text/html",
			`href="/"`},
		"another path": {good, "GET", "/portal/x", []string{"Accept", browserAccept}, 404, "text/html",
			"Not found"},
		"the API": {api, "GET", "/api/user-profile", []string{"Accept", browserAccept}, 401,
			problem.ContentType, ""},
		"the API, in the address bar": {api, "GET", "/api/user-profile",
			[]string{"Accept", browserAccept, "Sec-Fetch-Mode", "navigate"}, 401, "text/html", "Not signed in"},
		"the API, by a script": {api, "GET", "/api/user-profile",
			[]string{"Accept", browserAccept, "Sec-Fetch-Mode", "cors"}, 401, problem.ContentType, ""},
		"a prefetch": {good, "GET", "/portal",
			[]string{"Accept", browserAccept, "Sec-Purpose", "prefetch"}, 503, "text/html", ""},
		"a prefetch of a program's request": {good, "GET", "/portal", []string{"Sec-Purpose", "prefetch"}, 503,
			problem.ContentType, ""},
	} {
		w := row.f.send(httptest.NewRequestWithContext(t.Context(), row.method, row.target, nil), row.header...)
		if w.Code != row.status || !strings.HasPrefix(w.Header().Get("Content-Type"), row.contentType) ||
			!strings.Contains(w.Body.String(), row.has) {
			t.Errorf("%s: got %d %s %s, want %d %s with %q", name, w.Code, w.Header().Get("Content-Type"), w.Body, row.status,
				row.contentType, row.has)
		}
		if page := w.Body.String(); row.contentType == "text/html" && strings.Contains(page, "<script") {
			t.Errorf("%s: the page has a script: %s", name, page)
		}
	}
}
