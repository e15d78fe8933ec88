//go:build realtools

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"
)

// homeOfUser is the text of the home page's card for the user.
const homeOfUser = "Signed in as Dana Demo Your plan Sign out Your plan includes seats."

// homeSignedIn is met by the home page of the user.
const homeSignedIn = homeText + ` === "` + homeOfUser + `"`

// signInHome signs the user in and shows the home page.
func (b *tab) signInHome(t *testing.T) {
	t.Helper()
	b.open(t, "/auth/login")
	b.chooseUser(t, user.ID)
	b.WaitUntil(t, homeSignedIn)
}

func TestDocsShowHomePage(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join(root, "docs", "frontend.md"))
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.ReadFile(filepath.Join(root, "public", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(string(docs), "```html\n")
	lines, _, _ = strings.Cut(lines, "```\n")
	if strings.Count(lines, "\n") != 5 || !strings.Contains(string(home), "\n"+lines) {
		t.Errorf("got five lines in docs/frontend.md that differ from those in public/index.html:\n%s", lines)
	}
}

// The elements on the home page show nothing before they know whether the user is signed in,
// and can be used by keyboard.
func TestElements(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	// Slow enough to show too much before the session is known.
	b.setNetwork(t, network.Conditions{Latency: 150, DownloadThroughput: -1, UploadThroughput: -1})
	b.beforeLoad(t, script("record-text"))

	t.Run("without hidden they flash", func(t *testing.T) { // the recorder works
		b.open(t, "/404.html")
		b.run(t, `document.body.innerHTML = "<kinde-signed-in>Private</kinde-signed-in>"`)
		b.WaitUntil(t, `window.shown.includes("Private")`)
	})

	t.Run("show the signed-out content only", func(t *testing.T) {
		b.open(t, homePath)
		b.WaitUntil(t, homeSignedOut)
		if got, want := eval[[]string](t, b, "window.shown"), []string{"", "Sign in"}; !slices.Equal(got, want) {
			t.Errorf("got texts %q, want %q", got, want)
		}
	})

	t.Run("sign in by keyboard", func(t *testing.T) {
		b.Press(t, kb.Tab+kb.Tab)
		b.WaitFor(t, "a[href^='/auth/login']:focus-visible")
		b.Press(t, kb.Enter)
		b.chooseUser(t, user.ID)
		b.WaitUntil(t, homeSignedIn)
	})

	t.Run("show the signed-in content only", func(t *testing.T) {
		b.open(t, homePath)
		b.WaitUntil(t, homeSignedIn)
		got := eval[[]string](t, b, "window.shown")
		if got[0] != "" {
			t.Errorf("got %q first, want nothing", got[0])
		}
		for _, text := range got {
			if text == "Sign in" || strings.Contains(text, "Sign in ") {
				t.Errorf("got %q, want nothing for signed-out users", text)
			}
		}
		if got, want := buttonNames(t, b), []string{"Your plan", "Sign out"}; !slices.Equal(got, want) {
			t.Errorf("got buttons %q in the accessibility tree, want %q", got, want)
		}
	})

	t.Run("open the portal by keyboard", func(t *testing.T) {
		b.Press(t, kb.Tab+kb.Tab)
		b.WaitUntil(t, portalFocused)
		b.Press(t, kb.Enter)
		b.WaitUntil(t, b.portal("plan_details"))
	})
}

func TestElementsFollowSession(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.beforeLoad(t, script("record-text"))
	b.signInHome(t)

	t.Run("show nothing when the functions fail", func(t *testing.T) {
		remove := b.beforeLoad(t, script("all-fail"))
		defer remove()
		b.open(t, homePath)
		b.WaitUntil(t, "window.errors.length === 4")
		got, want := eval[[]string](t, b, "window.errors.sort()"), []string{"kinde-if upstream-failed",
			"kinde-signed-in upstream-failed", "kinde-signed-out upstream-failed", "kinde-user upstream-failed"}
		if !slices.Equal(got, want) {
			t.Errorf("got errors %q, want %q", got, want)
		}
		if got := eval[[]string](t, b, "window.shown"); !slices.Equal(got, []string{""}) {
			t.Errorf("got texts %q, want none", got)
		}
	})

	t.Run("follow another tab", func(t *testing.T) {
		b.open(t, homePath)
		b.WaitUntil(t, homeSignedIn)
		second := b.newTab(t)
		second.open(t, homePath)
		second.WaitUntil(t, homeSignedIn)
		second.Press(t, kb.Tab+kb.Tab+kb.Tab)
		second.WaitFor(t, "kinde-logout-button > button:focus")
		second.Press(t, kb.Enter)
		second.WaitUntil(t, homeSignedOut)
		b.WaitUntil(t, homeSignedOut)
		second.Click(t, "a[href^='/auth/login']")
		second.chooseUser(t, user.ID)
		second.WaitUntil(t, homeSignedIn)
		b.WaitUntil(t, homeSignedIn)
	})

	t.Run("show nothing private out of the back/forward cache", func(t *testing.T) {
		b.Click(t, "kinde-portal-button > button")
		b.WaitUntil(t, b.portal("plan_details"))
		second := b.newTab(t)
		second.openDemo(t)
		second.signOut(t)
		b.back(t)
		b.WaitUntil(t, homeSignedOut)
		restored := eval[string](t, b, `window.restored ?? ""`)
		if restored == "" {
			t.Error("the page was not in the cache, want it there")
		}
		if strings.Contains(restored, user.Name()) || strings.Contains(restored, "Your plan") {
			t.Errorf("got %q from the cache, want nothing of the user", restored)
		}
		checkRefusedRefresh(t, b)
	})
}

// portalFocused is met when the portal's button has a visible focus.
const portalFocused = `document.activeElement.matches("kinde-portal-button > button[type=button]:focus-visible")`

// buttonNames returns the names of the buttons in the accessibility tree.
func buttonNames(t *testing.T, b *tab) (names []string) {
	t.Helper()
	for _, node := range call(t, b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if !node.Ignored && node.Role != nil && string(node.Role.Value) == `"button"` {
			names = append(names, strings.Trim(string(node.Name.Value), `"`))
		}
	}
	return names
}

func TestPortalButton(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signInHome(t)
	b.run(t, script("portal-fails"))
	b.Press(t, kb.Tab+kb.Tab)
	b.WaitUntil(t, portalFocused)

	t.Run("is disabled and announces itself while it waits", func(t *testing.T) {
		b.Press(t, kb.Enter)
		b.WaitUntil(t, `window.release && document.querySelector("kinde-portal-button > [role=status]").textContent
			=== "One moment: opening your account."`)
		b.Press(t, kb.Enter) // once more
		if got := eval[string](t, b, "document.activeElement.ariaDisabled"); got != "true" {
			t.Errorf("got aria-disabled %s, want true", got)
		}
		if got := eval[int](t, b, "window.requests"); got != 1 {
			t.Errorf("got %d requests, want 1", got)
		}
	})

	t.Run("reports a failure and can be used again", func(t *testing.T) {
		b.run(t, "window.release()")
		b.WaitUntil(t, shows("kinde-portal-button > [role=alert]", "Please try again in a moment. (portal-failed)"))
		if !eval[bool](t, b, portalFocused+` && !document.activeElement.hasAttribute("aria-disabled")`) {
			t.Error("the button is disabled or has lost the focus")
		}
		if got := eval[[]string](t, b, "window.errors"); !slices.Equal(got, []string{"portal-failed"}) {
			t.Errorf("got events %q, want portal-failed", got)
		}
		const status = `document.querySelector("kinde-portal-button > [role=status]").textContent`
		if got := eval[string](t, b, status); got != "" {
			t.Errorf("got status %q, want none", got)
		}
	})

	t.Run("shows the page's own content and texts", func(t *testing.T) {
		b.open(t, homePath)
		b.WaitUntil(t, homeSignedIn)
		b.run(t, script("own-content"))
		b.Click(t, "kinde-portal-button > a")
		b.WaitUntil(t, shows("body", "Das ging nicht."))
		got, want := eval[string](t, b, "window.requested"), "/portal?subnav=profile&return_url=%2Faccess%2F"
		if got != want {
			t.Errorf("got a request of %s, want %s", got, want)
		}
	})

	t.Run("shows no text when the page handles the event", func(t *testing.T) {
		b.Click(t, "#silent > button")
		b.WaitUntil(t, `window.requested === "/portal"
			&& !document.querySelector("#silent > button").hasAttribute("aria-disabled")`)
		got, want := strings.Join(strings.Fields(b.text(t, "body")), " "), "Profil Das ging nicht. Your account"
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestKindeIf(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signInHome(t)
	attributes := map[string]bool{
		`permission="view_reports"`:        true,
		`permission="delete_organization"`: false,
		`flag="new_dashboard"`:             true,
		`flag="dark_launch"`:               false,
		`flag="missing"`:                   false,
		`flag="upload_limit" value="50"`:   true,
		`flag="upload_limit" value="51"`:   false,
		`entitlement="seats"`:              true,
		`entitlement="gold"`:               false,
		`role="editor"`:                    true,
		`role="admin"`:                     false,
		``:                                 false,

		`permission="view_reports" role="admin"`:                                           false,
		`permission="view_reports" role="editor" flag="new_dashboard" entitlement="seats"`: true,
	}
	var markup strings.Builder
	for all := range attributes {
		fmt.Fprintf(&markup, "<kinde-if %s>[%s]</kinde-if>\n", all, all)
	}
	b.run(t, fmt.Sprintf(`window.ready = 0;
		addEventListener("kinde-ready", () => { window.ready++ });
		document.body.innerHTML = %q`, markup.String()))
	b.WaitUntil(t, fmt.Sprintf("window.ready === %d", len(attributes)))
	b.checkConsole(t, " 404 .*/api/entitlements/gold$")
	text := b.text(t, "html")
	for all, want := range attributes {
		if got := strings.Contains(text, "["+all+"]"); got != want {
			t.Errorf("<kinde-if %s>: got shown %v, want %v", all, got, want)
		}
	}

	t.Run("follows its attributes", func(t *testing.T) {
		b.run(t, `document.querySelector("kinde-if[role=admin]:not([permission])").setAttribute("role", "editor")`)
		b.WaitUntil(t, shows("body", `[role="admin"]`))
	})
}
