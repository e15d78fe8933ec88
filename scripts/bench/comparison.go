package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

// comparison sets one of our functions beside another program that does the same.
type comparison struct {
	name        string
	plain, ours subject
	limits      map[string]limit // by the measure's name; none: the figures alone
}

// subject is a program and the request that it is measured with.
type subject struct {
	pkg string // import path
	// request makes the request as a browser would send it.
	request func(*upstream) *http.Request
	// check refuses an answer that is not the right one.
	check func(*upstream, *http.Response) error
}

// comparisons are all that is measured. The limits are the project's promises.
var comparisons = []comparison{{
	name:  "portal",
	plain: subject{pkg: "kinde-functions/scripts/bench/baseline", request: openPortal, check: atPortal},
	ours:  subject{pkg: "kinde-functions/functions/portal", request: openPortal, check: atPortal},
	limits: map[string]limit{
		coldStart: {ratio: 0.70},
		warmAdded: {ratio: 0.75},
		warmCPU:   {ratio: 0.80},
		peak:      {ratio: 1.10},
		zipped:    {most: 3.3e6},
	},
}}

// openPortal is the request of a signed-in person's browser, with the headers that
// a current one sends.
func openPortal(up *upstream) *http.Request {
	r := httptest.NewRequest(http.MethodGet, site+"/portal?subnav=plan_selection", nil)
	for name, value := range map[string]string{
		"Accept":                    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
		"Accept-Encoding":           "gzip, deflate, br, zstd",
		"Accept-Language":           "en-GB,en;q=0.9",
		"Authorization":             "Bearer " + up.tenant.Mint(),
		"Cache-Control":             "max-age=0",
		"Priority":                  "u=0, i",
		"Referer":                   site + "/",
		"Sec-Ch-Ua":                 `"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"`,
		"Sec-Ch-Ua-Mobile":          "?0",
		"Sec-Ch-Ua-Platform":        `"Linux"`,
		"Sec-Fetch-Dest":            "document",
		"Sec-Fetch-Mode":            "navigate",
		"Sec-Fetch-Site":            "same-origin",
		"Sec-Fetch-User":            "?1",
		"Upgrade-Insecure-Requests": "1",
		"User-Agent":                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	} {
		r.Header.Set(name, value)
	}
	return r
}

// atPortal accepts a redirect to the tenant's portal.
func atPortal(up *upstream, resp *http.Response) error {
	if resp.StatusCode != http.StatusFound {
		return fmt.Errorf("status %d instead of 302", resp.StatusCode)
	}
	if !strings.HasPrefix(resp.Header.Get("Location"), up.url+"/") {
		return errors.New("the redirect does not lead to the tenant")
	}
	return nil
}
