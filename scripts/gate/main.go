// Command gate fails a build whose protected pages would be open: a gate.json that
// cannot be enforced, an edge function that does not run, or a rewrite from an open path
// into a protected one.
//
//	go run ./scripts/gate
//	go run ./scripts/gate -site https://www.example.com
//
// With -site it asks that deployment for every protected path, without a pass and in
// several spellings, and fails if one is served.
//
// Netlify rewrites paths after its edge functions have run, so the check of protected
// pages sees the path before the rewrite.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kinde-functions/shared/gate"
)

func main() {
	site := flag.String("site", "", "ask this deployment for its protected pages, such as https://www.example.com")
	flag.Parse()
	faults := check(".")
	if *site != "" && len(faults) == 0 {
		faults = checkSite(*site)
	}
	for _, fault := range faults {
		fmt.Fprintln(os.Stderr, "gate:", fault)
	}
	if len(faults) > 0 {
		os.Exit(1)
	}
}

func checkSite(site string) []string {
	file, err := os.ReadFile("gate.json")
	if err != nil {
		return []string{err.Error()}
	}
	rules, err := gate.Parse(file)
	if err != nil {
		return []string{err.Error()}
	}
	faults, asked, err := probe(context.Background(), strings.TrimSuffix(site, "/"), rules)
	if err != nil {
		return []string{err.Error()}
	}
	fmt.Printf("%d addresses asked without a pass, %d served\n", asked, len(faults))
	return faults
}

// check returns what is wrong with the project in a folder.
func check(root string) []string {
	file, err := os.ReadFile(filepath.Join(root, "gate.json"))
	if err != nil {
		return []string{err.Error()}
	}
	rules, err := gate.Parse(file)
	if err != nil {
		return []string{err.Error()}
	}
	list, checked, err := readNetlify(root)
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	if len(rules) > 0 && !checked {
		faults = append(faults, "gate.json has rules and netlify.toml runs no check of them; "+
			"remove the comment marks of its block for protected pages")
	}
	for _, r := range list {
		if rule, opens := r.opens(rules); opens {
			faults = append(faults, fmt.Sprintf("%s: the rewrite from %q to %q opens %q; "+
				"let it begin below that path, or make it a redirect (302)", r.file, r.from, r.to, rule.Path))
		}
	}
	return faults
}
