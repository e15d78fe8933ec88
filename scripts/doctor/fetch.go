package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxPage is how much of a response is read, in bytes.
const maxPage = 1 << 20

// request is a request like a browser's. It carries no credential.
type request struct {
	method string // "" for GET
	url    string
	host   string   // Host, where it is not the URL's
	header []string // names and values in turn
	body   string
}

// response is the response to one. Redirects are not followed.
type response struct {
	status int
	header http.Header
	body   []byte
}

// code returns the code of a problem, or "".
func (r *response) code() string {
	var problem struct{ Code string }
	isProblem := strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json")
	if isProblem && json.Unmarshal(r.body, &problem) == nil {
		return quoted(problem.Code)
	}
	return ""
}

// fetch sends a request. It takes at most attempt and reads at most maxPage. The error
// holds no URL.
func (d *doctor) fetch(ctx context.Context, v request) (*response, error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, cmp.Or(v.method, http.MethodGet), v.url, strings.NewReader(v.body))
	if err != nil {
		return nil, errors.New("the address is malformed")
	}
	r.Header.Set("User-Agent", "kinde-functions doctor")
	r.Header.Set("Accept", "text/html, application/json;q=0.9")
	for i := 0; i < len(v.header); i += 2 {
		r.Header.Set(v.header[i], v.header[i+1])
	}
	r.Host = cmp.Or(v.host, r.Host)
	resp, err := d.out.HTTP().Do(r)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.New("no response in time")
		}
		return nil, err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return nil, errors.New("the response broke off")
	}
	return &response{resp.StatusCode, resp.Header, page}, nil
}
