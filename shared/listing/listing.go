// Package listing is the handler of the Account API's five lists: one page, or all pages.
// It validates page sizes and cursors before they reach Kinde.
package listing

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/text"
)

// maxCursor is the maximum length of starting_after.
const maxCursor = 512

// Function returns the function that serves GET /api/<name>.
func Function(name string, list kinde.List) endpoint.Function {
	return endpoint.API(name, func(s *endpoint.Services) (endpoint.Handlers, error) {
		return endpoint.Handlers{"GET /api/" + name: {Serve: Handle(s.Kinde, list)}}, nil
	})
}

// Handle serves GET …?page_size=&starting_after=&all= with Kinde's page, or with all=true
// with all entries after starting_after; page_size has no effect then.
func Handle(client *kinde.Client, list kinde.List) endpoint.Serve {
	return func(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
		p, err := parse(r.Query)
		if err != nil {
			return nil, err
		}
		var body json.RawMessage
		if p.all {
			body, err = client.All(ctx, r.Caller.Token, list, p.after)
		} else {
			body, err = client.Page(ctx, r.Caller.Token, list, p.size, p.after)
		}
		if err != nil {
			return nil, err
		}
		return endpoint.JSON(http.StatusOK, body), nil
	}
}

// parameters are those of a request. Size 0 means Kinde's default.
type parameters struct {
	size  int
	after string
	all   bool
}

func parse(query map[string]string) (p parameters, err error) {
	if raw, given := query["page_size"]; given {
		p.size, err = strconv.Atoi(raw)
		if err != nil || p.size < 1 || p.size > kinde.MaxPageSize || strconv.Itoa(p.size) != raw {
			return p, problem.BadParameter("page_size", "must be a number from 1 to 100")
		}
	}
	if after, given := query["starting_after"]; given {
		if after == "" || len(after) > maxCursor || !text.IsVisible(after) {
			return p, problem.BadParameter("starting_after",
				"must be next_page_starting_after of the previous page")
		}
		p.after = after
	}
	if all, given := query["all"]; given {
		if all != "true" && all != "false" {
			return p, problem.BadParameter("all", "must be true or false")
		}
		p.all = all == "true"
	}
	return p, nil
}
