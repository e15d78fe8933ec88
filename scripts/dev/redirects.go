package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// redirect is one [[redirects]] table of netlify.toml, or one line of a _redirects file.
type redirect struct {
	from   *regexp.Regexp // its groups are the placeholders
	to     string
	status int
	force  bool // it counts even where the site has a file
}

// functionsPrefix begins the targets of redirects to functions. The route table is used
// for those: see site.
const functionsPrefix = "/.netlify/functions/"

// redirectRules returns the site's own redirects, in the order in which Netlify tries
// them. Those with conditions are left out.
func (s static) redirectRules() ([]redirect, error) {
	own, err := readRedirectsFile(filepath.Join(s.dir, "_redirects"))
	if err != nil {
		return nil, err
	}
	declared, err := readRedirectTables(s.config)
	return append(own, declared...), err
}

// readRedirectsFile reads lines of the form "/from /to 200!".
func readRedirectsFile(file string) ([]redirect, error) {
	content, err := readIfExists(file)
	if err != nil {
		return nil, err
	}
	var rules []redirect
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "/") && !strings.Contains(fields[0], "://") {
			return nil, fmt.Errorf("_redirects: line %d is not of the form /from /to status", number)
		}
		status, force := 301, false
		if len(fields) > 2 {
			var text string
			text, force = strings.CutSuffix(fields[2], "!")
			if status, err = strconv.Atoi(text); err != nil {
				continue // a query parameter between the paths
			}
		}
		if len(fields) <= 3 { // none of the conditions that may follow
			rules = appendRule(rules, fields[0], fields[1], status, force)
		}
	}
	return rules, nil
}

// readRedirectTables reads the [[redirects]] tables of netlify.toml.
func readRedirectTables(file string) ([]redirect, error) {
	var netlify struct {
		Redirects []struct {
			From, To          string
			Status            int
			Force             bool
			Query, Conditions map[string]any
		}
	}
	content, err := readIfExists(file)
	if err != nil {
		return nil, err
	}
	if err := toml.Unmarshal(content, &netlify); err != nil {
		return nil, fmt.Errorf("netlify.toml: %w", err)
	}
	var rules []redirect
	for _, table := range netlify.Redirects {
		if table.Status == 0 {
			table.Status = 301
		}
		if len(table.Query)+len(table.Conditions) == 0 {
			rules = appendRule(rules, table.From, table.To, table.Status, table.Force)
		}
	}
	return rules, nil
}

func appendRule(rules []redirect, from, to string, status int, force bool) []redirect {
	if strings.HasPrefix(to, functionsPrefix) || !strings.HasPrefix(from, "/") {
		return rules
	}
	return append(rules, redirect{redirectPath(from), to, status, force})
}

// redirectPath is the expression of a "from": :name is one segment, and * at the end is
// anything, which :splat names.
func redirectPath(pattern string) *regexp.Regexp {
	var expr strings.Builder
	expr.WriteString("^")
	for segment := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		name, placeholder := strings.CutPrefix(segment, ":")
		switch {
		case segment == "*":
			expr.WriteString("(?:/(?P<splat>.*))?")
		case placeholder && placeholderName.MatchString(name):
			expr.WriteString("/(?P<" + name + ">[^/]+)")
		default:
			expr.WriteString("/" + regexp.QuoteMeta(segment))
		}
	}
	expr.WriteString("/?$")
	return regexp.MustCompile(expr.String()) // quoted, so it always compiles
}

var placeholderName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// findRedirect returns the first rule for a path as it was sent, and its target with the placeholders
// filled in. With forced, only rules that take precedence over files count.
func findRedirect(rules []redirect, path string, forced bool) (rule redirect, target string, found bool) {
	for _, rule := range rules {
		groups := rule.from.FindStringSubmatch(path)
		if groups == nil || forced && !rule.force {
			continue
		}
		target := rule.to
		for i, name := range rule.from.SubexpNames() {
			if name != "" {
				target = strings.ReplaceAll(target, ":"+name, groups[i])
			}
		}
		if strings.TrimSuffix(target, "/") != strings.TrimSuffix(path, "/") { // not to itself
			return rule, target, true
		}
	}
	return redirect{}, "", false
}

// follow sends the response of a rule. It reports false for a rewrite to a file that does
// not exist.
func (s static) follow(w http.ResponseWriter, r *http.Request, root *os.Root, rule redirect, target string) bool {
	if rule.status >= 300 && rule.status < 400 {
		if r.URL.RawQuery != "" && !strings.Contains(target, "?") {
			target += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", target)
		w.WriteHeader(rule.status)
		return true
	}
	if !strings.HasPrefix(target, "/") {
		http.Error(w, "501: scripts/dev does not forward to other sites as this redirect does", http.StatusNotImplemented)
		return true
	}
	target, _, _ = strings.Cut(target, "?")
	name, err := url.PathUnescape(target)
	file, _ := resolve(root.FS(), name)
	if err != nil || file == "" {
		return false
	}
	if rule.status == http.StatusOK {
		serveFile(w, r, root, file)
	} else {
		servePage(w, r, root, file, rule.status)
	}
	return true
}
