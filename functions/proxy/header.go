package main

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"kinde-functions/shared/config"
)

// requestHeaders are forwarded to the API, besides those of PROXY_HEADERS.
var requestHeaders = []string{
	"Accept", "Accept-Language", "Content-Type", "Content-Language", "If-Match", "If-None-Match", "If-Modified-Since",
	"If-Unmodified-Since", "If-Range", "Range", "Idempotency-Key", "X-Request-Id", "Traceparent", "Tracestate",
}

// responseHeaders are returned to the caller. Location is checked besides.
var responseHeaders = []string{
	"Content-Type", "Content-Language", "Content-Disposition", "Content-Range", "Content-Encoding", "Accept-Ranges",
	"Etag", "Last-Modified", "Retry-After", "Location", "X-Request-Id", "Deprecation", "Link",
}

// keep returns the headers of h that are named, and no others: also none that a
// Connection header names, and none under a name spelled in another way.
func keep(h http.Header, names []string) http.Header {
	kept := http.Header{}
	for _, name := range names {
		if values := h.Values(name); len(values) > 0 {
			kept[textproto.CanonicalMIMEHeaderKey(name)] = values
		}
	}
	return kept
}

// location maps a Location of the API's to the proxy's own path, if it lies inside the
// API's origin and base. requested is the URL of the request to the API.
func location(api config.API, requested *url.URL, value string) (string, bool) {
	reference, err := url.Parse(value)
	if err != nil || strings.Contains(value, `\`) {
		return "", false
	}
	target := requested.ResolveReference(reference)
	if target.User != nil || target.Scheme+"://"+target.Host != api.Origin {
		return "", false
	}
	rest, inside := strings.CutPrefix(target.EscapedPath(), api.Base)
	if !inside {
		return "", false
	}
	path, err := forwardPath(rest, false)
	if err != nil {
		return "", false
	}
	mapped := "/api/proxy/" + api.Name + path
	if target.RawQuery != "" {
		mapped += "?" + forwardQuery(target.RawQuery)
	}
	if target.Fragment != "" {
		mapped += "#" + target.EscapedFragment()
	}
	return mapped, true
}
