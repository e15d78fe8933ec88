package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// comparison compares a function with an equivalent program, or with itself for another
// request.
type comparison struct {
	name        string
	about       string // the meaning of the columns plain and ours
	plain, ours subject
	limits      map[string]limit // by the measure's name
}

// subject is a program and the request that it is measured with.
type subject struct {
	pkg string // import path
	// replaced is a file of the project, relative to its root, and text the Go
	// source that replaces it for this build. Both may be empty.
	replaced, text string
	// request returns the request as a browser sends it.
	request func(*upstream) *http.Request
	// check refuses a wrong response.
	check func(*upstream, *http.Response) error
}

// comparisons are all comparisons, with the project's limits.
var comparisons = []comparison{{
	name:  "portal",
	about: "ours is functions/portal, plain is scripts/bench/baseline",
	plain: subject{pkg: "kinde-functions/scripts/bench/baseline", request: openPortal, check: atPortal},
	ours:  subject{pkg: "kinde-functions/functions/portal", request: openPortal, check: atPortal},
	limits: map[string]limit{
		coldStart: {ratio: 0.65},
		warmAdded: {ratio: 0.88},
		warmCPU:   {ratio: 0.85},
		peak:      {ratio: 1.05},
		zipped:    {most: 3.4e6},
	},
}, {
	name: "account",
	about: "plain requests only the slowest part of /api/account, three pages of entitlements; " +
		"ours requests all six parts, eight pages",
	plain: subject{pkg: "kinde-functions/functions/account", request: get("/api/account?include=entitlements"), check: ok},
	ours:  subject{pkg: "kinde-functions/functions/account", request: get("/api/account"), check: ok},
	limits: map[string]limit{
		warmTotal: {ratio: 1.25},
	},
}, {
	name:  "session",
	about: "user-profile, plain by access token, ours by session cookie",
	plain: subject{pkg: "kinde-functions/functions/user-profile", request: get("/api/user-profile"), check: ok},
	ours:  subject{pkg: "kinde-functions/functions/user-profile", request: withCookie("/api/user-profile"), check: ok},
	limits: map[string]limit{
		warmCPU: {over: 60e3},
	},
}, {
	name:  "redis",
	about: "user-profile without REDIS_URL, plain is built without the Redis client, ours as it is",
	plain: subject{pkg: "kinde-functions/functions/user-profile", request: get("/api/user-profile"), check: ok,
		replaced: "shared/endpoint/sharedstore.go", text: withoutRedis},
	ours: subject{pkg: "kinde-functions/functions/user-profile", request: get("/api/user-profile"), check: ok},
	limits: map[string]limit{
		zipped: {over: 0.3e6},
	},
},
	throughProxy("proxy", 1<<10, map[string]limit{warmAdded: {over: 500e3}, peak: {over: 4e6}}),
	throughProxy("proxy-1mb", 1<<20, map[string]limit{warmAdded: {ratio: 1.20}, peak: {ratio: 1.10}}),
}

// withoutRedis replaces shared/endpoint/sharedstore.go and shares nothing.
const withoutRedis = `package endpoint

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/store"
)

// Shared holds none.
type Shared struct {
	Store  store.Store
	limits store.Evaluator
	names  store.Names
}

// Share gives none.
func Share(*config.Settings) (*Shared, error) { return &Shared{}, nil }
`

// get returns a request with an access token.
func get(target string) func(*upstream) *http.Request {
	return func(up *upstream) *http.Request {
		r := httptest.NewRequest(http.MethodGet, site+target, nil)
		r.Header.Set("Authorization", "Bearer "+up.tenant.Mint())
		return r
	}
}

// withCookie returns a request with a session, as a page of the site sends it.
func withCookie(target string) func(*upstream) *http.Request {
	return func(up *upstream) *http.Request {
		r := httptest.NewRequest(http.MethodGet, site+target, nil)
		r.Header.Set("Cookie", up.session())
		r.Header.Set("X-CSRF", "1")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return r
	}
}

// ok accepts a complete response.
func ok(_ *upstream, resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || bytes.Contains(body, []byte(`"errors"`)) {
		return fmt.Errorf("status %d, or a part is missing", resp.StatusCode)
	}
	return nil
}

// openPortal returns the request of a signed-in user's browser, with the headers
// that a current browser sends.
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
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " +
			"Chrome/142.0.0.0 Safari/537.36",
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
