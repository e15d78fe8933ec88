package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// checkAPIs sends each API of PROXY_APIS one request without a credential. Any response
// shows that it can be reached.
func (d *doctor) checkAPIs(ctx context.Context) result {
	if len(d.settings.ProxyAPIs) == 0 {
		return skipped("PROXY_APIS is not set: no API of the site's own is behind /api/proxy/")
	}
	var found, notes []string
	for _, api := range d.settings.ProxyAPIs {
		got, err := d.fetch(ctx, request{url: api.Origin + api.Base + "/", header: []string{"Accept", "application/json"}})
		switch {
		case err != nil:
			return failed(api.Name+" at "+api.Origin+": "+quoted(err.Error()),
				step{Do: "Check the address, and that the API's host accepts connections from where functions run:"},
				step{Run: "curl -i " + api.Origin + api.Base + "/"})
		case leaves(got.header.Get("Location"), api):
			notes = append(notes, fmt.Sprintf("%s responds %d and redirects outside of its base", api.Name, got.status))
		default:
			found = append(found, fmt.Sprintf("%s responds %d", api.Name, got.status))
		}
	}
	if len(notes) > 0 {
		return noted(strings.Join(notes, ", "), step{Do: "Set PROXY_APIS to the address that the API redirects to: " +
			"the proxy follows no redirect and turns these into 502."})
	}
	return passed(strings.Join(found, ", "))
}

// leaves reports whether a Location is outside of an API's origin and base.
func leaves(location string, api config.API) bool {
	if location == "" {
		return false
	}
	base, err := url.Parse(api.Origin + api.Base + "/")
	if err != nil {
		return true
	}
	target, err := base.Parse(location)
	return err != nil || !strings.HasPrefix(target.String()+"/", base.String())
}

// checkProxy requests each API through the deployment without a credential: the proxy must
// refuse, and the response must not be cached.
func (d *doctor) checkProxy(ctx context.Context) result {
	if d.settings == nil || len(d.settings.ProxyAPIs) == 0 {
		return skipped("PROXY_APIS is not set here")
	}
	var names []string
	for _, api := range d.settings.ProxyAPIs {
		path := "/api/proxy/" + api.Name
		sent := "GET " + path
		got, err := d.fetch(ctx, request{url: d.url + path, header: []string{"Accept", "application/json"}})
		if err != nil {
			return failed(sent+": "+quoted(err.Error()), step{Run: "curl -i " + d.url + path})
		}
		switch found := (outcome{got.status, got.code()}); {
		case got.status < 300:
			return failed(sent+" without a credential: "+found.String(),
				step{Do: "Something other than the function proxy serves this path: check the host's redirects."})
		case found != withoutCredential[route.User]:
			return failed(fmt.Sprintf("%s: %v, want %v", sent, found, withoutCredential[route.User]),
				append([]step{{Do: "Deploy the function proxy with its redirect, and set the deployment's PROXY_APIS:"}},
					howToDeploy(config.ProxyAPIs.Name())...)...)
		case !strings.Contains(got.header.Get("Cache-Control"), "no-store") || cached(got.header):
			return failed(sent+": the response is not no-store", cacheSteps...)
		}
		d.at.responses[sent] = got
		names = append(names, api.Name)
	}
	return passed(strings.Join(names, ", ") + ": refused without a credential, and no-store")
}

// notServed reports whether no function serves the path.
func notServed(got *response) bool {
	return got.status == http.StatusNotFound || got.status == http.StatusMethodNotAllowed && got.code() == ""
}
