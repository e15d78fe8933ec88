package main

import (
	"context"
	"slices"

	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// group is a list of checks that are skipped for the same reasons. The order of groups and
// checks is the order in which they are made, reported, and to be fixed.
type group struct {
	skip   func(*doctor) string // returns why the checks do not apply, or ""; nil: they do
	checks []check
}

func (d *doctor) checks() []group {
	return slices.Concat(settingChecks(), kindeChecks(), featureChecks(), d.deploymentChecks())
}

// settingChecks need no network.
func settingChecks() []group {
	var each []check
	for _, name := range settingNames() {
		each = append(each, check{ID: "settings." + name, Title: name, Why: whySetting(name),
			run: func(d *doctor, _ context.Context) result { return d.checkSetting(name) }})
	}
	return []group{{checks: []check{
		{ID: "settings.here", Title: "Settings",
			Why: "Everything else is checked with the settings of .env and the environment.",
			run: (*doctor).checkHere},
	}}, {noSettings, each}, {noSettings, []check{
		{ID: "settings.sign-in", Title: "Signing in",
			Why: "Without the client secret and a session key every sign-in ends in misconfigured.",
			run: (*doctor).checkSignInSettings},
		{ID: "settings.session-keys-random", Title: "Session keys",
			Why: "An attacker who guesses a key can make a session of any user.",
			run: (*doctor).checkSessionKeys},
		{ID: "settings.public-values", Title: "Secrets in public settings",
			Why: "Client ids, addresses and scopes appear in links, pages and logs.",
			run: (*doctor).checkPublicValues},
		{ID: "settings.applications", Title: "Applications",
			Why: "The site, machines and devices need an application of their own type each.",
			run: (*doctor).checkApplications},
		{ID: "settings.pairs", Title: "Settings that need each other", Why: "One of them alone does nothing.",
			run: (*doctor).checkPairs},
		{ID: "settings.management-url", Title: "Management URL",
			Why: "Only https://<subdomain>.kinde.com issues machine tokens and serves the Management API.",
			run: (*doctor).checkManagementURL},
		{ID: "settings.site-and-origins", Title: "Site and allowed origins",
			Why: "Origins are compared as strings; each may call with a token and be a return URL.",
			run: (*doctor).checkOrigins},
		{ID: "settings.return-paths", Title: "Return paths",
			Why: "Users are redirected there, so they must be safe paths of the site.",
			run: (*doctor).checkReturnPaths},
		{ID: "settings.unknown", Title: "Names that no function reads",
			Why: "A misspelled name is a setting that is not set.",
			run: (*doctor).checkNames},
	}}}
}

// kindeChecks concern the tenant and the site's application.
func kindeChecks() []group {
	return []group{{noIssuer, []check{
		{ID: "tenant.discovery", Title: "The tenant", Why: "Nothing works without the tenant.",
			run: (*doctor).checkDiscovery},
		{ID: "tenant.issuer", Title: "Issuer",
			Why: "Tokens carry the tenant's issuer, and are refused where it is not KINDE_ISSUER_URL.",
			run: (*doctor).checkIssuer, needs: []string{"tenant.discovery"}},
		{ID: "tenant.methods", Title: "Supported methods", Why: "Signing in uses S256, RS256 and credentials in the body.",
			run: (*doctor).checkMethods, needs: []string{"tenant.discovery"}},
		{ID: "tenant.keys", Title: "Signing keys", Why: "Without them no token can be verified: keys-unavailable.",
			run: (*doctor).checkKeys, needs: []string{"tenant.discovery"}},
		{ID: "tenant.clock", Title: "Clock against Kinde's",
			Why: "Tokens from the future or the past are refused, with 30 s to spare.",
			run: (*doctor).checkClock},
		{ID: "tenant.management", Title: "Management host", Why: "Machine tokens come from there.",
			run: (*doctor).checkManagementHost, needs: []string{"tenant.discovery", "settings.management-url"}},
	}}, {noApplication, []check{
		{ID: "application.credentials", Title: "Client id and secret", Why: "Each sign-in, refresh and sign-out uses them.",
			run: (*doctor).checkCredentials},
		{ID: "application.type", Title: "Application type", Why: "Its type decides whether it may redeem a sign-in.",
			run: (*doctor).checkType, needs: []string{"application.credentials"}},
	}}, {noSite, []check{
		{ID: "application.callback-url", Title: "Callback URL",
			Why: "Kinde returns users to registered callback URLs only.",
			run: (*doctor).checkCallback},
		{ID: "application.sign-in", Title: "Sign-in request",
			Why: "A scope or audience that Kinde refuses ends every sign-in.",
			run: (*doctor).checkSignIn, needs: []string{"application.callback-url"}},
		{ID: "application.logout-url", Title: "Logout URL", Why: "Signing out ends on Kinde's error page otherwise.",
			run: (*doctor).checkLogout},
		{ID: "application.preview-callbacks", Title: "Callback URLs of previews",
			Why: "Kinde returns users to registered callback URLs only.",
			run: (*doctor).checkPreviewCallbacks, needs: []string{"settings." + config.PreviewOrigins.Name()}},
		{ID: "application.login-uri", Title: "Application login URI",
			Why: "Without it Kinde blocks invitation links, and old or bookmarked sign-in pages lead nowhere.",
			run: (*doctor).checkLoginURI},
	}}, {noApplication, []check{
		{ID: "application.refresh-scope", Title: "Refresh tokens", Why: "Without one a session ends with its access token.",
			run: (*doctor).checkRefreshScope},
	}}}
}

// featureChecks concern what a site may do without.
func featureChecks() []group {
	return []group{{noMachine, []check{
		{ID: "machine.credentials", Title: "Machine token", Why: "introspect and connected-apps call Kinde with it.",
			run: (*doctor).checkMachineToken},
		{ID: "machine.audience", Title: "Audience of the machine token",
			Why: "The Management API refuses tokens for another audience.",
			run: (*doctor).checkAudience, needs: []string{"machine.credentials"}},
		{ID: "machine.scopes", Title: "Scopes for connected apps",
			Why: "The Management API refuses requests whose scope is missing.",
			run: (*doctor).checkConnectedScopes, needs: []string{"machine.credentials"}},
		{ID: "machine.claims-refresh", Title: "Scope for fresh claims",
			Why: "POST /auth/refresh has Kinde renew a user's claims with it.",
			run: (*doctor).checkClaimsScope, needs: []string{"machine.credentials"}},
		{ID: "machine.introspection", Title: "Introspection", Why: "/api/introspect depends on it.",
			run: (*doctor).checkIntrospection, needs: []string{"machine.credentials"}},
		{ID: "machine.management-api", Title: "Management API for connected apps",
			Why: "/api/connected-apps/* depends on it.",
			run: (*doctor).checkManagementAPI, needs: []string{"machine.credentials"}},
	}}, {noDevice, []check{
		{ID: "device.client", Title: "Device application", Why: "The device flow starts with it.",
			run: (*doctor).checkDevice},
		{ID: "device.scopes", Title: "Scopes for devices", Why: "Devices request KINDE_SCOPES unless they name others.",
			run: (*doctor).checkDeviceScopes, needs: []string{"device.client"}},
	}}, {noSettings, []check{
		{ID: "apis.reachable", Title: "The site's own APIs", Why: "/api/proxy/{name} forwards to them.",
			run: (*doctor).checkAPIs, needs: []string{"settings." + config.ProxyAPIs.Name()}},
	}}, {noRedis, []check{
		{ID: "redis.reachable", Title: "Redis",
			Why: "Instances share rate limits, machine tokens, sign-outs and webhooks through it.",
			run: (*doctor).checkRedis},
		{ID: "redis.encrypted", Title: "Connection to Redis", Why: "Without TLS its password can be read on the network.",
			run: (*doctor).checkRedisTLS},
	}}}
}

// deploymentChecks send requests without credentials. They change nothing there, and none
// counts against a rate limit.
func (d *doctor) deploymentChecks() []group {
	var functions []check
	for _, name := range d.functions {
		functions = append(functions, check{ID: "deployment.function." + name, Title: name,
			Why: "Its first route: " + route.Of(name)[0].Does + ".",
			run: func(d *doctor, ctx context.Context) result { return d.checkFunction(ctx, name) }})
	}
	return slices.Concat([]group{{noDeployment, []check{
		{ID: "deployment.https", Title: "Address", Why: "Without https, cookies and tokens can be read on the network.",
			run: (*doctor).checkHTTPS},
		{ID: "deployment.health", Title: "/api/health", Why: "It names every setting that is missing or malformed there.",
			run: (*doctor).checkHealth},
	}}, {noHealth, functions}}, functionChecks())
}

// functionChecks concern what the functions and the host do in a deployment.
func functionChecks() []group {
	return []group{{noHealth, []check{
		{ID: "deployment.capabilities", Title: "What is off", Why: "A setting that is not set switches off what needs it.",
			run: (*doctor).checkCapabilities},
	}}, {noLogin, []check{
		{ID: "deployment.login-redirect", Title: "Redirect to Kinde",
			Why: "state, nonce and the S256 challenge bind a sign-in to the browser that started it.",
			run: (*doctor).checkRedirect},
		{ID: "deployment.login-cookie", Title: "Sign-in cookie",
			Why: "Without these attributes scripts, other sites or plain http could read or send it.",
			run: (*doctor).checkAttempt},
		{ID: "deployment.callback-url", Title: "Its callback URL",
			Why: "Kinde returns users to registered callback URLs only.",
			run: (*doctor).checkDeployedCallback, needs: []string{"deployment.login-redirect"}},
		{ID: "deployment.sign-in", Title: "Its sign-in request",
			Why: "A scope or audience that Kinde refuses ends every sign-in.",
			run: (*doctor).checkDeployedSignIn, needs: []string{"deployment.login-redirect", "deployment.callback-url"}},
		{ID: "deployment.tenant", Title: "Its tenant", Why: "The checks above concern the tenant of the settings here.",
			run: (*doctor).compareTenant},
		{ID: "deployment.wrong-host", Title: "Foreign host names",
			Why: "A forged Host or X-Forwarded-Host must not decide where users are redirected.",
			run: (*doctor).checkHosts},
	}}, {noHealth, []check{
		{ID: "deployment.cors-allowed", Title: "CORS for allowed origins",
			Why: "Browsers require it of pages of another origin.",
			run: (*doctor).checkCORS},
		{ID: "deployment.cors-stranger", Title: "CORS for other origins",
			Why: "Other sites' pages must not read responses.",
			run: (*doctor).checkCORSOfOthers},
		{ID: "deployment.own-apis", Title: "/api/proxy/",
			Why: "It must forward nothing without a credential, and no cache may store what it returns.",
			run: (*doctor).checkProxy},
		{ID: "deployment.headers", Title: "Headers",
			Why: "Shared caches and browsers must not store or reinterpret one user's data.",
			run: (*doctor).checkHeaders},
		{ID: "deployment.cache", Title: "Caches", Why: "A cache that stores responses shows one user's to another.",
			run: (*doctor).checkCache},
		{ID: "deployment.webhooks", Title: "/webhooks/kinde", Why: "A forged event must not end or refresh a session.",
			run: (*doctor).checkWebhooks},
		{ID: "deployment.protected-pages", Title: "Protected pages",
			Why: "Without a pass no spelling of a protected path may give its page.",
			run: (*doctor).checkProtectedPages},
		{ID: "deployment.pages", Title: "Static pages and their policy",
			Why: "A Content-Security-Policy keeps scripts that are not yours out of your pages.",
			run: (*doctor).checkPages},
		{ID: "deployment.access-page", Title: "/access/",
			Why: "Users are redirected there when the portal or a sign-in fails.",
			run: (*doctor).checkAccessPage},
	}}}
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
