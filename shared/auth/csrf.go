package auth

import (
	"net/http"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// pathKind is what the CSRF rules depend on besides the method.
type pathKind int

const (
	pagePath     pathKind = iota // links that browsers follow, such as /portal
	formPath                     // POSTs outside /api/, which a plain form may send
	apiPath                      // /api/*
	downloadPath                 // /api/* rows that a plain link may read
)

// csrfHeaders are the headers that the CSRF decision reads. A pointer is nil where the
// request does not have the header.
type csrfHeaders struct {
	xCSRF             string
	origin, fetchSite *string
}

// decideCSRF decides whether a request that relies on the session cookie was sent by a
// page of the site. It returns the code of the refusal, or "".
//
// The X-CSRF header makes every cross-origin request one that needs a CORS preflight,
// which this service never allows with cookies. Forms cannot send it; for them the site's
// Origin or `Sec-Fetch-Site: same-origin`, which no page can forge, is the proof. Forms of
// a page whose referrer policy is no-referrer send `Origin: null`; beside
// `Sec-Fetch-Site: same-origin` that is theirs.
//
// A link that only reads needs no proof: SameSite=Strict protects it.
func decideCSRF(method string, kind pathKind, site string, h csrfHeaders) problem.Code {
	sameOrigin := h.fetchSite != nil && *h.fetchSite == "same-origin"
	siteOrigin := h.origin != nil && *h.origin == site
	proven := h.xCSRF == "1"
	switch kind {
	case pagePath:
		return ""
	case formPath:
		proven = proven || siteOrigin || sameOrigin
	case downloadPath:
		proven = proven || sameOrigin && method == http.MethodGet
	}
	if !proven {
		return problem.CSRFHeaderMissing
	}
	nullOrigin := h.origin != nil && *h.origin == "null" && kind == formPath && sameOrigin
	if h.fetchSite != nil && !sameOrigin || h.origin != nil && !siteOrigin && !nullOrigin {
		return problem.CrossSite
	}
	return ""
}

// checkCSRF applies decideCSRF to a request to a row.
func checkCSRF(row route.Route, site string, h http.Header) error {
	kind := pagePath
	switch {
	case row.Download:
		kind = downloadPath
	case row.API():
		kind = apiPath
	case row.Method != http.MethodGet:
		kind = formPath
	}
	headers := csrfHeaders{
		xCSRF: single(h, "X-CSRF"), origin: optional(h, "Origin"), fetchSite: optional(h, "Sec-Fetch-Site"),
	}
	if code := decideCSRF(row.Method, kind, site, headers); code != "" {
		return problem.New(code, nil)
	}
	return nil
}

// single returns the value of a header that is given once, else "".
func single(h http.Header, name string) string {
	if values := h.Values(name); len(values) == 1 {
		return values[0]
	}
	return ""
}

// optional returns a header's value, nil when there is none. A repeated header has the
// value "", which nothing accepts.
func optional(h http.Header, name string) *string {
	if len(h.Values(name)) == 0 {
		return nil
	}
	value := single(h, name)
	return &value
}
