package endpoint

import (
	"html"
	"net/http"
	"net/url"
	"strings"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// pagePolicy is the Content-Security-Policy of this package's pages. They have no scripts,
// styles or images. It names no form-action, which browsers apply to redirects after a form
// too: signing out leads to Kinde.
const pagePolicy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"

// page returns an HTML page. head and body are HTML.
func page(status int, title, head, body string) *Response {
	return &Response{
		Status: status,
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Content-Security-Policy": {pagePolicy}},
		Body: []byte(`<!doctype html><html lang="en"><meta charset="utf-8">` +
			`<meta name="viewport" content="width=device-width, initial-scale=1">` +
			`<meta name="color-scheme" content="light dark">` +
			`<title>` + html.EscapeString(title) + `</title>` + head + `<main>` + body + `</main></html>`),
	}
}

// repeated is the query parameter of a request that has been repeated.
const repeated = "repeated"

// mayRepeat reports whether a request without credentials may lack its session cookie
// because it came from another site, such as a link in an e-mail: browsers leave
// SameSite=Strict cookies out of it. It is repeated once, from a page of this site.
// Browsers without Sec-Fetch-Site get that page too.
func mayRepeat(row route.Route, r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return row.Repeats && row.Method == http.MethodGet && acceptsHTML(r.Header) && !acceptsJSON(r.Header) &&
		site != "same-origin" && site != "none" && !r.URL.Query().Has(repeated)
}

// repeat returns a page that sends the request again. It has the known parameters of the
// request and no others, and leads to the row's own path.
func (row *row) repeat(r *http.Request) (*Response, error) {
	query, err := readQuery(r.URL.RawQuery, row.Query, false)
	if err != nil {
		return nil, err
	}
	again := url.Values{repeated: {"1"}}
	for name, value := range query {
		again.Set(name, value)
	}
	target := html.EscapeString(row.Pattern + "?" + again.Encode())
	return page(http.StatusOK, "One moment", `<meta http-equiv="refresh" content="0;url=`+target+`">`,
		`<p><a href="`+target+`">Continue</a></p>`), nil
}

// failureResponse renders x.failure: as a redirect to the page that explains it where the
// row has one, as a page of this package for other navigations, and else as a problem.
func (e *endpoint) failureResponse(x *exchange, r *http.Request) *Response {
	failed := x.failure
	if x.row != nil && x.row.ErrorPage != nil && !acceptsJSON(r.Header) && failed.Code != problem.NotANavigation {
		if location := x.row.ErrorPage(failed); location != "" {
			return Redirect(location)
		}
	}
	var response *Response
	if wantsPage(x.row, r) {
		response = e.failurePage(failed, r)
	} else {
		document := failed.Document
		if x.row != nil && x.row.OAuth {
			document = failed.OAuthDocument
		}
		response = JSON(failed.Status(), document(x.id))
		response.Header.Set("Content-Type", problem.ContentType)
	}
	failed.SetHeader(response.Header)
	return response
}

// wantsPage reports whether a failure is shown to a user. Under /api/ only a browser's
// address bar gets a page, since scripts may accept HTML as well. Under /webhooks/ there
// are no users.
func wantsPage(row *row, r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/webhooks/") || row != nil && row.Webhook() {
		return false
	}
	api := strings.HasPrefix(r.URL.Path, "/api/") || row != nil && row.API()
	return acceptsHTML(r.Header) && !acceptsJSON(r.Header) && (!api || r.Header.Get("Sec-Fetch-Mode") == "navigate")
}

// failurePage explains a failure and leads on: to the same page at the site's own address,
// to signing out for a row that ends sessions, or else to the site.
func (e *endpoint) failurePage(failed *problem.Error, r *http.Request) *Response {
	head, next := "", `<p><a href="/">Go to the site</a></p>`
	switch {
	case failed.Code == problem.WrongHost:
		address := html.EscapeString(e.settings.Site + r.URL.EscapedPath())
		next = `<p><a href="` + address + `">` + address + `</a></p>`
	case failed.Code == problem.MethodNotAllowed && e.rows[0].Access == route.SignOut:
		// With the response's no-referrer the form would send `Origin: null`.
		head = `<meta name="referrer" content="same-origin">`
		next = `<form method="post" action="` + e.rows[0].Pattern + `"><button>Sign out</button></form>` + next
	case failed.Code == problem.NotANavigation:
		next = ""
	}
	title, text := html.EscapeString(failed.Title()), html.EscapeString(failed.Text())
	return page(failed.Status(), failed.Title(), head, `<h1>`+title+`</h1><p>`+text+`</p>`+next)
}
