// Command gate fails a build whose protected pages would be open: a gate.json that
// cannot be enforced, an edge function that does not run, or a rewrite from an open path
// into a protected one.
//
//	go run ./scripts/gate
//	go run ./scripts/gate -netlify ../my-site
//	go run ./scripts/gate -site https://www.example.com
//
// With -site it requests that deployment's protected paths, without a pass and in several
// spellings, and fails if one is served.
//
// Netlify rewrites paths after its edge functions have run, so the check of protected
// pages sees the path before the rewrite.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"kinde-functions/scripts/gate/probe"
	"kinde-functions/shared/gate"
)

func main() {
	folder := flag.String("netlify", ".", "the `folder` of netlify.toml")
	site := flag.String("site", "", "request the protected pages of this deployment, such as https://www.example.com")
	flag.Parse()
	if err := run(*folder, *site); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run checks the rules of the current folder's gate.json.
func run(folder, site string) error {
	file, err := os.ReadFile("gate.json")
	if err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	rules, err := gate.Parse(file)
	if err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	faults, err := check(rules, folder)
	if err == nil && len(faults) == 0 && site != "" {
		faults = checkSite(strings.TrimSuffix(site, "/"), rules)
	}
	if err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("gate: %s", strings.Join(faults, "\ngate: "))
	}
	return nil
}

// checkSite returns which protected pages a deployment serves without a pass.
func checkSite(site string, rules gate.Rules) (faults []string) {
	paths := probe.Paths(rules)
	counts := map[probe.Result]int{}
	results := probe.Pages(context.Background(), site, paths, get)
	for _, path := range paths {
		counts[results[path]]++
		if results[path].Open() {
			faults = append(faults, fmt.Sprintf("%s%s: %s without a pass", site, path, results[path]))
		}
	}
	if counts[probe.NoReply] > 0 {
		faults = append(faults, fmt.Sprintf("%s did not respond to %d of %d requests", site, counts[probe.NoReply],
			len(paths)))
	}
	fmt.Printf("%d addresses requested without a pass, %d served\n", len(paths), counts[probe.Page])
	return faults
}

func get(ctx context.Context, address string) (probe.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return probe.Response{}, err
	}
	res, err := http.DefaultTransport.RoundTrip(r) // which follows no redirect
	if err != nil {
		return probe.Response{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return probe.Response{Status: res.StatusCode, Header: res.Header, Body: body}, err
}

// check returns what is wrong with a site, by its folder.
func check(rules gate.Rules, folder string) (faults []string, err error) {
	list, checked, err := readNetlify(folder)
	if err != nil {
		return nil, err
	}
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
	return faults, nil
}
