package main

import (
	"slices"

	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// checklist returns every check, in the order in which to fix: id, title, and why it
// matters.
func checklist() []check {
	list := []check{{ID: "settings.here", Title: "Settings",
		Why: "Everything else is checked with the settings of .env and the environment."}}
	for _, name := range settingNames() {
		list = append(list, check{ID: "settings." + name, Title: name, Why: whySetting(name)})
	}
	list = append(list, fixedChecks...)
	for _, name := range functionNames() {
		list = append(list, check{ID: "deployment.function." + name, Title: name,
			Why: "Its first route: " + route.Of(name)[0].Does + "."})
	}
	return append(list, deploymentChecks...)
}

// settingNames returns the settings' names, those that are required first.
func settingNames() []string {
	var names []string
	for _, setting := range config.All() {
		if !slices.Contains(names, setting.Name()) {
			names = append(names, setting.Name())
		}
	}
	return names
}

func functionNames() []string {
	var names []string
	for _, row := range route.Table {
		if !slices.Contains(names, row.Function) {
			names = append(names, row.Function)
		}
	}
	return names
}

func whySetting(name string) string {
	switch name {
	case config.Issuer.Name():
		return "Tokens are accepted only when their iss is exactly this, and every call goes to it."
	case config.ClientID.Name():
		return "Tokens are accepted only when their azp is this application."
	case config.SessionKeys.Name():
		return "They seal the session cookies."
	case config.Scopes.Name():
		return "They decide which tokens a sign-in brings."
	}
	return "A function that lacks a setting that it needs, or uses a malformed one, responds misconfigured to every " +
		"request."
}

var fixedChecks = []check{
	{ID: "settings.sign-in", Title: "Signing in",
		Why: "Without the client secret and a session key every sign-in ends in misconfigured."},
	{ID: "settings.session-keys-random", Title: "Session keys",
		Why: "An attacker who guesses a key can make a session of any user."},
	{ID: "settings.public-values", Title: "Secrets in public settings",
		Why: "Client ids, addresses and scopes appear in links, pages and logs."},
	{ID: "settings.applications", Title: "Applications",
		Why: "The site, machines and devices need an application of their own type each."},
	{ID: "settings.pairs", Title: "Settings that need each other",
		Why: "One of them alone does nothing."},
	{ID: "settings.management-url", Title: "Management URL",
		Why: "Only https://<subdomain>.kinde.com issues machine tokens and serves the Management API."},
	{ID: "settings.site-and-origins", Title: "Site and allowed origins",
		Why: "Origins are compared as strings; each may call with a token and be a return URL."},
	{ID: "settings.return-paths", Title: "Return paths",
		Why: "Users are redirected there, so they must be safe paths of the site."},
	{ID: "settings.unknown", Title: "Names that no function reads",
		Why: "A misspelled name is a setting that is not set."},

	{ID: "tenant.discovery", Title: "The tenant",
		Why: "Nothing works without the tenant."},
	{ID: "tenant.issuer", Title: "Issuer",
		Why: "Tokens carry the tenant's issuer, and are refused where it is not KINDE_ISSUER_URL."},
	{ID: "tenant.methods", Title: "Supported methods",
		Why: "Signing in uses S256, RS256 and credentials in the body."},
	{ID: "tenant.keys", Title: "Signing keys",
		Why: "Without them no token can be verified: keys-unavailable."},
	{ID: "tenant.clock", Title: "Clock against Kinde's",
		Why: "Tokens from the future or the past are refused, with 30 s to spare."},
	{ID: "tenant.management", Title: "Management host",
		Why: "Machine tokens come from there."},

	{ID: "application.credentials", Title: "Client id and secret",
		Why: "Each sign-in, refresh and sign-out uses them."},
	{ID: "application.type", Title: "Application type",
		Why: "Its type decides whether it may redeem a sign-in."},
	{ID: "application.callback-url", Title: "Callback URL",
		Why: "Kinde returns users to registered callback URLs only."},
	{ID: "application.sign-in", Title: "Sign-in request",
		Why: "A scope or audience that Kinde refuses ends every sign-in."},
	{ID: "application.logout-url", Title: "Logout URL",
		Why: "Signing out ends on Kinde's error page otherwise."},
	{ID: "application.preview-callbacks", Title: "Callback URLs of previews",
		Why: "Kinde returns users to registered callback URLs only."},
	{ID: "application.login-uri", Title: "Application login URI",
		Why: "Without it Kinde blocks invitation links, and old or bookmarked sign-in pages lead nowhere."},
	{ID: "application.refresh-scope", Title: "Refresh tokens",
		Why: "Without one a session ends with its access token."},

	{ID: "machine.credentials", Title: "Machine token",
		Why: "introspect and connected-apps call Kinde with it."},
	{ID: "machine.audience", Title: "Audience of the machine token",
		Why: "The Management API refuses tokens for another audience."},
	{ID: "machine.scopes", Title: "Scopes for connected apps",
		Why: "The Management API refuses requests whose scope is missing."},
	{ID: "machine.claims-refresh", Title: "Scope for fresh claims",
		Why: "POST /auth/refresh has Kinde renew a user's claims with it."},
	{ID: "machine.introspection", Title: "Introspection",
		Why: "/api/introspect depends on it."},
	{ID: "machine.management-api", Title: "Management API for connected apps",
		Why: "/api/connected-apps/* depends on it."},

	{ID: "device.client", Title: "Device application",
		Why: "The device flow starts with it."},
	{ID: "device.scopes", Title: "Scopes for devices",
		Why: "Devices request KINDE_SCOPES unless they name others."},

	{ID: "apis.reachable", Title: "The site's own APIs",
		Why: "/api/proxy/{name} forwards to them."},

	{ID: "redis.reachable", Title: "Redis",
		Why: "Instances share rate limits, machine tokens, sign-outs and webhooks through it."},
	{ID: "redis.encrypted", Title: "Connection to Redis",
		Why: "Without TLS its password can be read on the network."},

	{ID: "deployment.https", Title: "Address",
		Why: "Without https, cookies and tokens can be read on the network."},
	{ID: "deployment.health", Title: "/api/health",
		Why: "It names every setting that is missing or malformed there."},
}

var deploymentChecks = []check{
	{ID: "deployment.capabilities", Title: "What is off",
		Why: "A setting that is not set switches off what needs it."},
	{ID: "deployment.headers", Title: "Headers",
		Why: "Shared caches and browsers must not store or reinterpret one user's data."},
	{ID: "deployment.cache", Title: "Caches",
		Why: "A cache that stores responses shows one user's to another."},
	{ID: "deployment.login-redirect", Title: "Redirect to Kinde",
		Why: "state, nonce and the S256 challenge bind a sign-in to the browser that started it."},
	{ID: "deployment.login-cookie", Title: "Sign-in cookie",
		Why: "Without these attributes scripts, other sites or plain http could read or send it."},
	{ID: "deployment.callback-url", Title: "Its callback URL",
		Why: "Kinde returns users to registered callback URLs only."},
	{ID: "deployment.sign-in", Title: "Its sign-in request",
		Why: "A scope or audience that Kinde refuses ends every sign-in."},
	{ID: "deployment.tenant", Title: "Its tenant",
		Why: "The checks above concern the tenant of the settings here."},
	{ID: "deployment.wrong-host", Title: "Foreign host names",
		Why: "A forged Host or X-Forwarded-Host must not decide where users are redirected."},
	{ID: "deployment.cors-allowed", Title: "CORS for allowed origins",
		Why: "Browsers require it of pages of another origin."},
	{ID: "deployment.cors-stranger", Title: "CORS for other origins",
		Why: "Other sites' pages must not read responses."},
	{ID: "deployment.own-apis", Title: "/api/proxy/",
		Why: "It must forward nothing without a credential, and no cache may store what it returns."},
	{ID: "deployment.webhooks", Title: "/webhooks/kinde",
		Why: "A forged event must not end or refresh a session."},
	{ID: "deployment.protected-pages", Title: "Protected pages",
		Why: "Without a pass no spelling of a protected path may give its page."},
	{ID: "deployment.pages", Title: "Static pages and their policy",
		Why: "A Content-Security-Policy keeps scripts that are not yours out of your pages."},
	{ID: "deployment.access-page", Title: "/access/",
		Why: "Users are redirected there when the portal or a sign-in fails."},
}
