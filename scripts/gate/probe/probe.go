// Package probe requests a deployment's protected pages without a pass, in several
// spellings, and reports what it got. A host that serves one does not run the check, or
// reads paths in a way that the check does not know.
package probe

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Result is what a request for a protected page led to.
type Result string

// The results. Those of which Open reports true protect nothing.
const (
	Page      Result = "served the page"
	ToGate    Result = "redirected to /auth/gate"
	Stored    Result = "redirected to /auth/gate by a response that caches may store"
	Unchecked Result = "reached the Image CDN without a check"
	Elsewhere Result = "redirected elsewhere"
	Refused   Result = "refused"
	Fallback  Result = "served the page of unknown paths"
	NoReply   Result = "got no response"
)

// Open reports whether the result shows that the check does not protect the page.
func (r Result) Open() bool { return r == Page || r == Stored || r == Unchecked }

// Response is a response, whose redirect was not followed.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Get sends a GET without a credential. It bounds the time and the bytes that it takes.
type Get func(ctx context.Context, address string) (Response, error)

const concurrent = 4 // requests

// Pages requests paths of a site, such as Paths returns.
func Pages(ctx context.Context, site string, paths []string, get Get) map[string]Result {
	p := prober{site: site, get: get}
	if got, err := get(ctx, site+"/probe-"+rand.Text()); err == nil && got.Status == http.StatusOK {
		p.unknown = got.Body
	}
	results := map[string]Result{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	room := make(chan struct{}, concurrent)
	for _, path := range paths {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			result := p.page(ctx, path)
			mu.Lock()
			defer mu.Unlock()
			results[path] = result
		})
	}
	wg.Wait()
	return results
}

type prober struct {
	site    string
	get     Get
	unknown []byte // what the site serves with 200 for a path that does not exist, if it does
}

// page follows redirects within the site, such as to a trailing slash.
func (p prober) page(ctx context.Context, path string) Result {
	address := p.site + path
	for range 3 {
		got, err := p.get(ctx, address)
		if err != nil {
			return NoReply
		}
		location := got.Header.Get("Location")
		switch {
		case got.Status >= 300 && got.Status < 400 && location != "":
			to, err := resolve(address, location)
			switch {
			case err != nil || to.Scheme+"://"+to.Host != p.site:
				return Elsewhere
			case to.Path == "/auth/gate" && strings.Contains(got.Header.Get("Cache-Control"), "public"):
				return Stored
			case to.Path == "/auth/gate":
				return ToGate
			}
			address = to.String()
		case strings.HasPrefix(path, images) && got.Header.Get("Server") == "Netlify":
			return Unchecked // the check would have redirected, also for an image that does not exist
		case got.Status < 200 || got.Status >= 300:
			return Refused
		case p.unknown != nil && bytes.Equal(got.Body, p.unknown):
			return Fallback
		default:
			return Page
		}
	}
	return Elsewhere
}

func resolve(base, location string) (*url.URL, error) {
	from, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	return from.Parse(location)
}
