package main

import (
	"regexp"

	"kinde-functions/shared/config"
)

// shellPlain matches words that a shell does not change.
var shellPlain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// set returns the command that sets a deployment's setting. value is no secret.
func set(name, value string) step {
	if !shellPlain.MatchString(value) {
		value = `"` + value + `"`
	}
	return step{Run: "netlify env:set " + name + " " + value}
}

// secret is set for a secret, which the deployer puts in place of placeholder.
func secret(name, placeholder string) step {
	return step{Run: "netlify env:set " + name + " " + placeholder + " --secret --context production"}
}

// Click paths in Kinde.
const (
	inApplication = "In Kinde: Settings → Applications → your back-end web application → View details: "
	inMachine     = "In Kinde: Settings → Applications → your machine-to-machine application → "
	inDevice      = "In Kinde: Settings → Applications → your device application → View details: "
)

// howToSet returns where a setting's value comes from and how to set it.
func howToSet(name string) []step {
	switch name {
	case config.Issuer.Name():
		return []step{{Do: inApplication + "its Domain, with https:// and no slash at its end."},
			set(name, "https://your_subdomain.kinde.com")}
	case config.ClientID.Name():
		return []step{{Do: inApplication + "its Client ID."}, set(name, "your_client_id")}
	case config.ClientSecret.Name():
		return []step{{Do: inApplication + "its Client secret."}, secret(name, "your_client_secret")}
	case config.M2MClientID.Name():
		return []step{{Do: inMachine + "View details: its Client ID."}, set(name, "your_m2m_client_id")}
	case config.M2MClientSecret.Name():
		return []step{{Do: inMachine + "View details: its Client secret."}, secret(name, "your_m2m_client_secret")}
	case config.DeviceClientID.Name():
		return []step{{Do: inDevice + "its Client ID."}, set(name, "your_device_client_id")}
	case config.Management.Name():
		return []step{{Do: "The kinde.com address of the tenant, which Kinde shows beside the custom domain."},
			set(name, "https://your_subdomain.kinde.com")}
	case config.Site.Name():
		return []step{{Do: "The origin in the address bar, without a slash at its end."},
			set(name, "https://your-site.example")}
	case config.SessionKeys.Name():
		return []step{
			{Do: "Make one. To replace one, keep the old one after it, behind a comma, until its sessions have ended:"},
			{Run: "netlify env:set " + name + ` "$(openssl rand -base64 32)" --secret --context production`},
		}
	case config.Scopes.Name():
		return []step{set(name, "openid profile email offline")}
	case config.RedisURL.Name():
		return []step{{Do: "As redis[s]://:password@host:port/database, with the password percent-encoded."},
			secret(name, "your_redis_url")}
	case config.AllowedOrigins.Name():
		return []step{{Do: "A comma-separated list of origins exactly as browsers write them: no slash at the end, no " +
			"path, no star."},
			set(name, "https://app.example.com,https://other.example.com")}
	case config.RateLimit.Name():
		return []step{set(name, "100/15m")}
	case config.Timeout.Name():
		return []step{set(name, "5s")}
	case config.LogLevel.Name():
		return []step{set(name, "info")}
	case config.AfterPortal.Name():
		return []step{set(name, "/access/")}
	case config.AfterLogin.Name(), config.AfterLogout.Name():
		return []step{set(name, "/")}
	case config.ConnectedApps.Name():
		return []step{{Do: "A comma-separated list of the reference keys (key code refs) that Kinde shows under Settings " +
			"→ Connected apps."},
			set(name, "google_drive")}
	case config.OriginSecret.Name():
		return []step{{Do: "On AWS template.yaml generates it; the distribution in front must send the same."},
			{Run: "netlify env:set " + name + ` "$(openssl rand -hex 32)" --secret --context production`}}
	case config.ProtectedScopes.Name():
		return []step{{Do: "Scopes separated by spaces."}, set(name, "read:reports")}
	case config.Audiences.Name():
		return []step{{Do: "A comma-separated list of the audiences of your APIs in Kinde: Settings → APIs."},
			set(name, "https://api.example.com")}
	}
	return howToSetFeature(name)
}

// howToSetFeature returns the steps for settings of features that a site may do without.
func howToSetFeature(name string) []step {
	switch name {
	case config.ProxyAPIs.Name():
		return []step{{Do: "Names and addresses of your APIs, separated by spaces."},
			set(name, "orders=https://api.example.com/v1")}
	case config.ProxyHeaders.Name():
		return []step{{Do: "Names of request headers, separated by commas."}, set(name, "X-Tenant")}
	case config.RequireOrganization.Name():
		return []step{set(name, "yes")}
	case config.PreviewOrigins.Name():
		return []step{{Do: "Origins with one * in the leftmost label."},
			set(name, "https://deploy-preview-*--my-site.netlify.app")}
	case config.WebhookForwardURL.Name():
		return []step{set(name, "https://hooks.example.com/kinde")}
	case config.WebhookForwardSecret.Name():
		return []step{{Run: "netlify env:set " + name + ` "whsec_$(openssl rand -base64 32)" --secret --context production`}}
	case config.GateKeys.Name():
		return []step{{Run: "netlify env:set " + name + ` "$(openssl rand -base64 32)" --secret --context production`}}
	}
	return []step{{Do: "See docs/settings.md."}}
}
