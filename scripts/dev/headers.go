package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// headerRule is one [[headers]] table of netlify.toml, or one path of a _headers file.
type headerRule struct {
	path   *regexp.Regexp
	values http.Header
}

// headerRules returns the rules of the published folder's _headers and then those of
// netlify.toml, as Netlify merges them.
func (s static) headerRules() ([]headerRule, error) {
	own, err := readHeadersFile(filepath.Join(s.dir, "_headers"))
	if err != nil {
		return nil, err
	}
	declared, err := readHeaderTables(s.config)
	return append(own, declared...), err
}

// readIfExists returns the content of a file, nothing if there is no such file.
func readIfExists(name string) ([]byte, error) {
	content, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// readHeadersFile reads a _headers file: a path, and below it indented lines such as
// "Name: value".
func readHeadersFile(file string) ([]headerRule, error) {
	content, err := readIfExists(file)
	if err != nil {
		return nil, err
	}
	var rules []headerRule
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		text := strings.TrimSpace(line)
		name, value, isHeader := strings.Cut(text, ":")
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case strings.HasPrefix(text, "/"):
			rules = append(rules, headerRule{path: headerPath(text), values: http.Header{}})
		case isHeader && len(rules) > 0:
			values := rules[len(rules)-1].values
			values.Set(name, strings.TrimPrefix(values.Get(name)+", "+strings.TrimSpace(value), ", "))
		default:
			return nil, fmt.Errorf("_headers: line %d is neither a path nor a header below one", number)
		}
	}
	return rules, nil
}

// readHeaderTables reads the [[headers]] tables of netlify.toml in their order.
func readHeaderTables(file string) ([]headerRule, error) {
	var netlify struct {
		Headers []struct {
			For    string         `toml:"for"`
			Values map[string]any `toml:"values"`
		} `toml:"headers"`
	}
	content, err := readIfExists(file)
	if err != nil {
		return nil, err
	}
	if err := toml.Unmarshal(content, &netlify); err != nil {
		return nil, fmt.Errorf("netlify.toml: %w", err)
	}
	var rules []headerRule
	for _, table := range netlify.Headers {
		rule := headerRule{path: headerPath(table.For), values: http.Header{}}
		for name, value := range table.Values {
			text, err := headerValue(value)
			if err != nil {
				return nil, fmt.Errorf("netlify.toml: headers for %s: %s: %w", table.For, name, err)
			}
			rule.values.Set(name, text)
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// headerValue is a string, which may run over several lines, or a list of them.
func headerValue(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return strings.Join(strings.Fields(v), " "), nil
	case []any:
		var parts []string
		for _, item := range v {
			part, err := headerValue(item)
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, ", "), nil
	}
	return "", fmt.Errorf("a %T is no header value", value)
}

// headerPath reads a "for": :name is one segment, * anything, a last segment *
// nothing as well; case and a slash at the end do not matter.
func headerPath(pattern string) *regexp.Regexp {
	var expr strings.Builder
	expr.WriteString("(?i)^")
	for segment := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		switch {
		case segment == "*":
			expr.WriteString("(/.*)?")
		case strings.HasPrefix(segment, ":"):
			expr.WriteString("/[^/]+")
		default:
			expr.WriteString("/" + strings.ReplaceAll(regexp.QuoteMeta(segment), `\*`, ".*"))
		}
	}
	expr.WriteString("/?$")
	return regexp.MustCompile(expr.String()) // quoted, so it always compiles
}

// applyHeaders sets the headers for a path. A later rule wins over an earlier
// one.
func applyHeaders(h http.Header, rules []headerRule, path string) {
	for _, rule := range rules {
		if !rule.path.MatchString(path) {
			continue
		}
		maps.Copy(h, rule.values)
	}
}
