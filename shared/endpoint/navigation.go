package endpoint

import (
	"net/http"
	"strings"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
)

// requestKind is the purpose of a browser's request, by its headers.
type requestKind int

const (
	navigation  requestKind = iota // or no browser's
	prefetch                       // a page loaded ahead: prefetch, preview or prerender
	subresource                    // a script's fetch, an image, …
)

// classify decides by the spellings of browsers, extensions and routers. A prefetch says
// so itself; without the headers a request is taken for a navigation.
func classify(h http.Header) requestKind {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		value := strings.ToLower(strings.Join(h.Values(name), ","))
		for _, word := range []string{"prefetch", "preview", "prerender"} {
			if strings.Contains(value, word) {
				return prefetch
			}
		}
	}
	if len(h.Values("Next-Router-Prefetch")) > 0 {
		return prefetch
	}
	if mode := h.Values("Sec-Fetch-Mode"); len(mode) > 0 && mode[0] != "navigate" {
		return subresource
	}
	return navigation
}

// checkNavigation refuses what the row does not accept. The status is not a success,
// since browsers show any success of a prefetch as the response to the click that
// follows; with this one they send the request again.
func checkNavigation(row route.Route, h http.Header) error {
	kind := classify(h)
	if row.Navigation == route.AnyRequest || kind == navigation ||
		kind == subresource && row.Navigation == route.NoPrefetch {
		return nil
	}
	return problem.New(problem.NotANavigation, nil)
}
