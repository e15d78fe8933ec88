package kinde

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

// newTestClient returns a client of a tenant that sends the same response to every
// request, and the requests that the tenant received.
func newTestClient(t *testing.T, status int, body string) (*Client, *[]*http.Request) {
	t.Helper()
	var seen []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		fmt.Fprint(w, strings.ReplaceAll(body, "SELF", "http://"+r.Host))
	}))
	t.Cleanup(server.Close)
	return New(server.URL, "https://acme.kinde.com", outbound.New(time.Second)), &seen
}

// shortContext leaves no time for retries, which outbound tests.
func shortContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestUserProfileReturnsBodyUnchanged(t *testing.T) {
	const sent = `{ "sub":"kp_1",  "email":"x@example.com", "new_field":[1,2.50] }`
	c, seen := newTestClient(t, 200, sent)
	got, err := c.UserProfile(shortContext(t), "the-token")
	if err != nil || string(got) != sent {
		t.Errorf("got %s, %v, want %s", got, err, sent)
	}
	r := (*seen)[0]
	if r.Method != "GET" || r.URL.String() != "/oauth2/v2/user_profile" ||
		r.Header.Get("Authorization") != "Bearer the-token" {
		t.Errorf("got request %s %s with Authorization %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}
}

func TestUserProfileRefusesOtherBodies(t *testing.T) {
	for body, want := range map[string]problem.Code{
		``: problem.UpstreamFailed, `<html>`: problem.UpstreamFailed,
		`[]`: problem.UpstreamFailed, `null`: problem.UpstreamFailed,
		`{}`: problem.UpstreamFailed, `{"sub":""}`: problem.UpstreamFailed, `{"sub":7}`: problem.UpstreamFailed,
		`{"sub":"kp_1"`: problem.UpstreamFailed, `{"error":"invalid_token"}`: problem.InvalidToken,
	} {
		c, _ := newTestClient(t, 200, body)
		if got, err := c.UserProfile(shortContext(t), "t"); got != nil || problem.From(err).Code != want {
			t.Errorf("%q: got %s, %v, want code %s", body, got, err, want)
		}
	}
}

func TestPortalLinkAcceptsOnlyURLsOfTheTenant(t *testing.T) {
	c, seen := newTestClient(t, 200, `{"url":"SELF/portal_redirect?key=abc"}`)
	link, err := c.PortalLink(shortContext(t), "t", "plan_details", "https://site.example/access/?a=b&c")
	if err != nil || link != c.issuer+"/portal_redirect?key=abc" {
		t.Errorf("got %q, %v, want %s/portal_redirect?key=abc", link, err, c.issuer)
	}
	u := (*seen)[0].URL
	if u.Path != "/account_api/v1/portal_link" || u.Query().Get("subnav") != "plan_details" ||
		u.Query().Get("return_url") != "https://site.example/access/?a=b&c" {
		t.Errorf("got request for %s", u)
	}
	for _, url := range []string{
		"", "/portal", "//SELF/x", "https://evil.example/", "http://acme.kinde.com/x",
		"https://acme.kinde.com@evil.example/",
		"https://user@acme.kinde.com/", "https://acme.kinde.com.evil.example/", "javascript:alert(1)",
		"https:acme.kinde.com/x",
		"https://acme.kinde.com:8443/", `https://acme.kinde.com\\x`, "https://acme.kinde.com/ x", "https://acme.kinde.com/é",
		"https://acme.kinde.com/" + strings.Repeat("a", 9000),
	} {
		c, _ := newTestClient(t, 200, `{"url":"`+url+`"}`)
		if link, err := c.PortalLink(shortContext(t), "t", "", "https://s.example/"); link != "" ||
			!errors.Is(err, ErrUnusable) {
			t.Errorf("%.60q: got %q, %v, want ErrUnusable", url, link, err)
		}
	}
	c, _ = newTestClient(t, 200, `{"url":"https://acme.kinde.com/portal_redirect?key=1"}`)
	if _, err := c.PortalLink(shortContext(t), "t", "", "https://s.example/"); err != nil {
		t.Errorf("link on the management host: got %v, want no error", err)
	}
	for _, body := range []string{``, `null`, `{}`, `[]`, `{"url":null}`, `{"url":["https://acme.kinde.com/"]}`,
		`<html>`} {
		c, _ := newTestClient(t, 200, body)
		if link, err := c.PortalLink(shortContext(t), "t", "", "https://s.example/"); link != "" ||
			!errors.Is(err, ErrUnusable) {
			t.Errorf("%q: got %q, %v, want ErrUnusable", body, link, err)
		}
	}
}

func TestRefusalsBecomeProblems(t *testing.T) {
	const wrongPath = `{"errors":[{"code":"INVALID_CREDENTIALS","message":"Invalid credentials used to access API"},` +
		`{"code":"MISSING_AUDIENCE","message":"m"}]}`
	for _, row := range []struct {
		status int
		body   string
		want   problem.Code
		remedy string
	}{
		{401, `{"error":"invalid_token"}`, problem.InvalidToken, "sign in again"},
		{403, `{"errors":[{"code":"INVALID_CREDENTIALS"}]}`, problem.InvalidToken, "sign in again"},
		{403, wrongPath, problem.UpstreamMisconfigured, "/account_api/v1"},
		{404, `[{"Code":"ROUTE_NOT_FOUND","Message":"m"}]`, problem.UpstreamMisconfigured, "wrong path"},
		{404, ``, problem.UpstreamMisconfigured, "wrong path"},
		{301, ``, problem.UpstreamMisconfigured, "redirects"},
		{400, `{"error":"x"}`, problem.UpstreamFailed, ""},
		{429, ``, problem.UpstreamThrottled, ""},
		{500, `[{"Code":"ROUTE_NOT_FOUND"}]`, problem.UpstreamFailed, ""},
		{503, `<html>`, problem.UpstreamFailed, ""},
	} {
		c, _ := newTestClient(t, row.status, row.body)
		_, err := c.UserProfile(shortContext(t), "t")
		p := problem.From(err)
		if p.Code != row.want || row.remedy != "" && !strings.Contains(p.Remedy, row.remedy) {
			t.Errorf(
				"%d %s: got %v, remedy %q, want %s, remedy with %q",
				row.status,
				row.body,
				err,
				p.Remedy,
				row.want,
				row.remedy,
			)
		}
		if cause, ok := errors.AsType[*Error](err); !ok || cause.Status != row.status {
			t.Errorf("got %v, want an Error with status %d", err, row.status)
		}
		if row.status == 429 && p.RetryAfter != 7*time.Second {
			t.Errorf("got RetryAfter %v, want 7s", p.RetryAfter)
		}
	}
}

func TestCodesInReadsFiveShapes(t *testing.T) {
	for body, want := range map[string][]string{
		`{"errors":[{"code":"A_B","message":"m"},{"CODE":"C"}]}`: {"A_B", "C"},
		`[{"Code":"ROUTE_NOT_FOUND","Message":"m"}]`:             {"ROUTE_NOT_FOUND"},
		`{"error":"invalid_grant","error_description":"d"}`:      {"invalid_grant"},
		`{"errors":{"code":"X","message":"m"}}`:                  {"X"},
		`{"errors":{"FIRST":"m","SECOND":"n"}}`:                  {"FIRST", "SECOND"},
		`{"code":"TOP","message":"m"}`:                           {"TOP"},
		``:                                                       nil, `<html>`: nil, `7`: nil, `null`: nil,
		`{"error":"user@example.com is unknown"}`: nil,
		`{"errors":[7]}`: nil,
	} {
		if got := codesIn([]byte(body)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
}
