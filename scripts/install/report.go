package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func (p *plan) empty() bool { return len(p.writes)+len(p.edits)+len(p.deletes) == 0 }

// describe says what the plan will do.
func (p *plan) describe(w io.Writer) {
	if len(p.after.Functions) > 0 {
		generator := p.site.generator
		if generator == "" {
			generator = "plain files"
		}
		functions := p.site.functions
		if p.after.Options.AWS {
			functions = home + "/functions"
		}
		fmt.Fprintf(w, "Site: %s. Functions go to %s/, pages' files to %s/.\n", generator, functions, p.site.static)
		fmt.Fprintf(w, "Functions: %s\n", strings.Join(p.after.Functions, " "))
	}
	for folder, count := range byFolder(p.writes) {
		fmt.Fprintf(w, "  write   %s (%d)\n", folder, count)
	}
	for _, name := range slices.Sorted(maps.Keys(p.edits)) {
		fmt.Fprintf(w, "  edit    %s, between marks\n", name)
	}
	for folder, count := range byFolder(p.deletes) {
		fmt.Fprintf(w, "  delete  %s (%d)\n", folder, count)
	}
	for _, name := range p.changed {
		fmt.Fprintf(w, "  keep    %s, which you have changed; the new one is %s\n", name, name+newSuffix)
	}
	for _, name := range p.abandons {
		fmt.Fprintf(w, "  keep    %s, which you have changed; it is not used any more\n", name)
	}
	for _, note := range p.notes {
		fmt.Fprintf(w, "  note    %s\n", note)
	}
	if p.empty() {
		fmt.Fprintln(w, "Nothing to do.")
	}
}

// byFolder counts files by their folder, in the order of names.
func byFolder(names []string) func(func(string, int) bool) {
	counts := map[string]int{}
	for _, name := range names {
		counts[path.Dir(name)+"/"]++
	}
	return func(yield func(string, int) bool) {
		for _, folder := range slices.Sorted(maps.Keys(counts)) {
			if !yield(folder, counts[folder]) {
				return
			}
		}
	}
}

// sayNext says what is left to do.
func (p *plan) sayNext(w io.Writer) {
	if p.after.Options.AWS {
		p.sayNextOnAWS(w)
		return
	}
	fmt.Fprint(w, `
Installed. Next:
  1. Register the site's addresses with an application in Kinde: docs/kinde.md
  2. Set the variables, for example
       netlify env:set KINDE_ISSUER_URL https://acme.kinde.com
     (.env.example lists those that are needed)
  3. Deploy, then: go run ./scripts/doctor --url https://your-site.example
`)
	if slices.Contains(p.after.Functions, "gate") {
		fmt.Fprintf(w, "Protected pages: write their rules into %s and set GATE_KEYS, docs/protected-pages.md\n", gateFile)
	}
	if p.site.generator == "@11ty/eleventy" {
		fmt.Fprintf(w, "Eleventy copies %s/ only if its configuration says so: "+
			"eleventyConfig.addPassthroughCopy({ %q: \"/\" });\n", p.site.static, p.site.static)
	}
}

var releaseHeading = regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+)`)

// version is the newest one of the changelog.
func (src source) version() string {
	text, err := os.ReadFile(filepath.Join(src.root, "CHANGELOG.md"))
	if err != nil {
		return ""
	}
	if found := releaseHeading.FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return ""
}

// headers is a [[headers]] table with HSTS and the policy that the functions' own pages
// are served with.
func (src source) headers() (string, error) {
	text, err := os.ReadFile(filepath.Join(src.root, "public", "_headers"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if policy, ok := strings.CutPrefix(strings.TrimSpace(line), "Content-Security-Policy:"); ok {
			return fmt.Sprintf("[[headers]]\n  for = \"/*\"\n  [headers.values]\n    Content-Security-Policy = %q\n"+
				"    Strict-Transport-Security = \"max-age=63072000\"\n", strings.TrimSpace(policy)), nil
		}
	}
	return "", fmt.Errorf("public/_headers has no Content-Security-Policy")
}
