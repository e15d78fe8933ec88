//go:build realtools

package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"kinde-functions/shared/problem"
)

func TestAccessibilityOfPages(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	paths := []string{"/404.html", "/access/", docsPath, docsPath + "recipes.html", docsPath + "settings.html"}
	for _, path := range paths {
		b.open(t, path)
		b.checkAccessibility(t, path)
		b.checkFocus(t, "Kinde functions")
	}
	// One message of each color and icon. The others differ in their texts only.
	for _, code := range []string{"no-token", "login-expired", "wrong-host", "misconfigured", "no-such-code"} {
		b.open(t, "/access/?error="+code)
		b.checkAccessibility(t, code)
	}
}

func TestAccessPageFitsNarrowScreens(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.resize(t, 320, 900)
	for _, code := range problem.Codes() {
		b.open(t, "/access/?error="+string(code))
		b.WaitUntil(t, accessPage("?error="+string(code), string(code)))
		b.run(t, `document.querySelectorAll("details").forEach((details) => { details.open = true })`)
		b.checkWidth(t, string(code), 320)
	}
}

func TestAccessibilityOfHomePage(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.open(t, homePath)
	b.WaitUntil(t, homeSignedOut)
	b.checkAccessibility(t, "signed out")
	b.signInHome(t)
	b.checkAccessibility(t, "signed in")
}

func TestAccessibilityOfDemo(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.open(t, demoPath)
	b.WaitUntil(t, signedOut)
	b.checkAccessibility(t, "signed out")
	b.checkFocus(t, "Sign in", "Create an account", "Use an access token", "Last requests")

	b.signIn(t, user.ID)
	b.checkAccessibility(t, "signed in")
	b.checkFocus(t, "Skip to the content", "Skip to the last requests", "sign-out", "Plan details", "Connect", "All 23",
		"tokens-field", "revoke", "Last requests")

	b.Click(t, "#introspect")
	b.WaitUntil(t, shows("#tokens", "In force"))
	b.Click(t, "#entitlements-table + button")
	b.Click(t, "#requests summary")
	b.checkAccessibility(t, "everything open")

	b.connectApp(t)
	b.checkAccessibility(t, "app connected")

	b.fill(t, "#tokens-field", "strange.to.ken")
	b.Click(t, "#introspect")
	b.WaitUntil(t, shows("#tokens", "That token is not yours"))
	b.checkConsole(t, "403 .*/api/introspect$")
	b.checkAccessibility(t, "a problem")

	b.Click(t, "#revoke")
	b.WaitFor(t, "#revoke-confirm[open]")
	b.checkAccessibility(t, "a dialog")
	b.checkFocus(t, "revoke-yes")
}

func TestPrint(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	const screenOnly = `[...document.querySelectorAll(
		"a.skip, button, input, form, summary, #requests, #portal-areas a")]
		.filter((element) => element.checkVisibility()).map((element) => element.outerHTML.slice(0, 60)).join()`
	if got := eval[string](t, b, screenOnly); got != "" {
		t.Errorf("got %s on paper, want nothing that only works on a screen", got)
	}
	if got := eval[int](t, b, visibleEntitlements); got != 23 {
		t.Errorf("got %d entitlements on paper, want 23", got)
	}
	for _, want := range []string{user.Email, "Feature 23"} {
		if got := b.text(t, "html"); !strings.Contains(got, want) {
			t.Errorf("got %.300q on paper, want %q in it", got, want)
		}
	}
}
