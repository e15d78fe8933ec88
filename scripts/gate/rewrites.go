package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"

	"kinde-functions/shared/gate"
)

// rewrite is a redirect of Netlify's that serves another path's content.
type rewrite struct{ file, from, to string }

// netlifyTOML is what netlify.toml says about rewrites and edge functions.
type netlifyTOML struct {
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
	Redirects []redirect
}

type redirect struct {
	From, To string
	Status   int
}

// readNetlify reads the rewrites of netlify.toml, of the _redirects file of the published
// folder and of a framework's adapter, and whether the edge function checks every request.
func readNetlify(folder string) (found []rewrite, checked bool, err error) {
	var file netlifyTOML
	if _, err := toml.DecodeFile(filepath.Join(folder, "netlify.toml"), &file); err != nil {
		return nil, false, err
	}
	code, err := readIfThere(folder, cmp.Or(file.Build.Edge, "netlify/edge-functions"), "gate.js")
	if err != nil {
		return nil, false, err
	}
	for _, e := range file.Edge {
		whole := e.Path == "/*" && e.Method == nil && e.ExcludedPath == nil && e.ExcludedPattern == nil
		checked = checked || e.Function == "gate" && whole && edgeFunction.Match(code)
	}
	adapters, err := readAdapters(folder)
	if err != nil {
		return nil, false, err
	}
	found = append(rewrites("netlify.toml", file.Redirects), adapters...)
	text, err := readIfThere(folder, file.Build.Publish, "_redirects")
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, " #")
		if r, ok := parseLine(line); ok {
			found = append(found, r)
		}
	}
	return found, checked, err
}

// edgeFunction is what the edge function's file must hold: the check, or the file that has
// it.
var edgeFunction = regexp.MustCompile(
	`(?m)^(import .*"\.\./check\.js"|export \{ default \} from "[./]+/kinde-functions/edge/)`)

// readAdapters reads the redirects of Netlify's Frameworks API.
func readAdapters(folder string) ([]rewrite, error) {
	const name = ".netlify/v1/config.json"
	text, err := readIfThere(folder, name)
	if err != nil || text == nil {
		return nil, err
	}
	var file struct{ Redirects []redirect }
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rewrites(name, file.Redirects), nil
}

func rewrites(file string, all []redirect) (found []rewrite) {
	for _, r := range all {
		if r.Status != 0 && r.Status/100 != 3 {
			found = append(found, rewrite{file, r.From, r.To})
		}
	}
	return found
}

func readIfThere(parts ...string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(parts...))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
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
	if strings.HasPrefix(strings.ToLower(u.Path), "/.netlify/images") {
		image := u.Query().Get("url")
		if image == "" {
			return "/", false, true // Netlify passes the request's own query on
		}
		return literal(image)
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
