package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
)

// examineApplication finds out what Kinde thinks of the site's application, without a
// person: by a code that was never given, and by asking for a sign-in with prompt=none,
// which ends at once.
func (d *doctor) examineApplication(ctx context.Context) {
	if reason := d.report.because("settings."+config.ClientID.Name(), "settings."+config.ClientSecret.Name(), "tenant.discovery"); reason != "" {
		d.report.rest("application", reason)
		return
	}
	if d.settings.ClientSecret == "" {
		d.report.rest("application", cmp.Or(d.kept(config.ClientSecret.Name()), "KINDE_CLIENT_SECRET is not set: people sign in elsewhere, and access tokens alone are taken"))
		return
	}
	d.examineRefreshScope()
	d.examineCredentials(ctx)
	if reason := d.report.because("settings."+config.Site.Name(), "application.credentials"); reason != "" || d.settings.Site == "" {
		d.report.rest("application", cmp.Or(reason, "KINDE_SITE_URL is not set here"))
		return
	}
	d.examineCallback(ctx)
	d.examineLogout(ctx)
}

func (d *doctor) app() kinde.App {
	s := d.settings
	return kinde.App{ID: s.ClientID, Secret: s.ClientSecret, RedirectURI: s.Site + "/auth/callback", Scopes: s.Scopes, Audiences: s.Audiences}
}

// examineCredentials redeems a made-up code: credentials are looked at first, so that
// invalid_grant means that they are right.
func (d *doctor) examineCredentials(ctx context.Context) {
	const id, kind = "application.credentials", "application.type"
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.Exchange(ctx, d.app(), "doctor-"+rand.Text(), rand.Text()+rand.Text())
	answer, answered := errors.AsType[*kinde.Error](err)
	switch {
	case errors.Is(err, kinde.ErrInvalidGrant):
		d.report.ok(id, "accepted, in the request's body")
		d.report.ok(kind, "may redeem a sign-in")
	case err == nil:
		d.report.mend(id, "a code that was never given was redeemed", step{Do: "KINDE_ISSUER_URL is no Kinde tenant: set it to yours."})
	case answered && answer.Has("unauthorized_client"):
		d.report.ok(id, "accepted, in the request's body")
		d.refused(kind, err, step{Do: "In Kinde: Settings → Applications → Add application → Back-end web; then set its id and secret:"},
			set(config.ClientID.Name(), "your_client_id"), secret(config.ClientSecret.Name(), "your_client_secret"))
	case answered && answer.Has("invalid_client"):
		d.refused(id, err, step{Do: inApplication + "its Client ID and Client secret."},
			set(config.ClientID.Name(), "your_client_id"), secret(config.ClientSecret.Name(), "your_client_secret"))
	default:
		d.refused(id, err)
	}
	if _, reported := d.report.found[kind]; !reported {
		d.report.skip(kind, "because of "+id)
	}
}

func (d *doctor) examineRefreshScope() {
	const id = "application.refresh-scope"
	scopes := strings.Fields(d.settings.Scopes)
	switch reason := d.report.because("settings." + config.Scopes.Name()); {
	case strings.Contains(d.env[config.Scopes.Name()], "offline_access"):
		d.report.mend(id, "KINDE_SCOPES holds offline_access", step{Do: sentence(kinde.NoRefreshRemedy)}, set(config.Scopes.Name(), "openid profile email offline"))
	case reason != "":
		d.report.skip(id, reason)
	case !slices.Contains(scopes, "offline"):
		d.report.note(id, "KINDE_SCOPES has no offline: people sign in again when their access token ends", step{Do: sentence(kinde.NoRefreshRemedy)},
			set(config.Scopes.Name(), strings.Join(append(scopes, "offline"), " ")))
	default:
		d.report.ok(id, "asked for with offline")
	}
}

// inquiryStates are the answers to prompt=none that say: all is well, but nobody is
// signed in (OpenID Connect Core 1.0 section 3.1.2.6).
var inquiryStates = []string{"login_required", "interaction_required", "consent_required", "account_selection_required"}

