//go:build realtools

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"

	"kinde-functions/shared/problem"
)

// look is how a page is looked at.
type look struct {
	name   string
	width  int64
	scheme string
	forced string // whether the visitor's own colors replace the page's
}

var looks = []look{
	{"light", 1185, "light", "none"},
	{"dark and small", 320, "dark", "none"},
	{"forced colors", 1185, "dark", "active"},
}

// goesEverywhere has axe-core look at every page, in light and dark, wide and as
// small as a telephone, and in forced colors: there is nothing that it objects to, and
// nothing that needs sideways scrolling. The tour and the troubles have it look at the
// states of the demo page that they come to.
func (v visitor) goesEverywhere(t *testing.T) {
	pages := []string{
		"/404.html", "/access/", "/demo/docs/", "/demo/docs/recipes.html", "/demo/docs/settings.html",
	}
	for _, code := range problem.Codes() {
		v.showsTheMessage(t, string(code))
	}
	// One page for each tone and icon: the others differ in their words alone.
	for _, code := range []string{"no-token", "login-expired", "wrong-host", "misconfigured", "no-such-code"} {
		pages = append(pages, "/access/?error="+code)
	}
	for _, path := range pages {
		v.GoTo(t, v.site+path)
		v.Until(t, `document.readyState === "complete"`)
		v.isAccessible(t, path)
		if !strings.Contains(path, "?") {
			v.showsItsFocus(t, "Kinde functions")
		}
	}
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(outText))
	v.isAccessible(t, "five lines, signed out")
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("out"))
	v.isAccessible(t, "signed out")
	v.showsItsFocus(t, "Sign in", "Create an account", "Use an access token", "Last requests")
	v.as(t, demo.ID)
	v.isAccessible(t, "signed in")
	v.showsItsFocus(t, "Skip to the content", "Skip to the last requests", "sign-out", "Plan details", "Connect", "All 23",
		"tokens-field", "revoke", "Last requests")
	v.printsWhatIsTheirs(t)
	v.Click(t, "#introspect")
	v.Until(t, tells("In force"))
	v.Click(t, "#entitlements-table + button")
	v.Click(t, "#requests summary")
	v.isAccessible(t, "all opened")
	v.Click(t, "button.connect")
	v.Until(t, consentPage)
	v.Click(t, `button[value="approve"]`)
	v.Until(t, v.state("in")+" && "+everything+" && "+app("connected"))
	v.isAccessible(t, "app connected")
	v.paste(t, "#tokens-field", "strange.to.ken")
	v.Click(t, "#introspect")
	v.Until(t, tells("That token is not yours"))
	v.isAccessible(t, "a problem")
	v.Click(t, "#revoke")
	v.Until(t, `document.querySelector("#revoke-confirm").open`)
	v.isAccessible(t, "a question")
	v.showsItsFocus(t, "revoke-yes")
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(inText))
	v.isAccessible(t, "five lines, signed in")
}

// showsTheMessage opens the page of a code on a narrow screen, which it fits.
func (v visitor) showsTheMessage(t *testing.T, code string) {
	t.Helper()
	v.see(t, look{"", 320, "light", "none"})
	v.GoTo(t, v.site+"/access/?error="+code)
	v.Until(t, fmt.Sprintf(`document.getElementById(%q)?.matches(".shown")`, code))
	v.get(t, `(document.querySelectorAll("details").forEach((one) => { one.open = true }), "")`)
	wide := `document.documentElement.scrollWidth > 320 ? String(document.documentElement.scrollWidth) : ""`
	if got := v.get(t, wide); got != "" {
		t.Errorf("%s is %s pixels wide, want 320 at most", code, got)
	}
	v.see(t, look{})
}

// unfold opens the cards that a narrow screen folds.
const unfold = `new Promise((resolve) => setTimeout(() => {
	document.querySelectorAll("button.fold[aria-expanded=false]").forEach((button) => button.click());
	resolve("");
}, 100))`

// see makes the page look that way; the zero look as it did at first.
func (v visitor) see(t *testing.T, l look) {
	t.Helper()
	motion := map[bool]string{true: "", false: "reduce"}[l == look{}]
	call(t, v.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "forced-colors", Value: l.forced},
		{Name: "prefers-reduced-motion", Value: motion}}})
	if l.width == 0 {
		call(t, v.tab, emulation.ClearDeviceMetricsOverride, cdp.Empty{})
		return
	}
	call(t, v.tab, emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: 900, DeviceScaleFactor: 1})
	if l.width < 640 {
		v.get(t, unfold)
	}
}

// narrow makes the page as narrow as a phone and leaves its cards folded.
func (v visitor) narrow(t *testing.T) {
	t.Helper()
	call(t, v.tab, emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: 320, Height: 640, DeviceScaleFactor: 1})
	v.Until(t, `document.querySelector("#account").hasAttribute("data-folded")`)
}

// isAccessible fails for each thing that axe-core objects to, in every look.
func (v visitor) isAccessible(t *testing.T, state string) {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join(root, ".tools/npm/node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check npm installs it", err)
	}
	for _, l := range looks {
		v.see(t, l)
		// Evaluated by the browser's own tools, which no Content-Security-Policy keeps out.
		if v.get(t, "typeof axe") == "undefined" {
			v.get(t, string(axe)+`; ""`)
		}
		found := v.get(t, `(async () => {
			const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
			if (!passes.length) return "axe-core has looked at nothing";
			return violations.map((v) => v.id + ": " + v.help + " at " + v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")).join("\n");
		})()`)
		if found != "" {
			t.Errorf("%s, %s:\n%s", state, l.name, found)
		}
		if wide := v.get(t, fmt.Sprintf(`document.documentElement.scrollWidth > %d ? String(document.documentElement.scrollWidth) : ""`, l.width)); wide != "" {
			t.Errorf("%s, %s: %s pixels wide", state, l.name, wide)
		}
		v.picture(t, "axe-"+strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(state+" "+l.name),
			"-"), "-"))
	}
	v.see(t, look{})
}
