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
	// maxPages bounds a walk over the cursors.
	maxPages = 100
	// maxCursor bounds what Kinde may have us send back, in bytes.
	maxCursor = 1024
)

// Page gives one page of a list as Kinde sends it: {"data", "metadata"}, the
// latter sometimes missing. size 0 leaves the page size to Kinde; after is the
// cursor of the page before, or empty.
func (c *Client) Page(ctx context.Context, token string, list List, size int, after string) (json.RawMessage, error) {
	page, err := c.page(ctx, token, list, size, after)
	if err != nil {
		return nil, refusedCursor(err, after)
	}
	return page.raw, nil
}

// All walks a list from after, which is empty for its begin, to its end and
// gives one {"data", "metadata": {"has_more": false}}. What data holds beside
// the list is the first page's. A cursor that repeats or is empty, a page 101
// and more than outbound.MaxBody bytes in all are ErrUnusable.
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
			return nil, unusable("the list is too large to be handed on whole")
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

// refusedCursor is err, or problem.InvalidParameter when Kinde refused (400) a
// request whose only odd part was the caller's cursor.
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

// page is a page that has been checked.
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
	answer := struct {
		Data     map[string]json.RawMessage `json:"data"`
		Metadata struct {
			HasMore bool   `json:"has_more"`
			Next    string `json:"next_page_starting_after"`
		} `json:"metadata"`
	}{}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, unusable("the page is not JSON of the shape {data, metadata}")
	}
	p := &page{raw: body, data: answer.Data, more: answer.Metadata.HasMore, next: answer.Metadata.Next}
	entries := answer.Data[string(list)]
	if string(entries) == "null" {
		return p.withEmptyList(list)
	}
	if !bytes.HasPrefix(entries, []byte("[")) || json.Unmarshal(entries, &p.entries) != nil {
		return nil, unusable("the page has no list in it")
	}
	return p, nil
}

// withEmptyList puts an empty list in the place of null, which Kinde sends at times.
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
