package main

import (
	"context"
	"net/http"
	"strings"

	"kinde-functions/shared/config"
)

// checkHosts sends requests under names that are not the deployment's.
func (d *doctor) checkHosts(ctx context.Context) {
	const id, stranger = "deployment.wrong-host", "stranger.invalid"
	if !d.runs("login") {
		d.report.skip(id, "because of deployment.function.login")
		return
	}
	asked, err := d.fetch(ctx, request{url: d.url + "/auth/login", host: stranger})
	if err == nil && asked.status == http.StatusFound && strings.Contains(asked.header.Get("Location"), "/oauth2/auth") {
		d.report.fix(id, "/auth/login starts a sign-in for any Host",
			step{Do: "Set the deployment's KINDE_SITE_URL, so that it knows its own:"}, set(config.Site.Name(), d.url))
		return
	}
	if err != nil {
		d.report.skip(id, "no response under another name")
		return
	}
	forwarded, err := d.fetch(ctx, request{url: d.url + "/auth/login", header: []string{"X-Forwarded-Host", stranger}})
	if err == nil && strings.Contains(forwarded.header.Get("Location"), stranger) {
		d.report.fix(id, "X-Forwarded-Host decides where users are redirected",
			step{Do: "Deploy the version that this doctor belongs to: its functions do not read that header."})
		return
	}
	found := "the host refuses them before a function runs"
	if asked.code() == "wrong-host" {
		found = "refused as wrong-host"
	}
	d.report.ok(id, found)
}

// checkCORS sends the preflights of pages of other origins.
func (d *doctor) checkCORS(ctx context.Context) {
	const allowed, stranger = "deployment.cors-allowed", "deployment.cors-stranger"
	preflight := func(origin string) (*response, error) {
		return d.fetch(ctx, request{method: http.MethodOptions, url: d.url + "/api/health", header: []string{
			"Origin", origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"}})
	}
	const foreign = "https://stranger.invalid"
	switch got, err := preflight(foreign); {
	case err != nil:
		d.report.fix(stranger, quoted(err.Error()),
			step{Run: "curl -i -X OPTIONS -H 'Origin: " + foreign + "' " + d.url + "/api/health"})
	case got.header.Get("Access-Control-Allow-Origin") != "":
		d.report.fix(stranger, "every origin may call",
			step{Do: "Look for a rule of the host that adds Access-Control-Allow-Origin; functions allow those of " +
				"ALLOWED_ORIGINS alone."})
	default:
		d.report.ok(stranger, "refused")
	}
	if d.settings == nil || len(d.settings.AllowedOrigins) == 0 {
		d.report.skip(allowed, "ALLOWED_ORIGINS is not set here")
		return
	}
	for _, origin := range d.settings.AllowedOrigins {
		got, err := preflight(origin)
		if err != nil || got.header.Get("Access-Control-Allow-Origin") != origin {
			d.report.fix(allowed, origin+" may not call there",
				step{Do: "Set the deployment's ALLOWED_ORIGINS, and deploy again:"},
				set(config.AllowedOrigins.Name(), strings.Join(d.settings.AllowedOrigins, ",")))
			return
		}
		if got.header.Get("Access-Control-Allow-Credentials") != "" {
			d.report.fix(allowed, "cookies may be sent from "+origin,
				step{Do: "Look for a rule of the host that adds Access-Control-Allow-Credentials; functions never send it."})
			return
		}
	}
	d.report.ok(allowed, strings.Join(d.settings.AllowedOrigins, ", "))
}
