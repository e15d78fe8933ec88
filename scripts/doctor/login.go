package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/config"
)

// noLogin is the reason to skip what needs the function login.
func noLogin(d *doctor) string {
	if reason := noHealth(d); reason != "" || d.runs("login") {
		return reason
	}
	return "because of deployment.function.login"
}

// checkRedirect starts a sign-in and keeps no cookie of it.
func (d *doctor) checkRedirect(ctx context.Context) result {
	got, err := d.fetch(ctx, request{url: d.url + "/auth/login?prompt=none"})
	curl := step{Run: "curl -i " + d.url + "/auth/login"}
	switch {
	case err != nil:
		return failed(quoted(err.Error()), curl)
	case got.code() == "wrong-host":
		return d.wrongHost(ctx)
	case got.status != http.StatusFound:
		return failed(strings.TrimSpace(fmt.Sprintf("/auth/login responds %d %s", got.status, got.code())), curl)
	}
	d.at.responses["GET /auth/login"] = got
	location, err := url.Parse(got.header.Get("Location"))
	if err != nil {
		location = &url.URL{}
	}
	d.at.login = location
	query := location.Query()
	var wrong []string
	for name, good := range map[string]bool{
		"state":                 len(query.Get("state")) >= 16,
		"nonce":                 len(query.Get("nonce")) >= 16,
		"code_challenge":        len(query.Get("code_challenge")) == 43,
		"code_challenge_method": query.Get("code_challenge_method") == "S256",
		"redirect_uri":          query.Get("redirect_uri") == d.url+"/auth/callback",
		"path":                  location.Path == "/oauth2/auth",
	} {
		if !good {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) == 0 {
		return passed("state, nonce, S256, and back to " + d.url + "/auth/callback")
	}
	slices.Sort(wrong)
	return failed("wrong or missing in its Location: "+strings.Join(wrong, ", "),
		step{Do: "Set the deployment's KINDE_SITE_URL to the address that users open, and deploy the version that this " +
			"doctor belongs to."}, set(config.Site.Name(), d.url))
}

// wrongHost finds out why /auth/login refuses the deployment's own host. Behind a CloudFront
// distribution the function knows that host from X-Viewer-Host alone.
func (d *doctor) wrongHost(ctx context.Context) result {
	_, host, _ := strings.Cut(d.url, "://")
	got, err := d.fetch(ctx, request{url: d.url + "/auth/login?prompt=none", header: []string{"X-Viewer-Host", host}})
	if err == nil && got.status == http.StatusFound {
		return failed("wrong-host: clients set X-Viewer-Host, and the distribution does not",
			step{Do: "In CloudFront, give every behavior of the functions the viewer-request function that the stack's " +
				"output ViewerFunctionArn names."})
	}
	return failed("wrong-host: the deployment's KINDE_SITE_URL is another address",
		step{Do: "Check the site at that address; if this one is the site's, set it there:"},
		set(config.Site.Name(), d.url))
}

// checkAttempt checks the attributes of the sign-in cookie and ignores its value.
func (d *doctor) checkAttempt(context.Context) result {
	got := d.at.responses["GET /auth/login"]
	if got == nil {
		return because("deployment.login-redirect")
	}
	var set *http.Cookie
	for _, line := range got.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.MaxAge >= 0 {
			set = c
		}
	}
	if set == nil {
		return failed("/auth/login sets no cookie that can be parsed",
			step{Do: "Look for what removes Set-Cookie from responses: a CDN rule or a proxy."})
	}
	secure := strings.HasPrefix(d.url, "https://")
	var wrong []string
	for name, good := range map[string]bool{
		"HttpOnly": set.HttpOnly, "SameSite=Lax": set.SameSite == http.SameSiteLaxMode, "Path=/": set.Path == "/",
		"no Domain": set.Domain == "",
		"Secure":    set.Secure || !secure, "the prefix __Host-": strings.HasPrefix(set.Name, "__Host-") || !secure,
	} {
		if !good {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return failed("it lacks "+strings.Join(wrong, ", "),
			step{Do: "Functions set them: look for what rewrites cookies on the way. Without Secure, the deployment's " +
				"KINDE_SITE_URL is http."})
	}
	attributes := "HttpOnly, SameSite=Lax, Path=/"
	if secure {
		attributes = "__Host-, Secure, " + attributes
	}
	return passed(attributes)
}

// checkDeployedCallback follows the redirect to Kinde, with no user signed in.
func (d *doctor) checkDeployedCallback(ctx context.Context) result {
	var err error
	d.at.signIn, err = d.fetch(ctx, request{url: d.at.login.String()})
	return judgeCallback(d.url+"/auth/callback", d.at.signIn, err)
}

func (d *doctor) checkDeployedSignIn(context.Context) result {
	return judgeSignIn(d.url+"/auth/callback", d.at.signIn, "deployment.callback-url")
}

// compareTenant compares the deployment's tenant and application with the settings here.
func (d *doctor) compareTenant(context.Context) result {
	location := d.at.login
	if location == nil {
		return because("deployment.login-redirect")
	}
	there := originOf(location.String())
	switch {
	case d.settings == nil || d.settings.Issuer == "":
		return skipped("no settings here to compare; it signs in at " + there)
	case there != d.settings.Issuer:
		return noted("it signs in at "+there+", and KINDE_ISSUER_URL here is "+d.settings.Issuer,
			step{Do: "If it should be this one:"}, set(config.Issuer.Name(), d.settings.Issuer))
	case location.Query().Get("client_id") != d.settings.ClientID:
		return noted("it signs in at the same tenant for another application", howToSet(config.ClientID.Name())...)
	default:
		return passed(there)
	}
}
