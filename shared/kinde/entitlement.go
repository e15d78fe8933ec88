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

// Entitlement gives the person's entitlement for a feature as Kinde sends it:
// {"data": {"org_code", "entitlement"}, "metadata"}; problem.NotEntitled when
// they have none. Tenants whose Account API has no path for a single one answer
// ROUTE_NOT_FOUND; the list is then searched. A key that could become another
// path on its way is problem.InvalidParameter.
func (c *Client) Entitlement(ctx context.Context, token, key string) (json.RawMessage, error) {
	if !oneSegment(key) {
		return nil, problem.BadParameter("key", "must be a feature's key, without slashes, percent signs and control characters")
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
	var answer struct {
		Data *struct {
			Entitlement *feature `json:"entitlement"`
		} `json:"data"`
	}
	switch err := json.Unmarshal(body, &answer); {
	case err != nil || answer.Data == nil:
		return nil, unusable("the entitlement is not JSON of the shape {data: {entitlement}}")
	case answer.Data.Entitlement == nil:
		return nil, problem.New(problem.NotEntitled, nil)
	case answer.Data.Entitlement.Key != key:
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

// oneSegment reports whether key, escaped, is one path segment to every server
// and proxy, some of which resolve dots and unescape twice.
func oneSegment(key string) bool {
	if key == "" || len(key) > 256 || key == "." || key == ".." || !utf8.ValidString(key) {
		return false
	}
	return !strings.ContainsFunc(key, func(r rune) bool { return strings.ContainsRune(`/\%`, r) || unicode.IsControl(r) })
}
