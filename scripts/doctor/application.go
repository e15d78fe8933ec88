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

// appState is what the checks learned of the site's application, without a user: by
// redeeming a code that was never issued, and by sign-ins with prompt=none, which end at
// once.
type appState struct {
	redeemed error     // of the code
	signIn   *response // to the sign-in
}

// noApplication is the reason to skip what needs the application's credentials.
func noApplication(d *doctor) string {
	secret := config.ClientSecret.Name()
	reason := d.blocked("settings.here", "settings."+config.ClientID.Name(), "settings."+secret, "tenant.discovery")
	if reason != "" || d.settings.ClientSecret != "" {
		return reason
	}
	return cmp.Or(d.awsReference(secret), "KINDE_CLIENT_SECRET is not set: no user signs in here")
}

// noSite is the reason to skip what needs the site's address, too.
func noSite(d *doctor) string {
	reason := cmp.Or(noApplication(d), d.blocked("settings."+config.Site.Name(), "application.credentials"))
	if reason != "" || d.settings.Site != "" {
		return reason
	}
	return "KINDE_SITE_URL is not set here"
}

func (d *doctor) kindeApp() kinde.App {
	s := d.settings
	return kinde.App{ID: s.ClientID, Secret: s.ClientSecret, RedirectURI: s.Site + "/auth/callback",
		Scopes: s.Scopes, Audiences: s.Audiences}
}

// checkCredentials redeems a made-up code. Kinde checks the credentials first, so that
// invalid_grant means that they are right.
func (d *doctor) checkCredentials(ctx context.Context) result {
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.Exchange(ctx, d.kindeApp(), "doctor-"+rand.Text(), rand.Text()+rand.Text())
	d.app.redeemed = err
	switch kindeErr, ok := errors.AsType[*kinde.Error](err); {
	case errors.Is(err, kinde.ErrInvalidGrant), ok && kindeErr.Has("unauthorized_client"):
		return passed("accepted, in the request's body")
	case err == nil:
		return failed("a code that was never issued was redeemed",
			step{Do: "KINDE_ISSUER_URL is no Kinde tenant: set it to yours."})
	case ok && kindeErr.Has("invalid_client"):
		find := step{Do: inApplication + "its Client ID and Client secret."}
		return refused(err, slices.Concat([]step{find}, setCredentials)...)
	}
	return refused(err)
}

// checkType uses the response to the made-up code.
func (d *doctor) checkType(context.Context) result {
	if errors.Is(d.app.redeemed, kinde.ErrInvalidGrant) {
		return passed("may redeem a sign-in")
	}
	add := step{Do: "In Kinde: Settings → Applications → Add application → Back-end web. Set its id and secret:"}
	return refused(d.app.redeemed, slices.Concat([]step{add}, setCredentials)...)
}

var setCredentials = []step{set(config.ClientID.Name(), "your_client_id"),
	set(config.ClientSecret.Name(), "your_client_secret")}

func (d *doctor) checkCallback(ctx context.Context) result {
	app := d.kindeApp()
	var err error
	d.app.signIn, err = d.fetch(ctx, request{url: d.signInURL(app.RedirectURI)})
	return judgeCallback(app.RedirectURI, d.app.signIn, err)
}

func (d *doctor) checkSignIn(context.Context) result {
	return judgeSignIn(d.kindeApp().RedirectURI, d.app.signIn, "application.callback-url")
}

func (d *doctor) checkRefreshScope(context.Context) result {
	scopes := strings.Fields(d.settings.Scopes)
	switch reason := d.blocked("settings." + config.Scopes.Name()); {
	case strings.Contains(d.env[config.Scopes.Name()], "offline_access"):
		return failed("KINDE_SCOPES holds offline_access", step{Do: sentence(kinde.NoRefreshRemedy)},
			set(config.Scopes.Name(), "openid profile email offline"))
	case reason != "":
		return skipped(reason)
	case !slices.Contains(scopes, "offline"):
		return noted("KINDE_SCOPES has no offline: users sign in again when their access token ends",
			step{Do: sentence(kinde.NoRefreshRemedy)}, set(config.Scopes.Name(), strings.Join(append(scopes, "offline"), " ")))
	default:
		return passed("requested by offline")
	}
}

// checkPreviewCallbacks signs in at one address of each pattern of PREVIEW_ORIGINS.
func (d *doctor) checkPreviewCallbacks(ctx context.Context) result {
	patterns := d.previewCallbacks()
	if len(patterns) == 0 {
		return skipped("PREVIEW_ORIGINS is not set: no user signs in at previews")
	}
	var missing, unknown []string
	for _, pattern := range patterns {
		registered, err := d.callbackRegistered(ctx, exampleOf(pattern))
		switch {
		case err != nil:
			return refused(err)
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
		return failed("not registered: "+strings.Join(missing, ", "), steps...)
	case len(unknown) > 0:
		return noted(unclearFound, steps...)
	default:
		return passed(strings.Join(patterns, ", "))
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

func (d *doctor) checkLogout(ctx context.Context) result {
	back := d.settings.Site + d.settings.AfterLogoutPath
	register := registerSteps(strings.Replace(kinde.LogoutRemedy, "it exactly", "exactly this", 1), back,
		"Allowed logout redirect URLs")
	switch registered, err := d.logoutRegistered(ctx, back); {
	case err != nil:
		return refused(err)
	case registered == yes:
		return passed(back)
	case registered == unclear:
		return noted(unclearFound, append([]step{{Do: "Compare by hand:"}}, register[1:]...)...)
	default:
		return failed("Kinde shows a page of its own and does not return to the site", register...)
	}
}

// registerSteps are the steps that register a URL with the application.
func registerSteps(remedy, address, field string) []step {
	return []step{{Do: sentence(remedy)}, {Copy: address},
		{Do: inApplication + field + ". They are compared as strings. Or by the Management API:"}, {Run: mendCommand}}
}

// mendCommand registers what the Management API can register.
const mendCommand = "go run ./scripts/doctor -mend"

// loginURI is where invitations and old sign-in pages must lead.
func (d *doctor) loginURI() string { return d.settings.Site + "/auth/login" }

// loginURISteps is the click path to the application login URI.
func (d *doctor) loginURISteps() []step {
	return []step{{Do: inApplication + "Application login URI. Set it to:"}, {Copy: d.loginURI()}}
}

// checkLoginURI reads the application login URI where the machine-to-machine application
// has the scope for it. Elsewhere it notes how to compare it.
func (d *doctor) checkLoginURI(ctx context.Context) result {
	byHand := append(d.loginURISteps(),
		step{Do: "The doctor can compare it when the machine-to-machine application has this scope of the Kinde " +
			"Management API:"},
		step{Copy: kinde.ReadApplications})
	if noMachine(d) != "" || d.machineToken(ctx) != nil || !slices.Contains(d.machine.scopes, kinde.ReadApplications) {
		return noted("not compared: no machine token may read it", byHand...)
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	mend := append(d.loginURISteps(), step{Do: "Or by the Management API:"}, step{Run: mendCommand})
	switch got, err := d.kinde.LoginURI(ctx, d.machine.client, d.settings.ClientID); {
	case err != nil:
		found, _ := describe(err)
		return noted("not compared: "+found, byHand[:2]...)
	case got == d.loginURI():
		return passed(got)
	case got == "":
		return failed("not set", mend...)
	default:
		return failed("it is "+quoted(got), mend...)
	}
}
