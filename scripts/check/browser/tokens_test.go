//go:build realtools

package browser

import (
	"fmt"
	"strings"
	"testing"
)

// dialog is met when the page asks a question before it revokes a token.
func dialog(question string) string {
	return fmt.Sprintf(`document.querySelector("#revoke-confirm").open
		&& document.querySelector("#revoke-question").innerText === %q`, question)
}

// checkDialog fails for each wanted text that the open dialog does not show.
func checkDialog(t *testing.T, b *tab, wanted ...string) {
	t.Helper()
	got := b.text(t, "#revoke-meaning")
	for _, want := range wanted {
		if !strings.Contains(got, want) {
			t.Errorf("got %q in the dialog, want %q in it", got, want)
		}
	}
}

func TestTokenTools(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)

	t.Run("introspect the session's token", func(t *testing.T) {
		b.Click(t, "#introspect")
		b.WaitUntil(t, shows("#tokens", "In force"))
	})

	t.Run("refuse to introspect another token", func(t *testing.T) {
		b.fill(t, "#tokens-field", "strange.to.ken")
		b.Click(t, "#introspect")
		b.WaitUntil(t, shows("#tokens", "That token is not yours")+" && "+
			`document.querySelector("#requests-list li .path").textContent === "POST /api/introspect"`+" && "+
			`document.querySelector("#requests-list li .code").textContent.includes("not-your-token")`)
		b.checkConsole(t, " 403 .*/api/introspect$")
	})

	t.Run("revoke another token", func(t *testing.T) {
		b.Click(t, "#revoke")
		b.WaitUntil(t, dialog("Revoke the token in the field?"))
		checkDialog(t, b, "that token alone", "You stay signed in")
		b.Click(t, "#revoke-yes")
		b.WaitUntil(t, shows("#tokens", "Revoked")+" && "+shows("#tokens", "You are still signed in")+
			` && document.querySelector("#tokens-field").value === "" && `+signedIn)
	})

	t.Run("keep the session's token when the dialog is dismissed", func(t *testing.T) {
		b.Click(t, "#revoke")
		b.WaitUntil(t, dialog("Revoke your own access token?"))
		checkDialog(t, b, "You stay signed in")
		b.Click(t, "#revoke-keep")
		b.WaitUntil(t, `!document.querySelector("#revoke-confirm").open && document.activeElement.id === "revoke"`)
	})

	t.Run("revoke the session's token and keep the user signed in", func(t *testing.T) {
		b.Click(t, "#revoke")
		b.Click(t, "#revoke-yes")
		b.WaitUntil(t, signedIn+" && "+shows("#tokens", "Revoked")+" && "+shows("#tokens", "your session gets a new one"))
		b.checkAccessibility(t, "revoked")
		if got := eval[int](t, b, `document.querySelectorAll("#requests-list li").length`); got < 1 || got > 12 {
			t.Errorf("got %d listed requests, want 1 to 12", got)
		}
		b.openDemo(t)
		b.Click(t, "#introspect")
		b.WaitUntil(t, shows("#tokens", "In force"))
	})
}

// A pasted token stands in for a session, until the page is left.
func TestPastedToken(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	token := tokenOfKinde(t, b)
	useToken := func(t *testing.T, token string) {
		b.open(t, demoPath)
		b.WaitUntil(t, signedOut)
		b.Click(t, "#other-way summary")
		b.fill(t, "#token", token)
		b.Click(t, "#use-token")
	}

	t.Run("shows the user", func(t *testing.T) {
		useToken(t, token)
		b.WaitUntil(t, demo+` === "token" && `+loaded+" && "+appIs("foreign"))
		if got, want := b.text(t, "#app"), "Connecting takes a sign-in here"; !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
		b.Click(t, "#revoke")
		b.WaitUntil(t, dialog("Revoke the token that you signed in with?"))
		b.Click(t, "#revoke-keep")
	})

	t.Run("opens the portal and is gone on return", func(t *testing.T) {
		b.openPortal(t, "profile")
		b.back(t)
		b.WaitUntil(t, signedOut)
		b.checkAbsent(t, user.Email)
	})

	t.Run("refused", func(t *testing.T) {
		useToken(t, "not.a.token")
		b.WaitUntil(t, demo+` === "refused"`)
		b.checkAccessibility(t, "token refused")
		b.checkConsole(t, " 401 ")
	})
}

// tokenOfKinde returns an access token of the user, from the page on which the embedded Kinde
// offers one.
func tokenOfKinde(t *testing.T, b *tab) string {
	t.Helper()
	b.Navigate(t, b.site.kindeURL+"/")
	b.chooseUser(t, user.ID)
	b.WaitUntil(t, `document.querySelector("textarea")?.value`)
	return eval[string](t, b, `document.querySelector("textarea").value`)
}
