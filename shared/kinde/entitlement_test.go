package kinde

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"kinde-functions/shared/problem"
)

func TestEntitlementReturnsBodyUnchanged(t *testing.T) {
	for key, path := range map[string]string{
		"seats": "seats", "a.b": "a.b", "a b?c#d;e": "a%20b%3Fc%23d%3Be", "plätze": "pl%C3%A4tze",
		"a+b&c=d": "a+b&c=d", "..a": "..a",
	} {
		name, _ := json.Marshal(key)
		sent := `{"data":{"org_code":"o","entitlement":{"feature_key":` + string(name) +
			`,"entitlement_limit_max":null}},"metadata":{}}`
		c, seen := newListClient(t, func(string, url.Values) (int, string) { return 200, sent })
		got, err := c.Entitlement(t.Context(), "t", key)
		if err != nil || string(got) != sent || (*seen)[0] != "/account_api/v1/entitlement/"+path {
			t.Errorf("%q: got %s, %v by %v", key, got, err, *seen)
		}
	}
}

func TestEntitlementRefusesKeysThatChangeThePath(t *testing.T) {
	for _, key := range []string{
		"", ".", "..", "a/b", "../roles", `a\b`, "a%2Fb", "100%", "a\x00", "a\nb", "a\u0085", "\xff",
		strings.Repeat("a", 257),
	} {
		c, seen := newListClient(t, func(string, url.Values) (int, string) { return 200, `{}` })
		_, err := c.Entitlement(t.Context(), "t", key)
		if problem.From(err).Code != problem.InvalidParameter || len(*seen) != 0 {
			t.Errorf("%q: got %v after %v, want %s without a request", key, err, *seen, problem.InvalidParameter)
		}
	}
}

func TestEntitlementErrors(t *testing.T) {
	for _, row := range []struct {
		status int
		body   string
		want   problem.Code
	}{
		{404, ``, problem.NotEntitled},
		{404, `{"errors":[{"code":"NOT_FOUND"}]}`, problem.NotEntitled},
		{200, `{"data":{"org_code":"o","entitlement":null}}`, problem.NotEntitled},
		{200, `{"data":{"entitlement":{"feature_key":"other"}}}`, problem.UpstreamFailed},
		{200, `{"data":{"entitlement":[]}}`, problem.UpstreamFailed},
		{200, `{}`, problem.UpstreamFailed},
		{200, ``, problem.UpstreamFailed},
		{403, ``, problem.InvalidToken},
	} {
		c, _ := newListClient(t, func(string, url.Values) (int, string) { return row.status, row.body })
		if _, err := c.Entitlement(t.Context(), "t", "seats"); problem.From(err).Code != row.want {
			t.Errorf("%d %s: got %v, want %s", row.status, row.body, err, row.want)
		}
	}
}

func TestEntitlementSearchesTheListWithoutASinglePath(t *testing.T) {
	c, seen := newListClient(t, func(path string, q url.Values) (int, string) {
		if strings.Contains(path, "/entitlement/") {
			return 404, `[{"Code":"ROUTE_NOT_FOUND","Message":"m"}]`
		}
		return pagesOf(3)(path, q)
	})
	got, err := c.Entitlement(t.Context(), "t", "g2")
	const want = `{"data":{"entitlement":{"feature_key":"g2","max":1e2},"org_code":"org_1"},"metadata":{}}`
	if err != nil || string(got) != want || len(*seen) != 4 {
		t.Errorf("got %s, %v after %d calls, want %s after 4", got, err, len(*seen), want)
	}
	if _, err := c.Entitlement(t.Context(), "t", "G2"); problem.From(err).Code != problem.NotEntitled {
		t.Errorf("got %v, want %s", err, problem.NotEntitled)
	}
	c, _ = newListClient(t, func(string, url.Values) (int, string) { return 404, `[{"Code":"ROUTE_NOT_FOUND"}]` })
	_, err = c.Entitlement(t.Context(), "t", "a")
	if problem.From(err).Code != problem.UpstreamMisconfigured || errors.Is(err, ErrUnusable) {
		t.Errorf("without the list: got %v, want %s", err, problem.UpstreamMisconfigured)
	}
}
