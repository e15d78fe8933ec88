package main

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"kinde-functions/shared/gate"
)

// rewrite is a redirect of Netlify's that serves another path's content.
type rewrite struct{ file, from, to string }

// readNetlify reads the rewrites of netlify.toml and of the _redirects file of the
// published folder, and whether the edge function checks every request.
func readNetlify(root string) (found []rewrite, checked bool, err error) {
	var file struct {
		Build struct {
			Publish string
			Edge    string `toml:"edge_functions"`
		}
		Edge []struct {
			Function, Path, Pattern string
			Method                  any
			ExcludedPath            any `toml:"excludedPath"`
			ExcludedPattern         any `toml:"excludedPattern"`
		} `toml:"edge_functions"`
		Redirects []struct {
			From, To string
			Status   int
		}
	}
	if _, err := toml.DecodeFile(filepath.Join(root, "netlify.toml"), &file); err != nil {
		return nil, false, err
	}
	for _, e := range file.Edge {
		whole := e.Path == "/*" && e.Method == nil && e.ExcludedPath == nil && e.ExcludedPattern == nil
		checked = checked || e.Function == "gate" && whole && file.Build.Edge == "edge/netlify"
	}
	for _, r := range file.Redirects {
		if r.Status != 0 && r.Status/100 != 3 {
			found = append(found, rewrite{"netlify.toml", r.From, r.To})
		}
	}
	text, err := os.ReadFile(filepath.Join(root, file.Build.Publish, "_redirects"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, " #")
		if r, ok := parseLine(line); ok {
			found = append(found, r)
		}
	}
	return found, checked, nil
}

// parseLine reads a line of _redirects: from, query parameters, to, status, conditions.
func parseLine(line string) (rewrite, bool) {
	fields := strings.Fields(line)
	if len(fields) < 3 || strings.HasPrefix(fields[0], "#") {
		return rewrite{}, false
	}
	for i, field := range fields[1:] {
		to := strings.HasPrefix(field, "/") || strings.Contains(field, "://")
		if to && i+2 < len(fields) {
			status := fields[i+2]
			return rewrite{"_redirects", fields[0], field}, !strings.HasPrefix(status, "3")
		}
	}
	return rewrite{}, false
}

// opens returns a rule that the rewritten path may have to meet and the requested one
// does not.
func (r rewrite) opens(rules gate.Rules) (gate.Rule, bool) {
	to, whole, ok := literal(r.to)
	if !ok {
		return gate.Rule{}, false // another site
	}
	from, _, ok := literal(r.from)
	if !ok {
		from = "/"
	}
	for _, rule := range rules {
		only := gate.Rules{rule}
		reaches := len(only.For(to, gate.Netlify)) > 0
		if !whole { // what follows may lead into the protected path
			reaches = reaches || strings.HasPrefix(strings.ToLower(rule.Path), strings.TrimSuffix(to, "/")+"/")
		}
		if reaches && len(only.For(from, gate.Netlify)) == 0 {
			return rule, true
		}
	}
	return gate.Rule{}, false
}

// literal returns the normal form of a pattern's path up to its first segment with a
// placeholder or wildcard, and whether that is the whole path. It is not ok for an
// absolute URL.
func literal(pattern string) (path string, whole, ok bool) {
	u, err := url.Parse(pattern)
	if err != nil {
		return "/", false, true
	}
	if u.Host != "" {
		return "", false, false
	}
	var kept []string
	whole = true
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		if strings.HasPrefix(segment, ":") || strings.Contains(segment, "*") {
			whole = false
			break
		}
		kept = append(kept, segment)
	}
	normal, err := gate.Normal("/"+strings.TrimPrefix(strings.Join(kept, "/"), "/"), gate.Netlify)
	if err != nil {
		return "/", false, true
	}
	return normal, whole, true
}
