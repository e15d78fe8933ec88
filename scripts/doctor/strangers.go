package main

import (
	"context"
	"net/http"
	"strings"

	"kinde-functions/shared/config"
)

// examineHosts asks under names that are not the deployment's.
func (d *doctor) examineHosts(ctx context.Context) {
	const id, stranger = "deployment.wrong-host", "stranger.invalid"
	if !d.runs("login") {
		d.report.skip(id, "because of deployment.function.login")
		return
	}
	asked, err := d.look(ctx, visit{url: d.url + "/auth/login", host: stranger})
	if err == nil && asked.status == http.StatusFound && strings.Contains(asked.header.Get("Location"), "/oauth2/auth") {
		d.report.mend(id, "/auth/login starts a sign-in for whatever Host it is asked for", step{Do: "Set the deployment's KINDE_SITE_URL, so that it knows its own:"}, set(config.Site.Name(), d.url))
		return
	}
	if err != nil {
		d.report.skip(id, "no answer under another name")
		return
	}
	forwarded, err := d.look(ctx, visit{url: d.url + "/auth/login", header: []string{"X-Forwarded-Host", stranger}})
	if err == nil && strings.Contains(forwarded.header.Get("Location"), stranger) {
		d.report.mend(id, "X-Forwarded-Host steers where people are sent", step{Do: "Deploy the version that this doctor belongs to: its functions do not read that header."})
		return
	}
	found := "the host refuses them before a function runs"
	if asked.code() == "wrong-host" {
		found = "answered wrong-host"
	}
	d.report.ok(id, found)
}

// examineCORS asks as browsers do before a page of another origin may call.
func (d *doctor) examineCORS(ctx context.Context) {
	const allowed, stranger = "deployment.cors-allowed", "deployment.cors-stranger"
	preflight := func(origin string) (*answer, error) {
		return d.look(ctx, visit{method: http.MethodOptions, url: d.url + "/api/health", header: []string{
			"Origin", origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"}})
	}
	const foreign = "https://stranger.invalid"
	switch got, err := preflight(foreign); {
	case err != nil:
		d.report.mend(stranger, quoted(err.Error()), step{Run: "curl -i -X OPTIONS -H 'Origin: " + foreign + "' " + d.url + "/api/health"})
	case got.header.Get("Access-Control-Allow-Origin") != "":
		d.report.mend(stranger, "every origin may call", step{Do: "Look for a rule of the host that adds Access-Control-Allow-Origin; functions answer ALLOWED_ORIGINS alone."})
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
			d.report.mend(allowed, origin+" may not call there", step{Do: "Set the deployment's ALLOWED_ORIGINS, and deploy again:"},
				set(config.AllowedOrigins.Name(), strings.Join(d.settings.AllowedOrigins, ",")))
			return
		}
		if got.header.Get("Access-Control-Allow-Credentials") != "" {
			d.report.mend(allowed, "cookies may be sent from "+origin, step{Do: "Look for a rule of the host that adds Access-Control-Allow-Credentials; functions never send it."})
			return
		}
	}
	d.report.ok(allowed, strings.Join(d.settings.AllowedOrigins, ", "))
}
