package auth

import (
	"net/http"
	"testing"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

const (
	site = "https://site.example"
	evil = "https://evil.example"
	none = "-" // the request does not have the header

	missing = problem.CSRFHeaderMissing
	cross   = problem.CrossSite

	get  = http.MethodGet
	post = http.MethodPost
)

// csrfTable is every kind of path with every proof, and with everything that is none.
var csrfTable = []struct {
	method                   string
	kind                     pathKind
	xCSRF, origin, fetchSite string
	want                     problem.Code
}{
	// A link that only reads needs no proof.
	{get, pagePath, "", none, none, ""},
	{get, pagePath, "", evil, "cross-site", ""},

	// The API needs X-CSRF: 1, whatever the method.
	{get, apiPath, "1", none, none, ""},
	{get, apiPath, "1", site, "same-origin", ""},
	{post, apiPath, "1", site, "same-origin", ""},
	{get, apiPath, "", none, none, missing},
	{get, apiPath, "", site, "same-origin", missing},
	{post, apiPath, "", site, "same-origin", missing},
	{get, apiPath, "true", site, "same-origin", missing},
	{get, apiPath, "1", none, "cross-site", cross},
	{get, apiPath, "1", none, "same-site", cross},
	{get, apiPath, "1", none, "none", cross},
	{get, apiPath, "1", none, "", cross},
	{get, apiPath, "1", evil, none, cross},
	{get, apiPath, "1", evil, "same-origin", cross},
	{get, apiPath, "1", "null", none, cross},
	{get, apiPath, "1", "null", "same-origin", cross},
	{get, apiPath, "1", "", none, cross},
	{get, apiPath, "1", "HTTPS://SITE.EXAMPLE", none, cross},
	{get, apiPath, "1", site + ".evil.example", none, cross},

	// A form proves itself by X-CSRF, the site's Origin, or Sec-Fetch-Site.
	{post, formPath, "1", none, none, ""},
	{post, formPath, "", site, none, ""},
	{post, formPath, "", site, "same-origin", ""},
	{post, formPath, "", none, "same-origin", ""},
	{post, formPath, "", "null", "same-origin", ""},
	{post, formPath, "1", "null", "same-origin", ""},
	{post, formPath, "", none, none, missing},
	{post, formPath, "", "null", none, missing},
	{post, formPath, "", evil, none, missing},
	{post, formPath, "", none, "cross-site", missing},
	{post, formPath, "", none, "same-site", missing},
	{post, formPath, "", none, "none", missing},
	{post, formPath, "", "null", "cross-site", missing},
	{post, formPath, "1", "null", none, cross},
	{post, formPath, "1", evil, none, cross},
	{post, formPath, "1", none, "cross-site", cross},
	{post, formPath, "", site, "cross-site", cross},
	{post, formPath, "", site, "same-site", cross},
	{post, formPath, "", evil, "same-origin", cross},

	// A download is read by a link of the site's own pages.
	{get, downloadPath, "", none, "same-origin", ""},
	{get, downloadPath, "1", none, none, ""},
	{get, downloadPath, "", none, none, missing},
	{get, downloadPath, "", none, "none", missing},
	{get, downloadPath, "", none, "cross-site", missing},
	{get, downloadPath, "", evil, "same-origin", cross},
	{post, downloadPath, "", none, "same-origin", missing},
}

func TestDecideCSRF(t *testing.T) {
	for _, row := range csrfTable {
		headers := csrfHeaders{xCSRF: row.xCSRF}
		if row.origin != none {
			headers.origin = &row.origin
		}
		if row.fetchSite != none {
			headers.fetchSite = &row.fetchSite
		}
		if got := decideCSRF(row.method, row.kind, site, headers); got != row.want {
			t.Errorf("%+v: got %q", row, got)
		}
	}
}

func TestCheckCSRFReadsHeadersOnce(t *testing.T) {
	logout := route.Of("logout")[0]
	for name, row := range map[string]struct {
		header http.Header
		want   problem.Code
	}{
		"X-CSRF twice": {http.Header{"X-Csrf": {"1", "1"}}, problem.CSRFHeaderMissing},
		"Origin twice": {http.Header{"X-Csrf": {"1"}, "Origin": {"https://site.example", "https://evil.example"}},
			problem.CrossSite},
		"Sec-Fetch-Site twice": {http.Header{"X-Csrf": {"1"}, "Sec-Fetch-Site": {"same-origin", "cross-site"}},
			problem.CrossSite},
		"once": {http.Header{"X-Csrf": {"1"}}, ""},
	} {
		got := problem.Code("")
		if err := checkCSRF(logout, "https://site.example", row.header); err != nil {
			got = problem.From(err).Code
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
	}
}

// The kind follows from the row.
func TestCheckCSRFByRow(t *testing.T) {
	for _, row := range route.Table {
		err := checkCSRF(row, "https://site.example", http.Header{"Sec-Fetch-Site": {"same-origin"}})
		refused := err != nil
		if want := row.API() && !row.Download; refused != want {
			t.Errorf("%s without X-CSRF: refused %v, want %v", row.Name(), refused, want)
		}
	}
}
