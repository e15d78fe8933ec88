package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
)

// checkApplication finds out without a user what Kinde thinks of the site's application:
// by redeeming a code that was never issued, and by sign-ins with prompt=none, which end
// at once.
func (d *doctor) checkApplication(ctx context.Context) {
	if reason := d.report.blocked("settings."+config.ClientID.Name(), "settings."+config.ClientSecret.Name(),
		"tenant.discovery"); reason != "" {
		d.report.skipRest("application", reason)
		return
	}
	if secret := config.ClientSecret.Name(); d.settings.ClientSecret == "" {
		d.report.skipRest("application", cmp.Or(d.awsReference(secret),
			"KINDE_CLIENT_SECRET is not set: nobody signs in here"))
		return
	}
	d.checkRefreshScope()
	d.checkCredentials(ctx)
	if reason := d.report.blocked("settings."+config.Site.Name(), "application.credentials"); reason != "" ||
		d.settings.Site == "" {
		d.report.skipRest("application", cmp.Or(reason, "KINDE_SITE_URL is not set here"))
		return
	}
	app := d.app()
	page, err := d.fetch(ctx, request{url: d.signInURL(app.RedirectURI)})
	d.judgeSignIn("application", app.RedirectURI, page, err)
	d.checkPreviewCallbacks(ctx)
	d.checkLogout(ctx)
}

func (d *doctor) app() kinde.App {
	s := d.settings
	return kinde.App{ID: s.ClientID, Secret: s.ClientSecret, RedirectURI: s.Site + "/auth/callback",
		Scopes: s.Scopes, Audiences: s.Audiences}
}

// checkCredentials redeems a made-up code. Kinde checks the credentials first, so that
// invalid_grant means that they are right.
func (d *doctor) checkCredentials(ctx context.Context) {
	const id, kind = "application.credentials", "application.type"
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.Exchange(ctx, d.app(), "doctor-"+rand.Text(), rand.Text()+rand.Text())
	kindeErr, ok := errors.AsType[*kinde.Error](err)
	credentials := []step{set(config.ClientID.Name(), "your_client_id"),
		secret(config.ClientSecret.Name(), "your_client_secret")}
	switch {
	case errors.Is(err, kinde.ErrInvalidGrant):
		d.report.ok(id, "accepted, in the request's body")
		d.report.ok(kind, "may redeem a sign-in")
	case err == nil:
		d.report.fix(id, "a code that was never issued was redeemed",
			step{Do: "KINDE_ISSUER_URL is no Kinde tenant: set it to yours."})
	case ok && kindeErr.Has("unauthorized_client"):
		d.report.ok(id, "accepted, in the request's body")
		d.refused(kind, err, append([]step{{Do: "In Kinde: Settings → Applications → Add application → Back-end web; " +
			"then set its id and secret:"}}, credentials...)...)
	case ok && kindeErr.Has("invalid_client"):
		d.refused(id, err, append([]step{{Do: inApplication + "its Client ID and Client secret."}}, credentials...)...)
	default:
		d.refused(id, err)
	}
	if _, reported := d.report.found[kind]; !reported {
		d.report.skip(kind, "because of "+id)
	}
}

func (d *doctor) checkRefreshScope() {
	const id = "application.refresh-scope"
	scopes := strings.Fields(d.settings.Scopes)
	switch reason := d.report.blocked("settings." + config.Scopes.Name()); {
	case strings.Contains(d.env[config.Scopes.Name()], "offline_access"):
		d.report.fix(id, "KINDE_SCOPES holds offline_access", step{Do: sentence(kinde.NoRefreshRemedy)},
			set(config.Scopes.Name(), "openid profile email offline"))
	case reason != "":
		d.report.skip(id, reason)
	case !slices.Contains(scopes, "offline"):
		d.report.note(id, "KINDE_SCOPES has no offline: users sign in again when their access token ends",
			step{Do: sentence(kinde.NoRefreshRemedy)}, set(config.Scopes.Name(), strings.Join(append(scopes, "offline"), " ")))
	default:
		d.report.ok(id, "requested by offline")
	}
}

// checkPreviewCallbacks signs in at one address of each pattern of PREVIEW_ORIGINS.
func (d *doctor) checkPreviewCallbacks(ctx context.Context) {
	const id = "application.preview-callbacks"
	name := config.PreviewOrigins.Name()
	patterns := d.previewCallbacks()
	if reason := d.report.blocked("settings." + name); reason != "" || len(patterns) == 0 {
		d.report.skip(id, cmp.Or(reason, "PREVIEW_ORIGINS is not set: nobody signs in at previews"))
		return
	}
	var missing, unknown []string
	for _, pattern := range patterns {
		registered, err := d.callbackRegistered(ctx, exampleOf(pattern))
		switch {
		case err != nil:
			d.refused(id, err)
			return
		case registered == no:
			missing = append(missing, pattern)
		case registered == unclear:
			unknown = append(unknown, pattern)
		}
	}
	steps := []step{{Do: inApplication + "Allowed callback URLs. Kinde allows one * in the leftmost label. Or by the " +
		"Management API:"},
		{Run: mendCommand}}
	for _, pattern := range slices.Concat(missing, unknown) {
		steps = append(steps, step{Copy: pattern})
	}
	switch {
	case len(missing) > 0:
		d.report.fix(id, "not registered: "+strings.Join(missing, ", "), steps...)
	case len(unknown) > 0:
		d.report.note(id, "Kinde redirected to a page of its own, which does not tell", steps...)
	default:
		d.report.ok(id, strings.Join(patterns, ", "))
	}
}

// previewCallbacks returns the callback URLs of PREVIEW_ORIGINS, each with its *.
func (d *doctor) previewCallbacks() (patterns []string) {
	if len(d.settings.PreviewOrigins) == 0 {
		return nil
	}
	for origin := range strings.SplitSeq(d.env[config.PreviewOrigins.Name()], ",") {
		patterns = append(patterns, strings.TrimSpace(origin)+"/auth/callback")
	}
	return patterns
}

// exampleOf returns a URL that a pattern with one * matches.
func exampleOf(pattern string) string { return strings.Replace(pattern, "*", "1", 1) }

func (d *doctor) checkLogout(ctx context.Context) {
	const id = "application.logout-url"
	back := d.settings.Site + d.settings.AfterLogoutPath
	register := registerSteps(strings.Replace(kinde.LogoutRemedy, "it exactly", "exactly this", 1), back,
		"Allowed logout redirect URLs")
	switch registered, err := d.logoutRegistered(ctx, back); {
	case err != nil:
		d.refused(id, err)
	case registered == yes:
		d.report.ok(id, back)
	case registered == unclear:
		d.report.note(id, "Kinde redirected to an address of its own, which does not tell",
			append([]step{{Do: "Compare by hand:"}}, register[1:]...)...)
	default:
		d.report.fix(id, "Kinde shows a page of its own and does not return to the site", register...)
	}
}

// registerSteps say how to register a URL with the application.
func registerSteps(remedy, address, field string) []step {
	return []step{{Do: sentence(remedy)}, {Copy: address},
		{Do: inApplication + field + ". They are compared as strings. Or by the Management API:"}, {Run: mendCommand}}
}
