package endpoint

import (
	"net/http"
	"testing"

	"kinde-functions/shared/route"
)

func TestClassify(t *testing.T) {
	for _, row := range []struct {
		name, value string
		want        requestKind
	}{
		{"Accept", "text/html", navigation},
		{"Sec-Fetch-Mode", "navigate", navigation},
		{"Sec-Fetch-Mode", "cors", subresource},
		{"Sec-Fetch-Mode", "no-cors", subresource},
		{"Sec-Fetch-Mode", "same-origin", subresource},
		{"Sec-Purpose", "prefetch", prefetch},
		{"Sec-Purpose", "Prefetch", prefetch},
		{"Sec-Purpose", "prefetch;prerender", prefetch},
		{"Sec-Purpose", "prefetch;anonymous-client-ip", prefetch},
		{"Sec-Purpose", "other", navigation},
		{"Purpose", "prefetch", prefetch},
		{"Purpose", "preview", prefetch},
		{"X-Purpose", "preview", prefetch},
		{"X-Purpose", "Prefetch", prefetch},
		{"X-Moz", "prefetch", prefetch},
		{"Next-Router-Prefetch", "1", prefetch},
		{"Next-Router-Prefetch", "", prefetch},
	} {
		if got := classify(http.Header{http.CanonicalHeaderKey(row.name): {row.value}}); got != row.want {
			t.Errorf("%s: %s: got %v, want %v", row.name, row.value, got, row.want)
		}
	}
	both := http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Purpose": {"prefetch"}}
	if got := classify(both); got != prefetch {
		t.Errorf("a navigation that is prefetched: got %v, want prefetch", got)
	}
}

func TestCheckNavigation(t *testing.T) {
	kinds := map[requestKind]http.Header{
		navigation: {}, prefetch: {"Purpose": {"prefetch"}}, subresource: {"Sec-Fetch-Mode": {"cors"}},
	}
	for accepted, passes := range map[route.Navigation][]bool{
		route.AnyRequest:     {true, true, true},
		route.NoPrefetch:     {true, false, true},
		route.NavigationOnly: {true, false, false},
	} {
		for kind, header := range kinds {
			if got := checkNavigation(route.Route{Navigation: accepted}, header) == nil; got != passes[kind] {
				t.Errorf("row %v, request %v: passes %v, want %v", accepted, kind, got, passes[kind])
			}
		}
	}
}

func TestPrefetchIsSentAgain(t *testing.T) {
	f := start(t, "portal", responding(`{}`))
	w := f.signedIn("/portal", "Purpose", "prefetch")
	if w.Code != 503 || code(t, w) != "not-a-navigation" || w.Header().Get("Retry-After") != "0" ||
		w.Header().Get("Set-Cookie") != "" {
		t.Errorf("got %d %v, want 503 not-a-navigation with Retry-After: 0", w.Code, w.Header())
	}
	if n := len(f.tenant.Calls("/")); n != 0 {
		t.Errorf("%d calls to Kinde for a prefetch, want none", n)
	}
}
