package main

import (
	"regexp"
	"slices"

	"kinde-functions/shared/config"
)

// shellPlain matches words that a shell does not change.
var shellPlain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// set returns the command that sets a deployment's setting. A secret is given as a
// placeholder or a command that makes it.
func set(name, value string) step {
	if !shellPlain.MatchString(value) {
		value = `"` + value + `"`
	}
	if slices.Contains(secretNames(), name) {
		value += " --secret --context production"
	}
	return step{Run: "netlify env:set " + name + " " + value}
}

// Click paths in Kinde.
const (
	inApplication = "In Kinde: Settings → Applications → your back-end web application → View details: "
	inMachine     = "In Kinde: Settings → Applications → your machine-to-machine application → "
	inDevice      = "In Kinde: Settings → Applications → your device application → View details: "
)

const randomKey = "$(openssl rand -base64 32)"

// examples are settings' values by example, and where the right one comes from.
var examples = []struct {
	setting     config.Setting
	value, from string
}{
	{config.Issuer, "https://your_subdomain.kinde.com",
		inApplication + "its Domain, with https:// and no slash at its end."},
	{config.ClientID, "your_client_id", inApplication + "its Client ID."},
	{config.ClientSecret, "your_client_secret", inApplication + "its Client secret."},
	{config.M2MClientID, "your_m2m_client_id", inMachine + "View details: its Client ID."},
	{config.M2MClientSecret, "your_m2m_client_secret", inMachine + "View details: its Client secret."},
	{config.DeviceClientID, "your_device_client_id", inDevice + "its Client ID."},
	{config.Management, "https://your_subdomain.kinde.com",
		"The kinde.com address of the tenant, which Kinde shows beside the custom domain."},
	{config.Site, "https://your-site.example", "The origin in the address bar, without a slash at its end."},
	{config.SessionKeys, randomKey,
		"Make one. To replace one, keep the old one after it, behind a comma, until its sessions have ended:"},
	{config.Scopes, "openid profile email offline", ""},
	{config.RedisURL, "your_redis_url",
		"As redis[s]://:password@host:port/database, with the password percent-encoded."},
	{config.AllowedOrigins, "https://app.example.com,https://other.example.com",
		"A comma-separated list of origins exactly as browsers write them: no slash at the end, no path, no star."},
	{config.RateLimit, "100/15m", ""},
	{config.Timeout, "5s", ""},
	{config.LogLevel, "info", ""},
	{config.AfterPortal, "/access/", ""},
	{config.AfterLogin, "/", ""},
	{config.AfterLogout, "/", ""},
	{config.ConnectedApps, "google_drive",
		"A comma-separated list of the reference keys (key code refs) that Kinde shows under Settings → Connected apps."},
	{config.OriginSecret, "$(openssl rand -hex 32)",
		"On AWS template.yaml generates it; the distribution in front must send the same."},
	{config.ProtectedScopes, "read:reports", "Scopes separated by spaces."},
	{config.Audiences, "https://api.example.com",
		"A comma-separated list of the audiences of your APIs in Kinde: Settings → APIs."},
	{config.ProxyAPIs, "orders=https://api.example.com/v1", "Names and addresses of your APIs, separated by spaces."},
	{config.ProxyHeaders, "X-Tenant", "Names of request headers, separated by commas."},
	{config.RequireOrganization, "yes", ""},
	{config.PreviewOrigins, "https://deploy-preview-*--my-site.netlify.app", "Origins with one * in the leftmost label."},
	{config.WebhookForwardURL, "https://hooks.example.com/kinde", ""},
	{config.WebhookForwardSecret, "whsec_" + randomKey, ""},
	{config.GateKeys, randomKey, ""},
}

// howToSet returns where settings' values come from and how to set them.
func howToSet(names ...string) (steps []step) {
	for _, name := range names {
		known := false
		for _, e := range examples {
			if e.setting.Name() != name {
				continue
			}
			known = true
			if e.from != "" {
				steps = append(steps, step{Do: e.from})
			}
			steps = append(steps, set(name, e.value))
		}
		if !known {
			steps = append(steps, step{Do: "See docs/settings.md."})
		}
	}
	return steps
}
