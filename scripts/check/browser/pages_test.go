//go:build realtools

package browser

import (
	"fmt"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// user signs in where a test does not need another user.
var user = kindetest.DemoUserByID(kindetest.DemoUser)

// demoFunctions are the functions that the demo page calls by itself, and those of its session.
var demoFunctions = []string{"account", "callback", "connected-apps", "login", "logout", "organizations", "refresh",
	"session", "user-profile"}

// Conditions for WaitUntil.
const (
	// homeSignedOut is met by the home page without a session, to which a sign-out leads.
	homeSignedOut = `location.pathname + location.search + location.hash === "/" && ` + homeText + ` === "Sign in"`
	// homeText is the text of the home page's card, without its heading.
	homeText = `document.querySelector("#your-account")?.innerText.trim()
		.replace(/\s+/g, " ").replace(/^Your account ?/, "")`

	signedOut = demo + ` === "out"`
	// signedIn is met when the demo page has loaded everything about the user.
	signedIn = demo + ` === "in" && ` + loaded
	loaded   = `["profile", "account"].every((id) => document.getElementById(id).dataset.state === "shown")
		&& document.getElementById("app").ariaBusy === "false"`
	// demo is the state of the user on the demo page.
	demo = `location.pathname + location.search + location.hash === "` + demoPath + `"
		&& document.querySelector("#sign-in").dataset.state`

	// consentPage is met by the page on which the other party asks for consent.
	consentPage = `document.readyState === "complete" && document.querySelector('` + approve + `')`
	approve     = `button[value="approve"]`
	decline     = `button[value="decline"]`
)

// cardShows is met when a card of the demo page is in a state and shows a text.
func cardShows(id, state, text string) string {
	return fmt.Sprintf(`document.querySelector("#%s").dataset.state === %q
		&& document.querySelector("#%[1]s").innerText.includes(%[3]q)`, id, state, text)
}

// appIs is met when the connected app's card is in a state.
func appIs(state string) string {
	return fmt.Sprintf(`document.querySelector("#app").dataset.state === %q`, state)
}

// shows is met when an element shows a text.
func shows(selector, text string) string {
	return fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, selector, text)
}

// accessPage is met when the page /access/ shows the message with an id.
func accessPage(search, id string) string {
	return fmt.Sprintf(`location.pathname + location.search === "/access/%s" && document.readyState === "complete"
		&& document.querySelector("#%s.shown")`, search, id)
}

// portal is met when Kinde's portal shows an area of the user's account.
func (b *tab) portal(area string) string {
	return fmt.Sprintf(`location.href.startsWith("%s/portal_redirect?key=")
		&& document.querySelector("main").innerText.includes("Area: %s")`, b.site.kindeURL, area)
}

// chooseUser signs a user in on Kinde's page.
func (b *tab) chooseUser(t *testing.T, id string) {
	t.Helper()
	b.Click(t, fmt.Sprintf(`button.person[value=%q]`, id))
}

// signIn signs a user in, whether another one is signed in or not, and shows the demo page.
func (b *tab) signIn(t *testing.T, id string) {
	t.Helper()
	b.open(t, "/auth/login?prompt=login&return_url="+demoPath)
	b.chooseUser(t, id)
	b.WaitUntil(t, signedIn)
}

// openDemo opens the demo page of a signed-in user.
func (b *tab) openDemo(t *testing.T) {
	t.Helper()
	b.open(t, demoPath)
	b.WaitUntil(t, signedIn)
}

// signOut signs out on the demo page.
func (b *tab) signOut(t *testing.T) {
	t.Helper()
	b.Click(t, "#sign-out")
	b.WaitUntil(t, homeSignedOut)
}

// openPortal clicks the demo page's link to an area of the portal.
func (b *tab) openPortal(t *testing.T, area string) {
	t.Helper()
	b.Click(t, fmt.Sprintf(`#portal-areas a[href*="subnav=%s"]`, area))
	b.WaitUntil(t, b.portal(area))
}

// openConsent asks the other party for access and waits for its page.
func (b *tab) openConsent(t *testing.T) {
	t.Helper()
	b.Click(t, "button.connect")
	b.WaitUntil(t, consentPage)
}

// connectApp connects the app and returns to the demo page.
func (b *tab) connectApp(t *testing.T) {
	t.Helper()
	b.openConsent(t)
	b.Click(t, approve)
	b.WaitUntil(t, signedIn+" && "+appIs("connected"))
}
