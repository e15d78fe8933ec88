package main

import (
	"net/http"
	"strings"

	"kinde-functions/shared/route"
)

// site serves every request, in Netlify's order: the redirects to functions first, since
// those are forced, then the pages.
type site struct {
	routes    []row
	functions *fleet
	pages     http.Handler
	// drive is the API of the third party that the embedded Kinde plays; nil without one.
	// It has a path on the site, so that the pages' Content-Security-Policy is the
	// deployed one.
	drive http.Handler
}

// drivePath is where the demo page finds the sample drive's files.
const drivePath = "/sample-drive/files"

func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if name, found := match(s.routes, path); found {
		if function := s.functions.find(name); function != nil {
			function.ServeHTTP(w, r)
			return
		}
	}
	if path == drivePath && s.drive != nil {
		r.URL.Path = "/third-party/files"
		s.drive.ServeHTTP(w, r)
		return
	}
	s.pages.ServeHTTP(w, r)
}

// row is one of the table's public paths.
type row struct {
	function string
	segments []string
}

func rows(table []route.Route) []row {
	var out []row
	for _, r := range table {
		out = append(out, row{r.Function, strings.Split(r.Pattern, "/")})
	}
	return out
}

// match finds the function of a path, which is as it was sent. Netlify ignores a slash at
// the end and the method. The row with the most literal segments counts.
func match(table []row, path string) (function string, found bool) {
	if rest, direct := strings.CutPrefix(path, "/.netlify/functions/"); direct {
		function, _, _ = strings.Cut(rest, "/")
		return function, true
	}
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	segments := strings.Split(path, "/")
	best := -1
	for _, r := range table {
		if literal := r.literal(segments); literal > best {
			function, best = r.function, literal
		}
	}
	return function, best >= 0
}

// literal counts the segments that the row spells out, or is -1 when the path is not the
// row's. A last segment {name+} takes the rest of the path.
func (r row) literal(segments []string) int {
	want := r.segments
	if last := want[len(want)-1]; strings.HasSuffix(last, "+}") && len(segments) >= len(want) {
		want, segments = want[:len(want)-1], segments[:len(want)-1]
	}
	if len(segments) != len(want) {
		return -1
	}
	count := 0
	for i, segment := range want {
		placeholder := strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}")
		switch {
		case placeholder && segments[i] != "":
		case !placeholder && segments[i] == segment:
			count++
		default:
			return -1
		}
	}
	return count
}
