package config

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/text"
)

// API is one of the site's own APIs, which the proxy function forwards to.
type API struct {
	Name   string // the {name} of /api/proxy/{name}
	Origin string // scheme://host[:port]
	Base   string // the path below which the API lies: empty, or /… without a slash at its end
}

const (
	maxAPIName = 32
	lowercase  = "abcdefghijklmnopqrstuvwxyz"
	digits     = "0123456789"
)

// readProxyAPIs reads name=https://origin[/base], separated by spaces.
func readProxyAPIs(s *Settings, value string) error {
	seen := map[string]bool{}
	var apis []API
	for i, item := range strings.Fields(value) {
		name, address, found := strings.Cut(item, "=")
		if !found || len(name) > maxAPIName || !consistsOf(name, lowercase+digits+"-") {
			return fmt.Errorf("entry %d must be name=https://origin[/base], the name of a-z, 0-9 and - alone", i+1)
		}
		if seen[name] {
			return fmt.Errorf("entry %d repeats a name", i+1)
		}
		seen[name] = true
		api, err := parseAPI(address)
		if err != nil {
			return fmt.Errorf("entry %d %w", i+1, err)
		}
		api.Name = name
		apis = append(apis, api)
	}
	s.ProxyAPIs = apis
	return nil
}

// parseAPI splits an address into its origin and its base, which is appended to
// as it is: it must be in one form that no server reads in another way.
func parseAPI(address string) (API, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	host, base, hasBase := strings.Cut(rest, "/")
	checked, err := origin(scheme + "://" + host)
	if err != nil {
		return API{}, err
	}
	api := API{Origin: checked}
	if !hasBase || base == "" {
		return api, nil
	}
	base = "/" + strings.TrimSuffix(base, "/")
	_, err = url.Parse(base)
	if err != nil || !printable(base) || strings.ContainsAny(base, `\?#%;`) || strings.Contains(base, "//") ||
		strings.Contains(base+"/", "/./") || strings.Contains(base+"/", "/../") {
		return API{}, fmt.Errorf("has a base path with %%, \\, ;, a query, a fragment, an empty or a dot segment")
	}
	api.Base = base
	return api, nil
}

// neverForwarded are the request headers that PROXY_HEADERS cannot name: they
// carry credentials, or describe where a request comes from or goes to.
var neverForwarded = []string{
	"Authorization", "Cookie", "Host", "Forwarded", "Via", "X-Real-Ip", "Proxy-Authorization", "Connection",
	"Content-Length", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Keep-Alive", "X-Csrf", "X-Organization",
}

// readProxyHeaders reads header names (RFC 9110 section 5.1).
func readProxyHeaders(s *Settings, value string) error {
	list, err := commaList(value)
	if err != nil {
		return err
	}
	for i, name := range list {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !text.IsPlain(name, len(name), "!#$&'*+-.^_`|~"):
			return fmt.Errorf("entry %d is not a header's name", i+1)
		case slices.Contains(neverForwarded, canonical), strings.HasPrefix(canonical, "X-Forwarded-"),
			strings.HasPrefix(canonical, "X-Nf-"), strings.HasPrefix(canonical, "X-Amz"), strings.HasPrefix(canonical, "Sec-"):
			return fmt.Errorf("entry %d names a header that is never forwarded", i+1)
		}
		list[i] = canonical
	}
	s.ProxyHeaders = list
	return nil
}
