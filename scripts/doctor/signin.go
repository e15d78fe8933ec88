package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

// registered reports whether Kinde has a URL in an application's list.
type registered int

const (
	no registered = iota
	yes
	unclear // Kinde redirects to a page of its own
)

// signedOutErrors are the errors of prompt=none that mean that the request is good and no
// user is signed in (OpenID Connect Core 1.0 section 3.1.2.6).
var signedOutErrors = []string{"login_required", "interaction_required", "consent_required",
	"account_selection_required"}

// signInURL is the address of a sign-in with prompt=none that leads back to redirectURI.
// The challenge is the example of RFC 7636: nothing is redeemed with it.
func (d *doctor) signInURL(redirectURI string) string {
	app := d.kindeApp()
	app.RedirectURI = redirectURI
	return d.kinde.AuthorizeURL(app, rand.Text(), rand.Text(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		url.Values{"prompt": {"none"}})
}

// callbackRegistered requests a sign-in that leads back to redirectURI.
func (d *doctor) callbackRegistered(ctx context.Context, redirectURI string) (registered, error) {
	page, err := d.fetch(ctx, request{url: d.signInURL(redirectURI)})
	return judgeRedirect(page, err, func(location string) bool {
		_, back := errorOf(location, redirectURI)
		return back
	})
}

// logoutRegistered requests a sign-out that leads to back.
func (d *doctor) logoutRegistered(ctx context.Context, back string) (registered, error) {
	page, err := d.fetch(ctx, request{url: d.kinde.LogoutURL(back, false)})
	return judgeRedirect(page, err, func(location string) bool { return location == back })
}

// judgeRedirect reads a response that is a redirect back if the URL is registered.
func judgeRedirect(page *response, err error, isBack func(location string) bool) (registered, error) {
	if err != nil {
		return no, err
	}
	location := page.header.Get("Location")
	switch {
	case page.status == http.StatusTooManyRequests:
		return no, problem.New(problem.UpstreamThrottled, &kinde.Error{Status: page.status})
	case isBack(location):
		return yes, nil
	case location != "":
		return unclear, nil
	}
	return no, nil
}

// errorOf reads the parameters that location brings to the redirect URI.
func errorOf(location, redirectURI string) (url.Values, bool) {
	rest, ok := strings.CutPrefix(location, redirectURI)
	if !ok || !strings.HasPrefix(rest, "?") {
		return nil, false
	}
	query, err := url.ParseQuery(rest[1:])
	return query, err == nil
}

// unclearFound is the finding where Kinde redirects neither back nor to an error page.
const unclearFound = "Kinde redirected to a page of its own: not compared"

// judgeCallback reads Kinde's response to a sign-in with prompt=none: a redirect to the
// redirect URI if that is registered.
func judgeCallback(redirectURI string, page *response, err error) result {
	remedy := strings.Replace(kinde.CallbackRemedy, "exactly <KINDE_SITE_URL>/auth/callback", "exactly this", 1)
	register := registerSteps(remedy, redirectURI, "Allowed callback URLs")
	if err != nil {
		return refused(err)
	}
	location := page.header.Get("Location")
	_, back := errorOf(location, redirectURI)
	switch {
	case back:
		return passed(redirectURI)
	case page.status == http.StatusTooManyRequests:
		return failed("Kinde returned 429", step{Do: sentence(kinde.ThrottledRemedy)})
	case location != "":
		return noted(unclearFound, append([]step{{Do: "Compare by hand:"}}, register[1:]...)...)
	case strings.Contains(strings.ToLower(string(page.body)), "callback url"):
		return failed("Kinde shows its page \"Invalid callback URL\"", register...)
	}
	return failed("Kinde shows a page of its own and does not return to the site", register...)
}

// judgeSignIn reads the error of the same response, after the check callback.
func judgeSignIn(redirectURI string, page *response, callback string) result {
	query, back := errorOf(page.header.Get("Location"), redirectURI)
	switch code := quoted(query.Get("error")); {
	case !back:
		return because(callback)
	case slices.Contains(signedOutErrors, code):
		return passed("scopes and audience accepted")
	default:
		return failed("Kinde refused it: "+code,
			step{Do: sentence(kinde.AppRemedy(&kinde.Error{Status: page.status, Codes: []string{code}}))},
			step{Do: inApplication + "its scopes and APIs, beside KINDE_SCOPES and KINDE_AUDIENCE."})
	}
}
