package main

import (
	"slices"

	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// catalogue is every check there is, in the order in which to mend: id, title, and
// why it matters.
func catalogue() []check {
	list := []check{{ID: "settings.here", Title: "Settings",
		Why: "Everything else is examined with the settings of .env and the environment."}}
	for _, name := range settingNames() {
		list = append(list, check{ID: "settings." + name, Title: name, Why: whySetting(name)})
	}
	list = append(list, fixedChecks...)
	for _, name := range functionNames() {
		list = append(list, check{ID: "deployment.function." + name, Title: name,
			Why: "It " + route.Of(name)[0].Does + "."})
	}
	return append(list, deploymentChecks...)
}

// settingNames are the settings' names, each once, those that are required first.
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
	return "A function that uses a malformed setting, or lacks one that it needs, answers misconfigured to everything."
}

var fixedChecks = []check{
	{ID: "settings.session-keys-random", Title: "Session keys",
		Why: "Who guesses a key makes sessions of anybody."},
	{ID: "settings.public-values", Title: "Secrets in public settings",
		Why: "Client ids, addresses and scopes show in links, pages and logs."},
	{ID: "settings.applications", Title: "Applications",
		Why: "Kinde has an application of its own type for the site, for machines and for devices."},
	{ID: "settings.pairs", Title: "Settings that need each other",
		Why: "One of them alone does nothing."},
	{ID: "settings.management-url", Title: "Management URL",
		Why: "Machine tokens and the Management API exist at https://<subdomain>.kinde.com alone."},
	{ID: "settings.site-and-origins", Title: "Site and allowed origins",
		Why: "Origins are compared as strings; each of them may call with a token and is a place to return to."},
	{ID: "settings.return-paths", Title: "Paths to return to",
		Why: "People are sent there, so they must be safe paths of the site."},
	{ID: "settings.unknown", Title: "Names that nothing reads",
		Why: "A misspelt name is a setting that is not set."},

	{ID: "tenant.discovery", Title: "The tenant",
		Why: "Nothing works without the tenant."},
	{ID: "tenant.issuer", Title: "Issuer",
		Why: "Tokens carry the tenant's issuer, and are refused where it is not KINDE_ISSUER_URL."},
	{ID: "tenant.methods", Title: "What it offers",
		Why: "Signing in uses S256, RS256 and credentials in the body."},
	{ID: "tenant.keys", Title: "Signing keys",
		Why: "Without them no token can be verified: keys-unavailable."},
	{ID: "tenant.clock", Title: "Clock against Kinde's",
		Why: "Tokens from the future or the past are refused, with 30 s to spare."},
	{ID: "tenant.management", Title: "Management host",
		Why: "Machine tokens come from there."},

	{ID: "application.credentials", Title: "Client id and secret",
		Why: "Signing in ends with them, and so does each refresh and sign-out."},
	{ID: "application.type", Title: "Type",
		Why: "Its type decides whether it may redeem a sign-in."},
	{ID: "application.callback-url", Title: "Callback URL",
		Why: "Kinde sends nobody back to any other."},
	{ID: "application.sign-in", Title: "Sign-in request",
		Why: "A scope or audience that Kinde refuses ends every sign-in."},
	{ID: "application.logout-url", Title: "Logout URL",
		Why: "Signing out ends on Kinde's error page otherwise."},
	{ID: "application.refresh-scope", Title: "Refresh tokens",
		Why: "Without one a session ends with its access token."},

	{ID: "machine.credentials", Title: "Machine token",
		Why: "introspect and connected-apps call Kinde with it."},
	{ID: "machine.audience", Title: "Its audience",
		Why: "The Management API takes no token that was made for another."},
	{ID: "machine.scopes", Title: "Its scopes",
		Why: "The Management API refuses calls whose scope is missing."},
	{ID: "machine.introspection", Title: "Introspection",
		Why: "/api/introspect and checks of revoked tokens depend on it."},
	{ID: "machine.management-api", Title: "Management API for connected apps",
		Why: "/api/connected-apps/* depends on it."},

	{ID: "device.client", Title: "Device application",
		Why: "The device flow begins with it."},
	{ID: "device.scopes", Title: "Scopes for devices",
		Why: "Devices ask for KINDE_SCOPES unless they name others."},

	{ID: "redis.reachable", Title: "Redis",
		Why: "Instances share rate limits, machine tokens and sign-outs through it; without it each goes on alone."},
	{ID: "redis.encrypted", Title: "Way to the Redis",
		Why: "Whoever is on the way reads the Redis password."},

	{ID: "deployment.https", Title: "Address",
		Why: "Cookies and tokens would travel in the open."},
	{ID: "deployment.health", Title: "/api/health",
		Why: "It names every setting that is missing or malformed there."},
}

var deploymentChecks = []check{
	{ID: "deployment.headers", Title: "Headers",
		Why: "Shared caches and browsers must not keep or reinterpret what belongs to one person."},
	{ID: "deployment.cache", Title: "Caches",
		Why: "A cache that keeps answers shows one person's to another."},
	{ID: "deployment.login-redirect", Title: "Sign-in's way to Kinde",
		Why: "state, nonce and the S256 challenge keep a sign-in to the browser that began it."},
	{ID: "deployment.login-cookie", Title: "Sign-in's cookie",
		Why: "Without these attributes scripts, other sites or plain http could read or send it."},
	{ID: "deployment.callback-url", Title: "Its callback URL",
		Why: "Kinde sends nobody back to any other."},
	{ID: "deployment.sign-in", Title: "Its sign-in request",
		Why: "A scope or audience that Kinde refuses ends every sign-in."},
	{ID: "deployment.tenant", Title: "Its tenant",
		Why: "A deployment with other settings than those examined makes the rest of this list worth little."},
	{ID: "deployment.wrong-host", Title: "Foreign host names",
		Why: "A forged Host or X-Forwarded-Host must not steer where people are sent."},
	{ID: "deployment.cors-allowed", Title: "CORS for allowed origins",
		Why: "Browsers let no page of another origin call without it."},
	{ID: "deployment.cors-stranger", Title: "CORS for strangers",
		Why: "Other sites' pages must not read answers."},
	{ID: "deployment.pages", Title: "Static pages and their policy",
		Why: "A Content-Security-Policy keeps scripts that are not yours out of your pages."},
	{ID: "deployment.access-page", Title: "/access/",
		Why: "People are sent there when the portal or a sign-in fails."},
}
