//go:build realtools

package browser

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// otherSite starts a page on another site, such as a webmail's, with a link to the portal
// and a form that posts to the logout, and returns its URL.
func otherSite(t *testing.T) string {
	t.Helper()
	page, err := testdata.ReadFile("testdata/other-site.html")
	if err != nil {
		t.Fatal(err)
	}
	page = []byte(strings.ReplaceAll(string(page), "SITE", shared.url))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(page)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func TestPortal(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)

	t.Run("opens from the page and returns to it", func(t *testing.T) {
		b.openPortal(t, "plan_details")
		b.Click(t, "a.back")
		b.WaitUntil(t, signedIn)
	})

	// The browser leaves the Strict cookie out of the first request. The function has the
	// browser repeat it, without parameters that the route does not know.
	t.Run("opens from a link on another site", func(t *testing.T) {
		b.Navigate(t, otherSite(t))
		b.Click(t, "#portal")
		b.WaitUntil(t, b.portal("plan_details"))
		if got := b.requests("repeated=1"); got != 1 {
			t.Errorf("got %d repeated requests, want 1", got)
		}
		if got := b.requests("subnav=plan_details&utm_source=mail"); got != 1 {
			t.Errorf("got %d requests of the link, want 1", got)
		}
		if got := b.requests("utm_source=mail&"); got != 0 {
			t.Errorf("got %d repeated requests with the unknown parameter, want none", got)
		}
	})

	t.Run("asks a signed-out user to sign in first", func(t *testing.T) {
		b.openDemo(t)
		b.signOut(t)
		b.Navigate(t, otherSite(t))
		b.Click(t, "#portal")
		b.WaitUntil(t, accessPage("?error=no-token", "no-token"))
		b.Click(t, "#no-token a.primary")
		b.chooseUser(t, user.ID)
		b.WaitUntil(t, b.portal("profile"))
	})
}

func TestPlanBoughtAtPortalShowsOnReturn(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, kindetest.StudioUser)
	if got := permissions(t, b); !slices.Contains(got, "export_reports") {
		t.Fatalf("got permissions %q, want those of the Pro plan", got)
	}
	b.openPortal(t, "plan_selection")
	b.Click(t, `form[action$="/plan"] button`)
	b.WaitUntil(t, shows("main", "Basic, since"))
	b.Click(t, "a.back")
	b.WaitUntil(t, signedIn+" && "+cardShows("account", "shown", "Basic"))
	if got := permissions(t, b); slices.Contains(got, "export_reports") {
		t.Errorf("got permissions %q, want those of the Basic plan", got)
	}
	b.openDemo(t)
	if got := b.requests("/auth/refresh"); got != 1 {
		t.Errorf("got %d refreshes of the session, want 1", got)
	}
}

// permissions returns the permissions in the page's session.
func permissions(t *testing.T, b *tab) []string {
	t.Helper()
	return eval[[]string](t, b,
		`import("/kinde-functions.js").then((site) => site.session()).then(({ permissions }) => permissions)`)
}

func TestOrganizationSwitcherKeepsUserSignedIn(t *testing.T) {
	t.Parallel()
	const selectElement = `document.querySelector("kinde-organization-switcher select")`
	b := newTab(t, shared)
	b.signIn(t, kindetest.AdminUser)
	b.WaitUntil(t, cardShows("account", "shown", kindetest.DemoOrg)+" && "+selectElement+"?.checkVisibility()")
	b.run(t, selectElement+`.value = "`+kindetest.SecondOrg+`";`+
		selectElement+`.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.Click(t, "kinde-organization-switcher button")
	b.WaitUntil(t, signedIn+" && "+cardShows("account", "shown", kindetest.SecondOrg))
	if got := permissions(t, b); !slices.Equal(got, []string{"view_reports"}) {
		t.Errorf("got permissions %q, want those of the second organization", got)
	}
	b.WaitUntil(t, selectElement+`.value === "`+kindetest.SecondOrg+`"`)
}

func TestOwnAPI(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)

	t.Run("receives the access token, which the page does not", func(t *testing.T) {
		b.Click(t, "#call-api")
		b.WaitUntil(t, cardShows("api", "shown", `"path": "/hello"`)+" && "+
			cardShows("api", "shown", "Bearer <access token of"))
		if got := b.text(t, "#api"); jwt.MatchString(got) {
			t.Error("got a token on the page, want none")
		}
		b.checkAccessibility(t, "API called")
	})

	t.Run("unknown to the site", func(t *testing.T) {
		b.beforeLoad(t, setAttribute("#api", "data-api", "missing"))
		b.openDemo(t)
		b.Click(t, "#call-api")
		b.WaitUntil(t, cardShows("api", "unknown", "There is no API missing on this site."))
		b.checkConsole(t, " 404 .*/api/proxy/missing/hello")
	})
}
