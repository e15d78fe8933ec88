package main

import (
	"context"
	"net/http"
	"strings"

	"kinde-functions/shared/config"
)

// otherHost is a name that is not the deployment's.
const otherHost = "other.invalid"

// checkHosts sends requests under names that are not the deployment's.
func (d *doctor) checkHosts(ctx context.Context) result {
	got, err := d.fetch(ctx, request{url: d.url + "/auth/login", host: otherHost})
	if err == nil && got.status == http.StatusFound && strings.Contains(got.header.Get("Location"), "/oauth2/auth") {
		return failed("/auth/login starts a sign-in for any Host",
			step{Do: "Set the deployment's KINDE_SITE_URL:"}, set(config.Site.Name(), d.url))
	}
	if err != nil {
		return skipped("no response under another name")
	}
	forwarded, err := d.fetch(ctx, request{url: d.url + "/auth/login", header: []string{"X-Forwarded-Host", otherHost}})
	if err == nil && strings.Contains(forwarded.header.Get("Location"), otherHost) {
		return failed("X-Forwarded-Host decides where users are redirected",
			step{Do: "Deploy the version that this doctor belongs to: its functions do not read that header."})
	}
	found := "the host refuses them before a function runs"
	if got.code() == "wrong-host" {
		found = "refused as wrong-host"
	}
	return passed(found)
}

// preflight sends the preflight of a page of origin.
func (d *doctor) preflight(ctx context.Context, origin string) (*response, error) {
	return d.fetch(ctx, request{method: http.MethodOptions, url: d.url + "/api/health", header: []string{
		"Origin", origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"}})
}

func (d *doctor) checkCORS(ctx context.Context) result {
	if d.settings == nil || len(d.settings.AllowedOrigins) == 0 {
		return skipped("ALLOWED_ORIGINS is not set here")
	}
	origins := d.settings.AllowedOrigins
	for _, origin := range origins {
		got, err := d.preflight(ctx, origin)
		if err != nil || got.header.Get("Access-Control-Allow-Origin") != origin {
			return failed(origin+" may not call there", step{Do: "Set the deployment's ALLOWED_ORIGINS, and deploy again:"},
				set(config.AllowedOrigins.Name(), strings.Join(origins, ",")))
		}
		if got.header.Get("Access-Control-Allow-Credentials") != "" {
			return failed("cookies may be sent from "+origin,
				step{Do: "Find the host's rule that adds Access-Control-Allow-Credentials; functions never send it."})
		}
	}
	return passed(strings.Join(origins, ", "))
}

func (d *doctor) checkCORSOfOthers(ctx context.Context) result {
	const origin = "https://" + otherHost
	switch got, err := d.preflight(ctx, origin); {
	case err != nil:
		return failed(quoted(err.Error()),
			step{Run: "curl -i -X OPTIONS -H 'Origin: " + origin + "' " + d.url + "/api/health"})
	case got.header.Get("Access-Control-Allow-Origin") != "":
		return failed("every origin may call",
			step{Do: "Find the host's rule that adds Access-Control-Allow-Origin; functions allow those of ALLOWED_ORIGINS " +
				"alone."})
	}
	return passed("refused")
}
