// Package listing is the handler that the Account API's five lists share: a
// page, or all pages walked to their end. It defends Kinde against page sizes
// and cursors that no page of ours would send.
package listing

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

// maxCursor is the longest starting_after taken, in characters.
const maxCursor = 512

// Function returns the function of that name, whose one row is GET /api/<name>.
func Function(name string, list kinde.List) endpoint.Function {
	return endpoint.API(name, func(s *endpoint.Services) (endpoint.Handlers, error) {
		return endpoint.Handlers{"GET /api/" + name: {Serve: Handle(s.Kinde, list)}}, nil
	})
}

// Handle answers GET …?page_size=&starting_after=&all= with Kinde's JSON: a
// page as Kinde sends it, or with all=true the whole list as one, from
// starting_after on; page_size has no effect then.
func Handle(client *kinde.Client, list kinde.List) endpoint.Serve {
	return func(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
		wanted, err := read(r.Query)
		if err != nil {
			return nil, err
		}
		var body json.RawMessage
		if wanted.all {
			body, err = client.All(ctx, r.Caller.Token, list, wanted.after)
		} else {
			body, err = client.Page(ctx, r.Caller.Token, list, wanted.size, wanted.after)
		}
		if err != nil {
			return nil, err
		}
		return endpoint.JSON(http.StatusOK, body), nil
	}
}

// wish is what a caller asks for; size 0 leaves the page size to Kinde.
type wish struct {
	size  int
	after string
	all   bool
}

func read(query map[string]string) (w wish, err error) {
	if raw, given := query["page_size"]; given {
		w.size, err = strconv.Atoi(raw)
		if err != nil || w.size < 1 || w.size > kinde.MaxPageSize || strconv.Itoa(w.size) != raw {
			return w, problem.BadParameter("page_size", "must be a number from 1 to 100")
		}
	}
	if after, given := query["starting_after"]; given {
		odd := strings.ContainsFunc(after, func(r rune) bool { return r <= ' ' || r > '~' })
		if after == "" || len(after) > maxCursor || odd {
			return w, problem.BadParameter("starting_after",
				"must be the id that the page before gave as next_page_starting_after")
		}
		w.after = after
	}
	if all, given := query["all"]; given {
		if all != "true" && all != "false" {
			return w, problem.BadParameter("all", "must be true or false")
		}
		w.all = all == "true"
	}
	return w, nil
}
