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
func (d *doctor) checkAPIs(ctx context.Context) {
	const id = "apis.reachable"
	name := config.ProxyAPIs.Name()
	if reason := d.report.blocked("settings." + name); reason != "" {
		d.report.skip(id, reason)
		return
	}
	if len(d.settings.ProxyAPIs) == 0 {
		d.report.skip(id, "PROXY_APIS is not set: no API of the site's own is behind /api/proxy/")
		return
	}
	var found, notes []string
	for _, api := range d.settings.ProxyAPIs {
		got, err := d.fetch(ctx, request{url: api.Origin + api.Base + "/", header: []string{"Accept", "application/json"}})
		switch {
		case err != nil:
			d.report.fix(id, api.Name+" at "+api.Origin+": "+quoted(err.Error()),
				step{Do: "Check the address, and that the API's host accepts connections from where functions run:"},
				step{Run: "curl -i " + api.Origin + api.Base + "/"})
			return
		case leaves(got.header.Get("Location"), api):
			notes = append(notes, fmt.Sprintf("%s responds %d and redirects outside of its base", api.Name, got.status))
		default:
			found = append(found, fmt.Sprintf("%s responds %d", api.Name, got.status))
		}
	}
	if len(notes) > 0 {
		d.report.note(id, strings.Join(notes, ", "), step{Do: "Set PROXY_APIS to the address that the API redirects to: " +
			"the proxy follows no redirect and turns these into 502."})
		return
	}
	d.report.ok(id, strings.Join(found, ", "))
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
func (d *doctor) checkProxy(ctx context.Context, at *deployment) {
	const id = "deployment.own-apis"
	if d.settings == nil || len(d.settings.ProxyAPIs) == 0 {
		d.report.skip(id, "PROXY_APIS is not set here")
		return
	}
	var names []string
	for _, api := range d.settings.ProxyAPIs {
		path := "/api/proxy/" + api.Name
		asked := "GET " + path
		got, err := d.fetch(ctx, request{url: d.url + path, header: []string{"Accept", "application/json"}})
		if err != nil {
			d.report.fix(id, asked+": "+quoted(err.Error()), step{Run: "curl -i " + d.url + path})
			return
		}
		switch found := (outcome{got.status, got.code()}); {
		case got.status < 300:
			d.report.fix(id, asked+" without a credential: "+found.String(),
				step{Do: "Something other than the function proxy serves this path: look at the host's redirects."})
			return
		case found != withoutCredential[route.User]:
			d.report.fix(id, fmt.Sprintf("%s: %v, want %v", asked, found, withoutCredential[route.User]),
				append([]step{{Do: "Deploy the function proxy with its redirect, and set the deployment's PROXY_APIS:"}},
					howToSetAll(config.ProxyAPIs.Name())...)...)
			return
		case !strings.Contains(got.header.Get("Cache-Control"), "no-store") || cached(got.header):
			d.report.fix(id, asked+": the response is not no-store", cacheSteps...)
			return
		}
		at.responses[asked] = got
		names = append(names, api.Name)
	}
	d.report.ok(id, strings.Join(names, ", ")+": refused without a credential, and no-store")
}

// notServed reports whether no function serves the path.
func notServed(got *response) bool {
	return got.status == http.StatusNotFound || got.status == http.StatusMethodNotAllowed && got.code() == ""
}
