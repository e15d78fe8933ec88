package kinde

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"kinde-functions/shared/problem"
)

func TestEntitlementIsHandedOnAsSent(t *testing.T) {
	for key, path := range map[string]string{
		"seats": "seats", "a.b": "a.b", "a b?c#d;e": "a%20b%3Fc%23d%3Be", "plätze": "pl%C3%A4tze", "a+b&c=d": "a+b&c=d", "..a": "..a",
	} {
		name, _ := json.Marshal(key)
		sent := `{"data":{"org_code":"o","entitlement":{"feature_key":` + string(name) + `,"entitlement_limit_max":null}},"metadata":{}}`
		c, seen := paging(t, func(string, url.Values) (int, string) { return 200, sent })
		got, err := c.Entitlement(t.Context(), "t", key)
		if err != nil || string(got) != sent || (*seen)[0] != "/account_api/v1/entitlement/"+path {
			t.Errorf("%q: %s %v, asked %v", key, got, err, *seen)
		}
	}
}

func TestKeysThatCouldBecomeAnotherPathAreRefused(t *testing.T) {
	for _, key := range []string{"", ".", "..", "a/b", "../roles", `a\b`, "a%2Fb", "100%", "a\x00", "a\nb", "a\u0085", "\xff", strings.Repeat("a", 257)} {
		c, seen := paging(t, func(string, url.Values) (int, string) { return 200, `{}` })
		if _, err := c.Entitlement(t.Context(), "t", key); problem.From(err).Code != problem.InvalidParameter || len(*seen) != 0 {
			t.Errorf("%q: %v, asked %v", key, err, *seen)
		}
	}
}

func TestNotEntitledAndUnusable(t *testing.T) {
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
		c, _ := paging(t, func(string, url.Values) (int, string) { return row.status, row.body })
		if _, err := c.Entitlement(t.Context(), "t", "seats"); problem.From(err).Code != row.want {
			t.Errorf("%d %s: %v", row.status, row.body, err)
		}
	}
}

// Tenants without the path form: the list is searched instead, to its end.
func TestEntitlementWithoutThePathForm(t *testing.T) {
	c, seen := paging(t, func(path string, q url.Values) (int, string) {
		if strings.Contains(path, "/entitlement/") {
			return 404, `[{"Code":"ROUTE_NOT_FOUND","Message":"m"}]`
		}
		return chain(3)(path, q)
	})
	got, err := c.Entitlement(t.Context(), "t", "g2")
	if err != nil || string(got) != `{"data":{"entitlement":{"feature_key":"g2","max":1e2},"org_code":"org_1"},"metadata":{}}` || len(*seen) != 4 {
		t.Errorf("%s %v after %d calls", got, err, len(*seen))
	}
	if _, err := c.Entitlement(t.Context(), "t", "G2"); problem.From(err).Code != problem.NotEntitled {
		t.Errorf("%v", err)
	}
	c, _ = paging(t, func(string, url.Values) (int, string) { return 404, `[{"Code":"ROUTE_NOT_FOUND"}]` })
	if _, err := c.Entitlement(t.Context(), "t", "a"); problem.From(err).Code != problem.UpstreamMisconfigured || errors.Is(err, ErrUnusable) {
		t.Errorf("when the list is not there either: %v", err)
	}
}
