package gate

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
)

// siteFiles are a site's files, in gated folders and outside them.
var siteFiles = []string{
	"/index.html", "/pricing.html", "/members.html", "/members/index.html", "/members/a.html", "/members/gold/index.html",
	"/members/gold/bars.html", "/members/a b.pdf", "/Beta/index.html", "/Beta.html", "/shop/index.html",
	"/shop/café.html", "/shop/100%.html", "/shop/old.htm", "/members.htm", "/Beta/index.htm",
}

// served lists the files that a host may serve for a path, in the most generous reading
// of it: decoded once or twice, with dot segments and empty segments resolved or not,
// matrix parameters dropped or not, and index.html, .html and .htm left out.
func served(raw string, host Host) []string {
	var files []string
	add := func(p string) {
		trimmed := strings.TrimRight(p, "/")
		for _, name := range []string{p, trimmed, trimmed + ".html", trimmed + ".htm",
			trimmed + "/index.html", trimmed + "/index.htm",
			trimmed + "/index", p + "index.html"} {
			for _, file := range siteFiles {
				if name == file || host.IgnoresCase && strings.EqualFold(name, file) {
					files = append(files, file)
				}
			}
		}
	}
	once, err := url.PathUnescape(raw)
	if err != nil {
		return nil
	}
	readings := []string{raw, once}
	if twice, err := url.PathUnescape(once); err == nil {
		readings = append(readings, twice)
	}
	for _, reading := range readings {
		reading, _, _ = strings.Cut(reading, "\x00")
		for _, form := range []string{reading, strings.ReplaceAll(reading, `\`, "/"), withoutParameters(reading)} {
			add(form)
			add(path.Clean("/" + form))
			add(strings.Join(strings.FieldsFunc("/"+form, func(r rune) bool { return r == '/' }), "/"))
			add("/" + strings.Join(strings.FieldsFunc(form, func(r rune) bool { return r == '/' }), "/"))
		}
	}
	return files
}

func withoutParameters(p string) string {
	segments := strings.Split(p, "/")
	for i := range segments {
		segments[i], _, _ = strings.Cut(segments[i], ";")
	}
	return strings.Join(segments, "/")
}

// What is let through for a path meets every rule that the served file's own path meets.
func FuzzNormalMeetsRulesOfServedFile(f *testing.F) {
	v, rules := readVectors(f)
	for _, vector := range v.Paths {
		f.Add(vector.Path)
	}
	for _, file := range siteFiles {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, host := range []Host{Netlify, CloudFront} {
			normal, err := Normal(raw, host)
			if err != nil {
				continue
			}
			met := rules.For(normal, host)
			for _, file := range served(raw, host) {
				own, err := Normal((&url.URL{Path: file}).EscapedPath(), host)
				if err != nil {
					t.Fatalf("Normal of the site's own file %s: %v", file, err)
				}
				for _, rule := range rules.For(own, host) {
					if !slices.ContainsFunc(met, func(r Rule) bool { return r.Path == rule.Path }) {
						t.Errorf("%q on %v serves %s without the rule for %s; normal form %q", raw, host, file, rule.Path, normal)
					}
				}
			}
		}
	})
}
