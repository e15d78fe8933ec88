//go:build realtools

package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
)

func TestSignOut(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)
	b.openPortal(t, "plan_details")
	b.Click(t, "a.back")
	b.WaitUntil(t, signedIn)

	t.Run("is refused to a form of another site", func(t *testing.T) {
		b.Navigate(t, otherSite(t))
		b.Click(t, "#sign-out")
		b.WaitUntil(t, `location.pathname === "/auth/logout" && document.readyState === "complete"`)
		if got := b.text(t, "html"); !strings.Contains(got, "X-CSRF header missing") {
			t.Errorf("got %.300q, want X-CSRF header missing", got)
		}
		b.checkConsole(t, " 403 .*/auth/logout$")
		b.openDemo(t)
	})

	t.Run("ends the session here and at Kinde", func(t *testing.T) {
		b.signOut(t)
		// The cookie current identifies no session.
		if got := b.cookies(t); len(got) != 1 || got[0].Name != "current" {
			t.Errorf("got %d cookies, want current alone", len(got))
		}
		if got := b.requests(shared.kindeURL + "/logout?redirect="); got != 1 {
			t.Errorf("got %d requests of Kinde's logout, want 1", got)
		}
	})

	t.Run("leaves nothing private behind the back button", func(t *testing.T) {
		history, visits := b.history(t), 0
		for _, entry := range slices.Backward(history.Entries[:history.CurrentIndex]) {
			path, ofSite := strings.CutPrefix(entry.URL, shared.url)
			if !ofSite || strings.HasPrefix(path, "/auth/") {
				continue
			}
			b.goTo(t, entry)
			ready := fmt.Sprintf(`location.href === %q && document.readyState === "complete"`, entry.URL)
			if path == demoPath {
				ready = signedOut
				visits++
			}
			b.WaitUntil(t, ready)
			b.checkAbsent(t, user.Email, user.FamilyName, user.ID)
			restored := eval[string](t, b, `window.restored ?? ""`)
			if strings.Contains(restored, user.Email) || strings.Contains(restored, user.FamilyName) ||
				strings.Contains(restored, user.ID) {
				t.Errorf("got the user in the cached page of %s", entry.URL)
			}
		}
		if visits < 2 {
			t.Errorf("got %d visits of the demo page in the history, want at least 2", visits)
		}
		b.checkConsole(t, " 401 .*/auth/refresh$") // on return from the portal
	})
}

// A page leaves for the portal and comes out of the back/forward cache, which shows it before
// its scripts can ask who is signed in, after a sign-out in another tab.
func TestSignOutWhilePageIsInBackForwardCache(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)
	b.openPortal(t, "profile")
	second := b.newTab(t)
	second.openDemo(t)
	second.signOut(t)
	b.back(t)
	b.WaitUntil(t, signedOut)
	restored := eval[string](t, b, `window.restored ?? ""`)
	if restored == "" {
		t.Error("the page was not in the cache, want it there")
	}
	if strings.Contains(restored, user.Email) || strings.Contains(restored, user.Name()) {
		t.Errorf("got %.900q from the cache, want nothing of the user", restored)
	}
	checkRefusedRefresh(t, b)
}

// checkRefusedRefresh expects one error in the console: that of the refresh which follows a
// return from the portal, after a sign-out in another tab.
func checkRefusedRefresh(t *testing.T, b *tab) {
	t.Helper()
	got := b.consoleErrors()
	if len(got) != 1 || !strings.Contains(got[0], " 401 ") || !strings.HasSuffix(got[0], "/auth/refresh") {
		t.Errorf("got console errors %q, want a 401 of /auth/refresh", got)
	}
}

func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	const id = kindetest.EmptyUser // no other test of the shared site has a session of this user
	b, other := newTab(t, shared), newTab(t, shared)
	b.signIn(t, id)
	other.signIn(t, id)
	b.Click(t, "#sign-out-everywhere")
	b.WaitUntil(t, homeSignedOut)

	t.Run("ends the session of another browser", func(t *testing.T) {
		other.open(t, demoPath)
		other.WaitUntil(t, signedOut)
		other.checkAbsent(t, kindetest.DemoUserByID(id).Email, id)
	})

	t.Run("does not end a later session", func(t *testing.T) {
		other.signIn(t, id)
	})
}

// One tab signs out while Kinde delays the refresh of another.
func TestSignOutDuringRefreshOfAnotherTab(t *testing.T) {
	t.Parallel()
	const delay = 3 * time.Second
	s, kinde := newSite(t, kindetest.Options{}, []string{"UPSTREAM_TIMEOUT=8s"}, demoFunctions)
	b := newTab(t, s)
	b.signIn(t, user.ID)
	second := b.newTab(t)
	second.openDemo(t)
	refreshes := func() int {
		return len(slices.DeleteFunc(kinde.Calls("POST /oauth2/token"), func(call kindetest.Call) bool {
			return call.Form.Get("grant_type") != "refresh_token"
		}))
	}
	kinde.Fault("POST /oauth2/token", kindetest.Fault{Delay: delay})
	b.run(t, `import("/kinde-functions.js").then((site) => {
		window.outcome = "";
		site.refresh().then(() => { window.outcome = "refreshed" }, ({ status }) => { window.outcome = String(status) });
	})`)
	for end := time.Now().Add(15 * time.Second); refreshes() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("got no refresh, want one")
		}
	}
	began := time.Now()
	second.signOut(t)
	b.WaitUntil(t, signedOut+" && window.outcome")
	if got := eval[string](t, b, "window.outcome"); got != "401" {
		t.Errorf("got outcome %s of the refresh, want 401", got)
	}
	time.Sleep(time.Until(began.Add(delay + time.Second))) // Kinde has responded to the refresh
	b.open(t, demoPath)
	b.WaitUntil(t, `["out", "ended"].includes(`+demo+`)`)
	b.checkConsole(t, " 401 .*/auth/refresh$", " 409 .*/auth/refresh$")
}
