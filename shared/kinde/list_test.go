package kinde

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

// newListClient returns a client of a tenant that responds with respond, and the
// requests that the tenant received, as path?query.
func newListClient(t *testing.T, respond func(path string, query url.Values) (int, string)) (*Client, *[]string) {
	t.Helper()
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.String())
		status, body := respond(r.URL.EscapedPath(), r.URL.Query())
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return New(server.URL, server.URL, outbound.New(5*time.Second)), &seen
}

// pagesOf responds with that many pages of two entries, at the cursors "", "c1", "c2", ….
func pagesOf(pages int) func(string, url.Values) (int, string) {
	return func(_ string, query url.Values) (int, string) {
		n := 0
		fmt.Sscanf(query.Get("starting_after"), "c%d", &n)
		return 200, fmt.Sprintf(`{"data":{"org_code":"org_1","plans":[%d],"entitlements":[`+
			`{"feature_key":"f%d","max":null},{"feature_key":"g%d","max":1e2}]},`+
			`"metadata":{"has_more":%t,"next_page_starting_after":"c%d"}}`,
			n, n, n, n+1 < pages, n+1)
	}
}

func TestPageReturnsBodyUnchanged(t *testing.T) {
	const sent = `{"data":{"roles":[ {"id":"r", "x":null} ]}, ` +
		`"metadata":{"has_more":true,"next_page_starting_after":"r"}, "new":1}`
	c, seen := newListClient(t, func(string, url.Values) (int, string) { return 200, sent })
	for _, row := range []struct {
		size        int
		after, want string
	}{
		{0, "", "/account_api/v1/roles"},
		{7, "a b&", "/account_api/v1/roles?page_size=7&starting_after=a+b%26"},
	} {
		*seen = nil
		got, err := c.Page(t.Context(), "t", Roles, row.size, row.after)
		if err != nil || string(got) != sent || len(*seen) != 1 || (*seen)[0] != row.want {
			t.Errorf("got %s, %v by %v, want %s by %s", got, err, *seen, sent, row.want)
		}
	}
}

func TestNullListBecomesEmptyList(t *testing.T) {
	const sent = `{"data":{"org_code":"o","roles":null},"metadata":null,"new":1}`
	c, _ := newListClient(t, func(string, url.Values) (int, string) { return 200, sent })
	page, err := c.Page(t.Context(), "t", Roles, 0, "")
	if want := `{"data":{"org_code":"o","roles":[]},"metadata":null,"new":1}`; err != nil || string(page) != want {
		t.Errorf("page: got %s, %v, want %s", page, err, want)
	}
	whole, err := c.All(t.Context(), "t", Roles, "")
	if want := `{"data":{"org_code":"o","roles":[]},"metadata":{"has_more":false}}`; err != nil || string(whole) != want {
		t.Errorf("all: got %s, %v, want %s", whole, err, want)
	}
}

func TestPageRefusesOtherShapes(t *testing.T) {
	for _, body := range []string{
		``, `null`, `[]`, `{}`, `{"data":null}`, `{"data":{}}`, `{"data":{"roles":{}}}`, `{"data":{"roles":7}}`,
		`{"data":{"permissions":[]}}`, `{"data":[]}`, `{"data":{"roles":[]},"metadata":7}`,
		`{"data":{"roles":[]},"metadata":{"has_more":"yes"}}`, `{"data":{"roles":[]}`, `<html>`,
	} {
		c, _ := newListClient(t, func(string, url.Values) (int, string) { return 200, body })
		_, err := c.Page(t.Context(), "t", Roles, 0, "")
		if !errors.Is(err, ErrUnusable) || problem.From(err).Code != problem.UpstreamFailed {
			t.Errorf("%s: got %v, want ErrUnusable", body, err)
		}
	}
	for _, body := range []string{
		`{"data":{"roles":[]}}`, `{"data":{"roles":[]},"metadata":null}`,
		`{"data":{"roles":[]},"metadata":{"has_more":false,"next_page_starting_after":null}}`,
	} {
		c, _ := newListClient(t, func(string, url.Values) (int, string) { return 200, body })
		if got, err := c.Page(t.Context(), "t", Roles, 0, ""); err != nil || string(got) != body {
			t.Errorf("got %s, %v, want %s", got, err, body)
		}
	}
}

