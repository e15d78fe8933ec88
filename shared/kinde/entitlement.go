package kinde

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"kinde-functions/shared/problem"
)

// Entitlement returns the user's entitlement for a feature as Kinde sends it:
// {"data": {"org_code", "entitlement"}, "metadata"}. The error is
// problem.NotEntitled when the user has none, and problem.InvalidParameter for a key
// that a server or proxy could read as another path. Where the tenant's Account API
// has no path for a single entitlement (ROUTE_NOT_FOUND), Entitlement searches the list.
func (c *Client) Entitlement(ctx context.Context, token, key string) (json.RawMessage, error) {
	if !oneSegment(key) {
		return nil, problem.BadParameter("key",
			"must be a feature's key, without slashes, percent signs and control characters")
	}
	body, err := c.asUser(ctx, token, "/account_api/v1/entitlement/"+url.PathEscape(key), nil)
	refusal, refused := errors.AsType[*Error](err)
	switch {
	case refused && refusal.Has("ROUTE_NOT_FOUND"):
		return c.searchEntitlement(ctx, token, key)
	case refused && refusal.Status == http.StatusNotFound:
		return nil, problem.New(problem.NotEntitled, refusal)
	case err != nil:
		return nil, err
	}
	var sent struct {
		Data *struct {
			Entitlement *feature `json:"entitlement"`
		} `json:"data"`
	}
	switch err := json.Unmarshal(body, &sent); {
	case err != nil || sent.Data == nil:
		return nil, unusable("the entitlement is not JSON of the shape {data: {entitlement}}")
	case sent.Data.Entitlement == nil:
		return nil, problem.New(problem.NotEntitled, nil)
	case sent.Data.Entitlement.Key != key:
		return nil, unusable("the entitlement is another feature's")
	}
	return body, nil
}

type feature struct {
	Key string `json:"feature_key"`
}

func (c *Client) searchEntitlement(ctx context.Context, token, key string) (json.RawMessage, error) {
	whole, err := c.All(ctx, token, Entitlements, "")
	if err != nil {
		return nil, err
	}
	page, err := readPage(whole, Entitlements)
	if err != nil {
		return nil, err
	}
	for _, entry := range page.entries {
		var found feature
		if json.Unmarshal(entry, &found) == nil && found.Key == key {
			data := map[string]json.RawMessage{"entitlement": entry}
			if org, ok := page.data["org_code"]; ok {
				data["org_code"] = org
			}
			return json.Marshal(map[string]any{"data": data, "metadata": struct{}{}})
		}
	}
	return nil, problem.New(problem.NotEntitled, nil)
}

// oneSegment reports whether the escaped key is one path segment to every server and
// proxy, including those that resolve dots or unescape twice.
func oneSegment(key string) bool {
	if key == "" || len(key) > 256 || key == "." || key == ".." || !utf8.ValidString(key) {
		return false
	}
	return !strings.ContainsAny(key, `/\%`) && !strings.ContainsFunc(key, unicode.IsControl)
}
