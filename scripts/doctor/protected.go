package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"kinde-functions/shared/gate"
)

// checkProtectedPages requests each prefix of gate.json without a pass, in several
// spellings. Nothing but a redirect to /auth/gate or an error may come of it.
func (d *doctor) checkProtectedPages(ctx context.Context) result {
	rules, err := gate.Parse(d.gateFile)
	switch {
	case err != nil:
		return failed(err.Error(), step{Do: "docs/protected-pages.md describes gate.json."})
	case len(rules) == 0:
		return skipped("gate.json has no rules")
	}
	var paths []string
	for _, rule := range rules {
		paths = append(paths, rule.Spellings()...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	return d.judgePages(paths, d.requestPages(ctx, paths, d.fallbackPage(ctx)))
}

// judgePages reads the result of each path.
func (d *doctor) judgePages(paths []string, results map[string]string) result {
	counts := map[string]int{}
	var open []string
	for _, path := range paths {
		result := results[path]
		counts[result]++
		if result == aPage || result == toGateCached {
			open = append(open, path)
		}
	}
	var found []string
	for result, n := range counts {
		found = append(found, fmt.Sprintf("%d %s", n, result))
	}
	slices.Sort(found)
	text := fmt.Sprintf("%s in %d requests without a pass", strings.Join(found, ", "), len(paths))
	steps := []step{{Do: "Deploy the edge's check and set GATE_KEYS (docs/protected-pages.md), or remove the rule from " +
		"gate.json. Earlier deploys and branch deploys stay open unless they have the check, too."}}
	switch {
	case len(open) == 0:
		return passed(text)
	case onLoopback(d.url):
		return noted(text+"; scripts/dev does not run the edge's check: "+listed(open), steps...)
	default:
		return failed(text+", such as "+listed(open), steps...)
	}
}

// listed names the first few paths.
func listed(paths []string) string {
	const few = 4
	if len(paths) > few {
		return strings.Join(paths[:few], ", ") + " …"
	}
	return strings.Join(paths, ", ")
}

// The results of a request for a protected page.
const (
	aPage        = "served the page"
	toGate       = "redirected to /auth/gate"
	toGateCached = "redirected to /auth/gate by a response that caches may store"
	elsewhere    = "redirected elsewhere"
	anError      = "refused"
	fallback     = "served the page of unknown paths"
	noReply      = "got no response"
)

// fallbackPage returns what the site serves with 200 for a path that does not exist, if it
// does so.
func (d *doctor) fallbackPage(ctx context.Context) []byte {
	got, err := d.fetch(ctx, request{url: d.url + "/doctor-" + rand.Text()})
	if err != nil || got.status != http.StatusOK {
		return nil
	}
	return got.body
}

// requestPages returns the result of each path.
func (d *doctor) requestPages(ctx context.Context, paths []string, unknown []byte) map[string]string {
	results := map[string]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	room := make(chan struct{}, concurrent)
	for _, path := range paths {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			result := d.requestPage(ctx, d.url+path, unknown)
			mu.Lock()
			defer mu.Unlock()
			results[path] = result
		})
	}
	wg.Wait()
	return results
}

// requestPage follows redirects within the site, such as to a trailing slash.
func (d *doctor) requestPage(ctx context.Context, address string, unknown []byte) string {
	for range 3 {
		got, err := d.fetch(ctx, request{url: address})
		if err != nil {
			return noReply
		}
		location := got.header.Get("Location")
		switch {
		case got.status >= 300 && got.status < 400 && location != "":
			from, err := url.Parse(address)
			if err != nil {
				return elsewhere
			}
			to, err := from.Parse(location)
			if err != nil || to.Scheme+"://"+to.Host != d.url {
				return elsewhere
			}
			if to.Path == "/auth/gate" && strings.Contains(got.header.Get("Cache-Control"), "public") {
				return toGateCached
			} else if to.Path == "/auth/gate" {
				return toGate
			}
			address = to.String()
		case got.status < 200 || got.status >= 300:
			return anError
		case unknown != nil && bytes.Equal(got.body, unknown):
			return fallback
		default:
			return aPage
		}
	}
	return elsewhere
}