func TestAllJoinsEveryPage(t *testing.T) {
	for _, pages := range []int{1, 3, 100} {
		c, seen := newListClient(t, pagesOf(pages))
		got, err := c.All(t.Context(), "t", Entitlements, "")
		var whole struct {
			Data struct {
				OrgCode      string `json:"org_code"`
				Plans        []int
				Entitlements []map[string]any
			}
			Metadata map[string]any
		}
		if err != nil || json.Unmarshal(got, &whole) != nil {
			t.Fatalf("%d pages: got %v, want no error", pages, err)
		}
		if len(*seen) != pages || len(whole.Data.Entitlements) != 2*pages ||
			whole.Data.OrgCode != "org_1" || whole.Data.Plans[0] != 0 ||
			len(whole.Metadata) != 1 || whole.Metadata["has_more"] != false {
			t.Errorf("%d pages: got %d calls, %.200s", pages, len(*seen), got)
		}
		if !strings.Contains(string(got), `"max":null`) || !strings.Contains(string(got), `1e2`) {
			t.Errorf("got changed numbers or nulls: %.200s", got)
		}
		if !strings.Contains((*seen)[0], "page_size=100") {
			t.Errorf("got request %s, want page_size=100", (*seen)[0])
		}
	}
	c, seen := newListClient(t, pagesOf(3))
	if _, err := c.All(t.Context(), "t", Entitlements, "c1"); err != nil || len(*seen) != 2 {
		t.Errorf("from a cursor: got %v after %v, want 2 requests", err, *seen)
	}
}

func TestAllRefusesEndlessLists(t *testing.T) {
	page := func(next string) string {
		return `{"data":{"roles":[]},"metadata":{"has_more":true,"next_page_starting_after":"` + next + `"}}`
	}
	for name, row := range map[string]struct {
		respond func(string, url.Values) (int, string)
		calls   int
	}{
		"empty cursor": {func(string, url.Values) (int, string) { return 200, page("") }, 1},
		"no cursor": {func(string, url.Values) (int, string) {
			return 200, `{"data":{"roles":[]},"metadata":{"has_more":true}}`
		}, 1},
		"same cursor": {func(string, url.Values) (int, string) { return 200, page("same") }, 2},
		"cycle of cursors": {func(_ string, q url.Values) (int, string) {
			return 200, page(map[string]string{"": "a", "a": "b", "b": "a"}[q.Get("starting_after")])
		}, 3},
		"long cursor": {func(string, url.Values) (int, string) { return 200, page(strings.Repeat("x", 2000)) }, 1},
		"101 pages": {func(_ string, q url.Values) (int, string) {
			return 200, page(q.Get("starting_after") + "x")
		}, 100},
		"too many bytes": {func(_ string, q url.Values) (int, string) {
			large := `["` + strings.Repeat("x", 1<<20) + `"]`
			return 200, strings.Replace(page(q.Get("starting_after")+"x"), "[]", large, 1)
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			c, seen := newListClient(t, row.respond)
			_, err := c.All(t.Context(), "t", Roles, "")
			if !errors.Is(err, ErrUnusable) || len(*seen) != row.calls {
				t.Errorf("got %v after %d calls, want ErrUnusable after %d", err, len(*seen), row.calls)
			}
		})
	}
}

func TestAllFailsWhenAPageFails(t *testing.T) {
	c, _ := newListClient(t, func(path string, q url.Values) (int, string) {
		if q.Get("starting_after") != "" {
			return 403, ""
		}
		return pagesOf(3)(path, q)
	})
	if _, err := c.All(t.Context(), "t", Entitlements, ""); problem.From(err).Code != problem.InvalidToken {
		t.Errorf("got %v, want %s", err, problem.InvalidToken)
	}
}

// A refused cursor is the caller's error only when the caller sent it, not when Kinde's
// previous page named it.
func TestRefusedCursorOfCallerIsInvalidParameter(t *testing.T) {
	refused := func(query url.Values, after string) (int, string) {
		if query.Get("starting_after") == after {
			return 400, `{"errors":[{"code":"STARTING_AFTER_INVALID"}]}`
		}
		return pagesOf(3)("", query)
	}
	for name, want := range map[string]struct {
		begin, refuses string
		page, all      problem.Code
	}{
		"the caller's": {"mine", "mine", problem.InvalidParameter, problem.InvalidParameter},
		"none":         {"", "", problem.UpstreamFailed, problem.UpstreamFailed},
		"Kinde's own":  {"c1", "c2", "", problem.UpstreamFailed},
	} {
		c, _ := newListClient(t, func(_ string, query url.Values) (int, string) { return refused(query, want.refuses) })
		_, err := c.Page(t.Context(), "t", Entitlements, 0, want.begin)
		if want.page == "" && err != nil || want.page != "" && problem.From(err).Code != want.page {
			t.Errorf("%s: page: got %v, want code %q", name, err, want.page)
		}
		if _, err := c.All(t.Context(), "t", Entitlements, want.begin); problem.From(err).Code != want.all {
			t.Errorf("%s: all: got %v, want code %q", name, err, want.all)
		}
	}
}
