package endpoint

import (
	"html"
	"net/http"
	"net/url"
)

// A link to a page of ours in an e-mail is a cross-site navigation, and so is
// the way back from Kinde: browsers leave the SameSite=Strict session cookie
// out. Such a request without credentials gets a page that makes the same
// request again, from here, once.

// repeated marks the second request.
const repeated = "repeated"

// fromElsewhere reports whether a request is a navigation to a page that came
// from another site and has not been repeated yet.
func fromElsewhere(row *row, r *http.Request) bool {
	site, mode := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode")
	return row.ErrorPage != nil && row.Method == http.MethodGet && !acceptsJSON(r.Header) &&
		(site == "cross-site" || site == "same-site") && mode == "navigate" && !r.URL.Query().Has(repeated)
}

// repeat is that page. It holds the known parameters of the request and no
// others, and goes nowhere but to the row's own path.
func (row *row) repeat(r *http.Request) (*Reply, error) {
	query, err := readQuery(r.URL.RawQuery, row.Query, false)
	if err != nil {
		return nil, err
	}
	again := url.Values{repeated: {"1"}}
	for name, value := range query {
		again.Set(name, value)
	}
	target := html.EscapeString(row.Pattern + "?" + again.Encode())
	return &Reply{
		Status: http.StatusOK,
		Header: http.Header{
			"Content-Type":            {"text/html; charset=utf-8"},
			"Content-Security-Policy": {"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		},
		Body: []byte(`<!doctype html><html lang="en"><meta charset="utf-8"><title>One moment</title>` +
			`<meta http-equiv="refresh" content="0;url=` + target + `"><p><a href="` + target + `">Continue</a></p></html>`),
	}, nil
}
