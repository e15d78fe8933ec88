package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kinde-functions/shared/gate"
)

// probe asks a site for everything that the rules protect, in several spellings and
// without a pass. It returns what the site served, and fails when it cannot be reached.
func probe(ctx context.Context, site string, rules gate.Rules) (faults []string, asked int, err error) {
	client := &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, rule := range rules {
		for _, path := range rule.Spellings() {
			res, err := get(ctx, client, site, path)
			if err != nil {
				return nil, asked, err
			}
			asked++
			if fault := judge(res); fault != "" {
				faults = append(faults, fmt.Sprintf("%s%s: %s without a pass", site, path, fault))
			}
		}
	}
	return faults, asked, nil
}

// get sends a GET for a path exactly as it is spelled.
func get(ctx context.Context, client *http.Client, site, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, site, nil)
	if err != nil {
		return nil, err
	}
	if r.URL.Path, err = url.PathUnescape(path); err != nil {
		return nil, err
	}
	r.URL.RawPath = path
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10) // the status is known
	return res, res.Body.Close()
}

// judge says what is wrong with a response to a request without a pass. A host's redirect
// to another spelling is not: that one is gated.
func judge(res *http.Response) string {
	location := res.Header.Get("Location")
	switch {
	case res.StatusCode < 300:
		return fmt.Sprintf("status %d", res.StatusCode)
	case strings.HasPrefix(location, "/auth/gate?") && strings.Contains(res.Header.Get("Cache-Control"), "public"):
		return "a redirect that caches may keep"
	}
	return ""
}
