//go:build realtools

package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"kinde-functions/shared/local/kindetest"
)

// visibleEntitlements is the number of entitlements that the demo page shows.
const visibleEntitlements = `[...document.querySelectorAll("#entitlements-table tbody tr")]
	.filter((row) => row.checkVisibility()).length`

func TestAccountCard(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)
	const button = `document.querySelector("#entitlements-table + button")`

	t.Run("shows more entitlements by keyboard", func(t *testing.T) {
		if got := eval[int](t, b, visibleEntitlements); got != 10 {
			t.Errorf("got %d entitlements, want 10", got)
		}
		if got, want := b.text(t, "#entitlements-table + button"), "All 23 entitlements"; got != want {
			t.Errorf("got button %q, want %q", got, want)
		}
		if got := eval[string](t, b, button+".ariaExpanded"); got != "false" {
			t.Errorf("got aria-expanded %s, want false", got)
		}
		b.run(t, button+".focus()")
		b.Press(t, kb.Enter)
		b.WaitUntil(t, visibleEntitlements+" === 23 && "+button+`.ariaExpanded === "true"
			&& document.activeElement.innerText.startsWith("Feature 11")`)
	})

	t.Run("shows fewer entitlements by keyboard", func(t *testing.T) {
		b.Press(t, kb.Tab)
		b.WaitUntil(t, "document.activeElement === "+button)
		b.Press(t, " ")
		b.WaitUntil(t, visibleEntitlements+" === 10 && "+button+`.ariaExpanded === "false"
			&& document.activeElement === `+button)
	})

	t.Run("shows properties in their types", func(t *testing.T) {
		got := eval[string](t, b, `[...document.querySelectorAll("#properties-table tbody tr")]
			.map((row) => row.innerText.replace(/\s+/g, " ")).join("; ")`)
		want := "Company name company_name Example & Daughters; Newsletter newsletter On; Employees employees 42"
		if !strings.HasPrefix(got, want) {
			t.Errorf("got properties %q, want %q first", got, want)
		}
	})
}

func TestRequestsStrip(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)

	t.Run("shows the latest request at the foot of the window", func(t *testing.T) {
		if got := b.text(t, "#requests-latest"); !strings.Contains(got, " /api/") || !strings.Contains(got, "total") {
			t.Errorf("got %q, want a path and its total time", got)
		}
		const distance = `document.querySelector("#requests").getBoundingClientRect().bottom - innerHeight`
		if got := eval[float64](t, b, distance); got < -0.5 || got > 0.5 {
			t.Errorf("got the strip %.1f px off the foot of the window, want 0", got)
		}
	})

	t.Run("opens by keyboard and lists requests", func(t *testing.T) {
		b.run(t, `document.querySelector("a.skip[href='#requests']").focus()`)
		b.Press(t, kb.Enter)
		b.Press(t, kb.Tab)
		b.WaitFor(t, "#requests summary:focus-visible")
		b.Press(t, kb.Enter)
		b.WaitUntil(t, `document.querySelector("#requests details").open
			&& document.querySelector("#requests-list").checkVisibility()`)
		got := strings.Join(strings.Fields(b.text(t, "#requests-list")), " ")
		for _, want := range []string{"GET /api/session", "GET /api/account?include=…", "Status 200", "Status 404",
			"not-connected", "upstream", "app"} {
			if !strings.Contains(got, want) {
				t.Errorf("got %q, want %q in it", got, want)
			}
		}
		b.Press(t, kb.Enter)
		b.WaitUntil(t, `!document.querySelector("#requests details").open`)
	})

	// 1280 by 1024 pixels at 400%.
	t.Run("scrolls with a zoomed page", func(t *testing.T) {
		b.resize(t, 320, 256)
		if got := eval[string](t, b, `getComputedStyle(document.querySelector("#requests")).position`); got != "static" {
			t.Errorf("got position %s, want static", got)
		}
		const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
		if got := eval[int](t, b, excess); got != 0 {
			t.Errorf("got a page %d px wider than the window, want 0", got)
		}
	})
}

func TestPhone(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, kindetest.StudioUser)

	t.Run("shows no errors", func(t *testing.T) {
		got := eval[string](t, b, `[...document.querySelectorAll(".problem, .bad")]
			.filter((element) => element.checkVisibility()).map((element) => element.innerText).join()`)
		if got != "" {
			t.Errorf("got errors %q, want none", got)
		}
	})

	t.Run("folds long cards behind their headings", func(t *testing.T) {
		b.resize(t, 320, 640)
		b.WaitFor(t, "#account[data-folded]")
		if got := eval[int](t, b, "document.documentElement.scrollHeight"); got > 1765 {
			t.Errorf("got a page %d px high, want at most 1765", got)
		}
		b.Click(t, "#account .fold")
		b.WaitUntil(t, `document.querySelector("#entitlements-table").checkVisibility()
			&& document.querySelector("#account .fold").ariaExpanded === "true"`)
		b.Click(t, "#account .fold")
		b.WaitUntil(t, `!document.querySelector("#entitlements-table").checkVisibility()`)
	})

	t.Run("shows whole cards on a wide screen", func(t *testing.T) {
		b.emulateScreen(t)
		b.WaitUntil(t, `document.querySelector("#entitlements-table").checkVisibility()
			&& !document.querySelector(".fold")`)
	})
}

func TestCopyButton(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.open(t, demoPath)
	b.WaitUntil(t, signedOut)
	b.run(t, `Object.defineProperty(navigator, "clipboard",
			{ value: { writeText: async (text) => { window.copied = text } } });
		document.querySelector("#portal .lines").open = true`)
	b.Click(t, "#portal button.copy")
	b.WaitUntil(t, `document.querySelector("#portal .copied").textContent === "Copied"`)
	got, want := eval[string](t, b, "window.copied"), `<kinde-portal-button subnav="plan_selection"`
	if !strings.HasPrefix(got, want) {
		t.Errorf("got %q copied, want %q first", got, want)
	}
}
