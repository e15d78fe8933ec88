//go:build realtools

package browser

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"

	"kinde-functions/shared/local/kindetest"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)

	t.Run("is offered to a signed-out user", func(t *testing.T) {
		b.open(t, demoPath)
		b.WaitUntil(t, signedOut)
		for _, want := range []string{"Create an account", "Sign in to open them"} {
			if got := b.text(t, "html"); !strings.Contains(got, want) {
				t.Errorf("got %.500q, want %q in it", got, want)
			}
		}
		got := eval[[]string](t, b,
			`[...document.querySelectorAll("#sign-in .actions a")].map((a) => a.getAttribute("href"))`)
		want := []string{"/auth/login?return_url=" + demoPath, "/auth/register?return_url=" + demoPath}
		if !slices.Equal(got, want) {
			t.Errorf("got links to %q, want %q", got, want)
		}
	})

	t.Run("denied at Kinde leads to a message and leaves no cookie", func(t *testing.T) {
		b.Click(t, `a[href^="/auth/login"]`)
		b.Click(t, decline)
		b.WaitUntil(t, accessPage("?error=access-denied", "access-denied"))
		if got := b.cookies(t); len(got) != 0 {
			t.Errorf("got %d cookies, want none", len(got))
		}
	})

	t.Run("returns to the page and shows the user", func(t *testing.T) {
		b.open(t, demoPath)
		b.WaitUntil(t, signedOut)
		b.Click(t, `a[href^="/auth/login"]`)
		b.chooseUser(t, user.ID)
		b.WaitUntil(t, signedIn)
		membership := user.Memberships[0]
		for _, want := range []string{user.Name(), user.Email, "Sign out", membership.Plans[0].Name,
			membership.Roles[0].Name} {
			if got := b.text(t, "html"); !strings.Contains(got, want) {
				t.Errorf("got %.500q, want %q in it", got, want)
			}
		}
	})

	t.Run("sets cookies that scripts and other sites cannot use", func(t *testing.T) { checkCookies(t, b) })
	t.Run("gives scripts no token and no cookie", func(t *testing.T) { checkNoToken(t, b) })
}

func checkCookies(t *testing.T, b *tab) {
	t.Helper()
	var names []string
	for _, c := range b.cookies(t) {
		names = append(names, c.Name)
		if !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" || c.Secure {
			t.Errorf("%s: got HttpOnly %v, SameSite %s, Path %s, Secure %v, want true, Strict, /, false on http",
				c.Name, c.HTTPOnly, c.SameSite, c.Path, c.Secure)
		}
	}
	if slices.Sort(names); !slices.Equal(names, []string{"current", "session"}) {
		t.Errorf("got cookies %q, want current and session", names)
	}
}

// jwt matches any token in the compact form.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.`)

// checkNoToken looks for tokens and cookies in every place that scripts can read.
func checkNoToken(t *testing.T, b *tab) {
	t.Helper()
	heap, responses := b.heapSnapshot(t), b.responses(t)
	if !strings.Contains(heap, "/api/user-profile") || !strings.Contains(responses, user.Email) {
		t.Error("got an incomplete heap snapshot or incomplete responses")
	}
	storage := eval[string](t, b, `(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage },
		document.cookie, window.name, await indexedDB.databases(), await caches.keys()]))()`)
	if want := `[{},{},"","",[],[]]`; storage != want {
		t.Errorf("got storage %.200s, want %s", storage, want)
	}
	for place, content := range map[string]string{
		"heap": heap, "responses": responses, "storage": storage, "page": b.markup(t),
		"history": eval[string](t, b, "location.href + JSON.stringify(history.state)"),
	} {
		if jwt.MatchString(content) {
			t.Errorf("%s: got a token in it", place)
		}
		for _, c := range b.cookies(t) {
			if strings.Contains(content, c.Value[:20]) {
				t.Errorf("%s: got the cookie %s in it", place, c.Name)
			}
		}
	}
}

func TestSignInWithoutJavaScript(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open(t, demoPath)
	b.WaitUntil(t, demo+` === "checking"`)
	for _, unwanted := range []string{"Connected app", "Token tools", "Last requests"} {
		if got := b.text(t, "html"); strings.Contains(got, unwanted) {
			t.Errorf("got %q on the page, which needs JavaScript", unwanted)
		}
	}
	b.Click(t, `a[href^="/auth/login"]`)
	b.chooseUser(t, user.ID)
	b.WaitUntil(t, demo+` === "checking"`)
	b.openPortal(t, "payment_details")
}

// Two tabs start to sign in before either ends.
func TestSignInInTwoTabs(t *testing.T) {
	t.Parallel()
	first := newTab(t, shared)
	second := first.newTab(t)
	first.open(t, "/auth/login?return_url=/access/")
	second.open(t, "/auth/login?return_url="+demoPath)
	first.chooseUser(t, user.ID)
	first.WaitUntil(t, accessPage("", "welcome-back"))
	second.chooseUser(t, kindetest.AdminUser)
	second.WaitUntil(t, signedIn)
	if got := second.text(t, "html"); !strings.Contains(got, "Alex Admin") || strings.Contains(got, user.Email) {
		t.Errorf("got %.500q in the second tab, want its user only", got)
	}
}

// Users change in a second tab. The first follows without a reload and keeps nothing of the
// previous user.
func TestUserChangesInAnotherTab(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)
	second := b.newTab(t)
	second.openDemo(t)

	t.Run("sign-out", func(t *testing.T) {
		second.signOut(t)
		b.WaitUntil(t, signedOut)
		b.checkAbsent(t, user.Email, user.FamilyName, user.ID)
	})

	t.Run("sign-in of another user", func(t *testing.T) {
		second.signIn(t, kindetest.AdminUser)
		b.WaitUntil(t, signedIn+" && "+shows("html", "Alex Admin"))
	})

	t.Run("sign-in over another user", func(t *testing.T) {
		second.signIn(t, user.ID)
		b.WaitUntil(t, signedIn+" && "+cardShows("profile", "shown", user.Email))
		b.checkAbsent(t, "Alex", "alex@example.com", kindetest.AdminUser)
	})
}
