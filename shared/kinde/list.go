package kinde

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

// List is one of the Account API's lists: the last segment of its path, which
// is also the name of its array under data.
type List string

// The lists.
const (
	Entitlements List = "entitlements"
	FeatureFlags List = "feature_flags"
	Permissions  List = "permissions"
	Properties   List = "properties"
	Roles        List = "roles"
)

const (
	// MaxPageSize is the most entries a page may have.
	MaxPageSize = 100
	// maxPages is the most pages that All requests.
	maxPages = 100
	// maxCursor is the longest cursor that All sends back to Kinde, in bytes.
	maxCursor = 1024
)

// Page returns one page of a list as Kinde sends it: {"data", "metadata"}, where
// metadata may be missing. size 0 leaves the page size to Kinde; after is the cursor
// that the previous page named, or empty.
func (c *Client) Page(ctx context.Context, token string, list List, size int, after string) (json.RawMessage, error) {
	page, err := c.page(ctx, token, list, size, after)
	if err != nil {
		return nil, refusedCursor(err, after)
	}
	return page.raw, nil
}

// All requests the pages of a list from the cursor after (empty: from the start) to the
// end and returns one {"data", "metadata": {"has_more": false}}. The other members of
// data are the first page's. A cursor that repeats or is empty, a 101st page and more
// than outbound.MaxBody bytes in total are ErrUnusable.
func (c *Client) All(ctx context.Context, token string, list List, after string) (json.RawMessage, error) {
	var data map[string]json.RawMessage
	var entries []json.RawMessage
	seen := map[string]bool{after: true}
	bytesRead := 0
	for n := range maxPages {
		page, err := c.page(ctx, token, list, MaxPageSize, after)
		if n == 0 {
			err = refusedCursor(err, after)
		}
		if err != nil {
			return nil, err
		}
		if bytesRead += len(page.raw); bytesRead > outbound.MaxBody {
			return nil, unusable("the list is too large to be returned whole")
		}
		if data == nil {
			data = page.data
		}
		entries = append(entries, page.entries...)
		if !page.more {
			return join(data, list, entries)
		}
		if after = page.next; seen[after] || after == "" || len(after) > maxCursor {
			return nil, unusable("the list's cursor repeats, is empty or is over 1,024 bytes")
		}
		seen[after] = true
	}
	return nil, unusable("the list has over 100 pages")
}

// refusedCursor returns problem.InvalidParameter in place of err when Kinde refused a
// request (400) that carried the caller's cursor.
func refusedCursor(err error, after string) error {
	refusal, refused := errors.AsType[*Error](err)
	if !refused || after == "" || refusal.Status != http.StatusBadRequest {
		return err
	}
	p := problem.BadParameter("starting_after", "is not an id that Kinde knows")
	p.Cause = refusal
	return p
}

func join(data map[string]json.RawMessage, list List, entries []json.RawMessage) (json.RawMessage, error) {
	if entries == nil {
		entries = []json.RawMessage{}
	}
	whole, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	data[string(list)] = whole
	return json.Marshal(map[string]any{"data": data, "metadata": map[string]bool{"has_more": false}})
}

// page is a validated page.
type page struct {
	raw     json.RawMessage
	data    map[string]json.RawMessage
	entries []json.RawMessage
	more    bool
	next    string
}

func (c *Client) page(ctx context.Context, token string, list List, size int, after string) (*page, error) {
	query := url.Values{}
	if size > 0 {
		query.Set("page_size", strconv.Itoa(size))
	}
	if after != "" {
		query.Set("starting_after", after)
	}
	body, err := c.asUser(ctx, token, "/account_api/v1/"+string(list), query)
	if err != nil {
		return nil, err
	}
	return readPage(body, list)
}

func readPage(body []byte, list List) (*page, error) {
	var sent struct {
		Data     map[string]json.RawMessage `json:"data"`
		Metadata struct {
			HasMore bool   `json:"has_more"`
			Next    string `json:"next_page_starting_after"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return nil, unusable("the page is not JSON of the shape {data, metadata}")
	}
	p := &page{raw: body, data: sent.Data, more: sent.Metadata.HasMore, next: sent.Metadata.Next}
	entries := sent.Data[string(list)]
	if string(entries) == "null" {
		return p.withEmptyList(list)
	}
	if !bytes.HasPrefix(entries, []byte("[")) || json.Unmarshal(entries, &p.entries) != nil {
		return nil, unusable("the page has no list in it")
	}
	return p, nil
}

// withEmptyList replaces null, which Kinde sometimes sends, with an empty list.
func (p *page) withEmptyList(list List) (*page, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(p.raw, &members); err != nil {
		return nil, err
	}
	p.data[string(list)] = json.RawMessage("[]")
	data, err := json.Marshal(p.data)
	if err != nil {
		return nil, err
	}
	members["data"] = data
	p.raw, err = json.Marshal(members)
	return p, err
}
