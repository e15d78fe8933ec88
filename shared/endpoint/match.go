package endpoint

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/problem"
)

// match finds the row for a request's path and method, at either of the row's
// addresses, and the values of the pattern's {names}.
func match(rows []row, r *http.Request) (*row, map[string]string, error) {
	path := r.URL.EscapedPath()
	var allow []string
	for i := range rows {
		path := path
		if !rows[i].API() { // users type a slash after a page's address, and Netlify passes it on
			path = strings.TrimSuffix(path, "/")
		}
		params, ok := matchPath(rows[i].Pattern, path)
		if !ok {
			params, ok = matchPath(rows[i].Address(), path)
		}
		if !ok {
			continue
		}
		if slices.Contains(rows[i].Methods(), r.Method) {
			return &rows[i], params, nil
		}
		allow = append(allow, rows[i].Methods()...)
	}
	if len(allow) == 0 {
		return nil, nil, problem.New(problem.NotFound, nil)
	}
	p := problem.New(problem.MethodNotAllowed, nil)
	p.Allow = strings.Join(allow, ", ")
	return nil, nil, p
}

// matchPath compares segment by segment, still escaped, so that an escaped
// slash never separates. A {name} matches one segment that is not empty; its
// value is unescaped once. A {path+} matches the rest, which has no value here.
func matchPath(pattern, path string) (map[string]string, bool) {
	var params map[string]string
	for {
		want, patternRest, patternMore := strings.Cut(pattern, "/")
		if strings.HasSuffix(want, "+}") {
			return params, true
		}
		got, pathRest, pathMore := strings.Cut(path, "/")
		if name, ok := strings.CutPrefix(want, "{"); ok {
			value, err := url.PathUnescape(got)
			if err != nil || value == "" {
				return nil, false
			}
			if params == nil {
				params = map[string]string{}
			}
			params[strings.TrimSuffix(name, "}")] = value
		} else if want != got {
			return nil, false
		}
		if patternMore != pathMore {
			return nil, false
		}
		if !patternMore {
			return params, true
		}
		pattern, path = patternRest, pathRest
	}
}