func (d *doctor) examineCallback(ctx context.Context) {
	app := d.app()
	// The challenge is the example of RFC 7636: nothing is redeemed with it.
	target := d.kinde.AuthorizeURL(app, rand.Text(), rand.Text(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", url.Values{"prompt": {"none"}})
	page, err := d.look(ctx, visit{url: target})
	d.judgeSignIn("application", app.RedirectURI, page, err)
}

// judgeSignIn reports in an area what Kinde answered to a sign-in with prompt=none.
func (d *doctor) judgeSignIn(area, redirectURI string, page *answer, err error) {
	id, request := area+".callback-url", area+".sign-in"
	register := []step{{Do: sentence(strings.Replace(kinde.CallbackRemedy, "exactly <KINDE_SITE_URL>/auth/callback", "exactly this", 1))}, {Copy: redirectURI},
		{Do: inApplication + "Allowed callback URLs. They are compared as strings."}}
	defer func() {
		if _, reported := d.report.found[request]; !reported {
			d.report.skip(request, "because of "+id)
		}
	}()
	if err != nil {
		d.refused(id, err)
		return
	}
	location := page.header.Get("Location")
	switch query, back := answerIn(location, redirectURI); {
	case back && slices.Contains(inquiryStates, query.Get("error")):
		d.report.ok(id, redirectURI)
		d.report.ok(request, "scopes and audience accepted")
	case back:
		d.report.ok(id, redirectURI)
		code := quoted(query.Get("error"))
		answer := &kinde.Error{Status: page.status, Codes: []string{code}}
		d.report.mend(request, "Kinde refused it: "+code, step{Do: sentence(kinde.AppRemedy(answer))},
			step{Do: inApplication + "its scopes and APIs, beside KINDE_SCOPES and KINDE_AUDIENCE."})
	case page.status == http.StatusTooManyRequests:
		d.report.mend(id, "Kinde answered 429", step{Do: sentence(kinde.ThrottledRemedy)})
	case location != "":
		d.report.note(id, "Kinde sent on to a page of its own, which does not tell", append([]step{{Do: "Compare by hand:"}}, register[1:]...)...)
	case strings.Contains(strings.ToLower(string(page.body)), "callback url"):
		d.report.mend(id, "Kinde shows its page \"Invalid callback URL\"", register...)
	default:
		d.report.mend(id, "Kinde shows a page of its own in place of going back", register...)
	}
}

// answerIn reads the answer that location brings to the redirect URI.
func answerIn(location, redirectURI string) (url.Values, bool) {
	rest, ok := strings.CutPrefix(location, redirectURI)
	if !ok || !strings.HasPrefix(rest, "?") {
		return nil, false
	}
	query, err := url.ParseQuery(rest[1:])
	return query, err == nil
}

func (d *doctor) examineLogout(ctx context.Context) {
	const id = "application.logout-url"
	back := d.settings.Site + d.settings.AfterLogoutPath
	register := []step{{Do: sentence(strings.Replace(kinde.LogoutRemedy, "it exactly", "exactly this", 1))}, {Copy: back},
		{Do: inApplication + "Allowed logout redirect URLs. They are compared as strings."}}
	page, err := d.look(ctx, visit{url: d.kinde.LogoutURL(back, false)})
	switch {
	case err != nil:
		d.refused(id, err)
	case page.header.Get("Location") == back:
		d.report.ok(id, back)
	case page.header.Get("Location") != "":
		d.report.note(id, "Kinde sent on to an address of its own, which does not tell", append([]step{{Do: "Compare by hand:"}}, register[1:]...)...)
	case page.status == http.StatusTooManyRequests:
		d.report.mend(id, "Kinde answered 429", step{Do: sentence(kinde.ThrottledRemedy)})
	default:
		d.report.mend(id, "Kinde shows a page of its own in place of going back", register...)
	}
}
