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

// checkLogin starts a sign-in and keeps no cookie of it.
func (d *doctor) checkLogin(ctx context.Context, at *deployment) {
	const redirect = "deployment.login-redirect"
	skip := func(reason string, ids ...string) {
		for _, id := range ids {
			d.report.skip("deployment."+id, reason)
		}
	}
	if !d.runs("login") {
		skip("because of deployment.function.login", "login-redirect", "login-cookie", "callback-url", "sign-in", "tenant")
		return
	}
	got, err := d.fetch(ctx, request{url: d.url + "/auth/login?prompt=none"})
	if err != nil || got.status != http.StatusFound {
		found, steps := "", []step{{Run: "curl -i " + d.url + "/auth/login"}}
		switch {
		case err != nil:
			found = quoted(err.Error())
		case got.code() == "wrong-host":
			found = "wrong-host: the deployment's KINDE_SITE_URL is another address"
			steps = []step{{Do: "Check the site at that address; if this one is the site's, set it there:"},
				set(config.Site.Name(), d.url)}
		default:
			found = strings.TrimSpace(fmt.Sprintf("/auth/login responds %d %s", got.status, got.code()))
		}
		d.report.fix(redirect, found, steps...)
		skip("because of "+redirect, "login-cookie", "callback-url", "sign-in", "tenant")
		return
	}
	at.responses["GET /auth/login"] = got
	location, err := url.Parse(got.header.Get("Location"))
	if err != nil {
		location = &url.URL{}
	}
	d.checkRedirect(location)
	d.checkAttempt(got)
	if reason := d.report.blocked(redirect); reason != "" {
		skip(reason, "callback-url", "sign-in")
	} else {
		page, err := d.fetch(ctx, request{url: location.String()}) // with no user signed in
		d.judgeSignIn("deployment", d.url+"/auth/callback", page, err)
	}
	d.compareTenant(location)
}

func (d *doctor) checkRedirect(location *url.URL) {
	const id = "deployment.login-redirect"
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
		d.report.ok(id, "state, nonce, S256, and back to "+d.url+"/auth/callback")
		return
	}
	slices.Sort(wrong)
	d.report.fix(id, "wrong or missing in its Location: "+strings.Join(wrong, ", "),
		step{Do: "Set the deployment's KINDE_SITE_URL to the address that users open, and deploy the version that this " +
			"doctor belongs to."}, set(config.Site.Name(), d.url))
}

// checkAttempt checks the attributes of the sign-in cookie and ignores its value.
func (d *doctor) checkAttempt(got *response) {
	const id = "deployment.login-cookie"
	var set *http.Cookie
	for _, line := range got.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.MaxAge >= 0 {
			set = c
		}
	}
	if set == nil {
		d.report.fix(id, "/auth/login sets no cookie that can be parsed",
			step{Do: "Look for what removes Set-Cookie from responses: a CDN rule or a proxy."})
		return
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
		d.report.fix(id, "it lacks "+strings.Join(wrong, ", "),
			step{Do: "Functions set them: look for what rewrites cookies on the way. Without Secure, the deployment's " +
				"KINDE_SITE_URL is http."})
		return
	}
	attributes := "HttpOnly, SameSite=Lax, Path=/"
	if secure {
		attributes = "__Host-, Secure, " + attributes
	}
	d.report.ok(id, attributes)
}

// compareTenant compares the deployment's tenant and application with the settings here.
func (d *doctor) compareTenant(location *url.URL) {
	const id = "deployment.tenant"
	there := originOf(location.String())
	switch {
	case d.settings == nil || d.settings.Issuer == "":
		d.report.skip(id, "no settings here to compare; it signs in at "+there)
	case there != d.settings.Issuer:
		d.report.note(id, "it signs in at "+there+", and KINDE_ISSUER_URL here is "+d.settings.Issuer,
			step{Do: "If it should be this one:"}, set(config.Issuer.Name(), d.settings.Issuer))
	case location.Query().Get("client_id") != d.settings.ClientID:
		d.report.note(id, "it signs in at the same tenant for another application", howToSet(config.ClientID.Name())...)
	default:
		d.report.ok(id, there)
	}
}
