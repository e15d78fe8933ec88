//go:build realtools

package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// notConnected is met by the demo page of a user without the app.
var notConnected = signedIn + " && " + appIs("apart")

// appFile is part of the name of a file in the connected app.
const appFile = "summer"

func TestConnectedApp(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)

	t.Run("declined", func(t *testing.T) {
		b.openConsent(t)
		b.Click(t, decline)
		b.WaitUntil(t, signedIn+" && "+appIs("declined")+` && document.activeElement.id === "app-heading"`)
		if got := b.requests(demoPath + "?error=access_denied"); got != 1 {
			t.Errorf("got %d returns with an error, want 1", got)
		}
		if got := b.text(t, "#app"); !strings.Contains(got, "You said no") {
			t.Errorf("got %q, want You said no", got)
		}
		b.checkAccessibility(t, "declined")
		b.open(t, demoPath)
		b.WaitUntil(t, notConnected)
	})

	t.Run("connected", func(t *testing.T) {
		b.connectApp(t)
		checkAppFiles(t, b)
		storage := eval[string](t, b, `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])`)
		if strings.Contains(b.markup(t)+storage, "third_party_") {
			t.Error("got the app's token on the page or in storage, want it in neither")
		}
	})

	t.Run("disconnected", func(t *testing.T) {
		b.Click(t, "#app-disconnect")
		b.WaitUntil(t, appIs("apart")+` && document.activeElement.id === "app-heading"`)
		b.checkAbsent(t, appFile)
		b.open(t, demoPath)
		b.WaitUntil(t, notConnected)
	})

	t.Run("shows no files to another user of the browser", func(t *testing.T) {
		b.connectApp(t)
		b.signOut(t)
		b.checkAbsent(t, appFile)
		b.signIn(t, kindetest.AdminUser)
		b.WaitUntil(t, appIs("apart"))
		b.checkAbsent(t, appFile)
	})
}

// Only Kinde's callback may say that a connection failed.
func TestErrorsOfConnectedApp(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)

	t.Run("ignores errors in links", func(t *testing.T) {
		for _, search := range []string{"?error=access_denied#app",
			"?error=server_error&error_description=Send+your+password+to+mallory"} {
			b.open(t, demoPath+search)
			b.WaitUntil(t, notConnected)
			for _, unwanted := range []string{"You said no", "othing was connected", "mallory"} {
				if got := b.text(t, "html"); strings.Contains(got, unwanted) {
					t.Errorf("%s: got %q on the page, want it absent", search, unwanted)
				}
			}
		}
	})

	t.Run("reports an unknown error once", func(t *testing.T) {
		b.openConsent(t)
		b.open(t, demoPath+"?error=pay_mallory&error_description=now#app")
		b.WaitUntil(t, signedIn+" && "+appIs("declined"))
		got := b.text(t, "#app")
		if !strings.Contains(got, "Nothing was connected.") || strings.Contains(got, "mallory") {
			t.Errorf("got %q, want Nothing was connected.", got)
		}
		b.open(t, demoPath+"?error=access_denied#app")
		b.WaitUntil(t, notConnected)
	})
}

func TestFailuresOfConnectedApp(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)
	b.connectApp(t)

	t.Run("names the files that cannot be listed", func(t *testing.T) {
		remove := b.beforeLoad(t, setAttribute("#app", "data-app-files", "/no-such-list"))
		b.openDemo(t)
		b.WaitUntil(t, appIs("connected"))
		for _, want := range []string{"/no-such-list answered with status 404",
			"data-app-files at this card in demo/index.html"} {
			if got := b.text(t, "#app"); !strings.Contains(got, want) {
				t.Errorf("got %q, want %q in it", got, want)
			}
		}
		b.checkAccessibility(t, "without files")
		b.checkConsole(t, "/no-such-list$")
		remove()
		b.openDemo(t)
		b.WaitUntil(t, appIs("connected"))
		checkAppFiles(t, b)
	})

	t.Run("stays connected while offline", func(t *testing.T) {
		b.setOffline(t, true)
		b.Click(t, "#app-disconnect")
		b.WaitUntil(t, appIs("connected")+" && "+shows("#app-action-trouble", "You are offline"))
		b.setOffline(t, false)
		b.checkConsole(t, "ERR_INTERNET_DISCONNECTED")
	})

	t.Run("unknown to the site", func(t *testing.T) {
		b.beforeLoad(t, setAttribute("#app", "data-app", "other_drive"))
		b.openDemo(t)
		b.WaitUntil(t, appIs("unknown"))
		for _, want := range []string{"is not set up on this site", "add other_drive to CONNECTED_APPS"} {
			if got := b.text(t, "#app"); !strings.Contains(got, want) {
				t.Errorf("got %q, want %q in it", got, want)
			}
		}
		b.checkAccessibility(t, "unknown")
		b.checkConsole(t, " 404 .*/api/connected-apps/other_drive/token$")
	})
}

func checkAppFiles(t *testing.T, b *tab) {
	t.Helper()
	got := eval[[]string](t, b, `[...document.querySelectorAll("#app .file")].map((file) => file.textContent)`)
	want := []string{"Plan for the summer.pdf", "naïve café ☕.txt", "<b>not bold</b>.md"}
	if !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
	if got := eval[string](t, b, `document.querySelector("#app time").dateTime`); len(got) < len("2006-01-02T15:04:05Z") {
		t.Errorf("got expiry %q, want a time", got)
	}
}

// setAttribute returns a script that sets an attribute before the page's scripts read it, as
// someone who deploys the page could.
func setAttribute(selector, name, value string) string {
	return fmt.Sprintf(`addEventListener("readystatechange", () => {
		document.querySelector(%q)?.setAttribute(%q, %q);
	}, true)`, selector, name, value)
}
