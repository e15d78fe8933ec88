//go:build realtools

package recipes

import (
	"fmt"
	"strings"
	"testing"

	"kinde-functions/scripts/check/chromium"
	"kinde-functions/shared/local/kindetest"
)

// fact is a condition: each of the two components that use a hook shows the state, in JSON.
func fact(hook, state string) string {
	return fmt.Sprintf(`((facts) => facts.length === 2 && facts.every(({ textContent }) => textContent === %q))(
		[...document.querySelectorAll('[data-fact=%q]')])`, state, hook)
}

func facts(states map[string]string) string {
	var all []string
	for hook, state := range states {
		all = append(all, fact(hook, state))
	}
	return strings.Join(all, " && ")
}

// requests is a condition: the page has requested the session and accounts so many times.
func requests(session, account int) string {
	return fmt.Sprintf(`["/api/session", "/api/account"].map((path) => performance.getEntriesByType("resource")
		.filter(({ name }) => new URL(name).pathname === path).length).join() === "%d,%d"`, session, account)
}

const (
	allowed    = `{"allowed":true,"loading":false}`
	notAllowed = `{"allowed":false,"loading":false}`
	noAccount  = `{"loading":false}`
	signedOut  = `{"session":{"authenticated":false},"signedIn":false,"loading":false}`
)

var factsSignedOut = facts(map[string]string{"session": signedOut, "may": notAllowed, "may-not": notAllowed,
	"profile": noAccount, "roles": noAccount})

// checkHooks checks what the React hooks return in a page where the demo user has just signed in:
// before and after the sign-in, without components, and after a sign-out in another tab.
func checkHooks(t *testing.T, b *chromium.Tab, site string) {
	t.Helper()
	b.WaitUntil(t, facts(map[string]string{"may": allowed, "may-not": notAllowed}))
	b.WaitUntil(t, fmt.Sprintf(`((session, profile, roles) => session.signedIn && session.session.user.id === %q
		&& profile.account.profile.name === "Dana Demo" && Array.isArray(roles.account.roles.data.roles))(
		...["session", "profile", "roles"].map((id) =>
			JSON.parse(document.querySelector('[data-fact="' + id + '"]').textContent)))`, kindetest.DemoUser))
	b.WaitUntil(t, requests(1, 2)) // by twelve components

	// The components go while their request is under way.
	b.WaitUntil(t, `(() => {
		const { fetch } = window, toggle = document.querySelector("#toggle");
		window.fetch = (path, options) => {
			Object.assign(window, { fetch, signal: options.signal });
			setTimeout(() => toggle.click());
			return new Promise((resolve) => setTimeout(resolve, 1000)).then(() => fetch(path, options));
		};
		toggle.click();
		setTimeout(() => toggle.click(), 100);
		return true;
	})()`)
	b.WaitUntil(t, `window.signal?.aborted && !document.querySelector("[data-fact]")`)
	b.Click(t, "#toggle")
	b.WaitUntil(t, fact("may", allowed)+" && "+requests(1, 3))

	other := b.NewTab(t)
	other.Navigate(t, site)
	other.WaitUntil(t, fact("may", allowed))
	other.WaitUntil(t, requests(1, 2))
	other.WaitUntil(t, `((out) => out && (out.click(), true))(
		[...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Sign out"))`)
	b.WaitUntil(t, factsSignedOut+" && "+shown("Sign in"))
	other.WaitUntil(t, factsSignedOut)
	checkConsole(t, b)
	checkConsole(t, other)
}

// checkHooksWithoutFunctions checks the error that a hook returns once nothing responds.
func checkHooksWithoutFunctions(t *testing.T, b *chromium.Tab) {
	t.Helper()
	b.Click(t, "#toggle")
	b.WaitUntil(t, `!document.querySelector("[data-fact]")`)
	b.Click(t, "#toggle")
	b.WaitUntil(t, fact("roles", `{"loading":false,"error":"unreachable"}`))
}
