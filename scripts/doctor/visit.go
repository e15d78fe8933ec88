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

// maxPage is how much of a page is read, in bytes.
const maxPage = 1 << 20

// visit is a request such as a browser makes. It carries no credential.
type visit struct {
	method string // empty: GET
	url    string
	host   string // another Host than the URL's
	header []string
	form   url.Values
}

// answer is what came of one. Redirects are not followed.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// code is the problem's, empty when it is none.
func (a *answer) code() string {
	var problem struct{ Code string }
	if strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") && json.Unmarshal(a.body, &problem) == nil {
		return quoted(problem.Code)
	}
	return ""
}

// look makes a visit. It takes at most attempt, and reads at most maxPage. The error
// holds no URL.
func (d *doctor) look(ctx context.Context, v visit) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	var body io.Reader
	if v.form != nil {
		body = strings.NewReader(v.form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, cmp.Or(v.method, http.MethodGet), v.url, body)
	if err != nil {
		return nil, errors.New("the address cannot be asked")
	}
	r.Header.Set("User-Agent", "kinde-functions doctor")
	r.Header.Set("Accept", "text/html, application/json;q=0.9")
	if v.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
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
			err = errors.New("no answer in time")
		}
		return nil, err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return nil, errors.New("the answer broke off")
	}
	return &answer{resp.StatusCode, resp.Header, page}, nil
}
