//go:build realtools

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// look is how a page is looked at.
type look struct {
	name   string
	scheme string
	width  int64
}

var looks = []look{{"light", "light", 1185}, {"dark and small", "dark", 320}}

// TestAccessibility has axe-core look at every page and state, in light and dark, wide
// and as small as a telephone: there is nothing that it objects to, and nothing that
// needs sideways scrolling.
func TestAccessibility(t *testing.T) {
	v := visitor{open(t, nil), launch(t)}
	axe, err := os.ReadFile(filepath.Join(root, ".tools/npm/node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check npm installs it", err)
	}
	found, err := os.ReadFile(filepath.Join(root, "public/access/index.html"))
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{"/404.html", "/docs/", "/docs/recipes.html", "/access/"}
	for _, m := range regexp.MustCompile(`<(?:section|article)[^>]* id="([a-z-]+)"`).FindAllStringSubmatch(string(found), -1) {
		pages = append(pages, "/access/?error="+m[1])
	}
	if len(pages) < 12 {
		t.Fatalf("found the pages %v", pages)
	}
	for _, path := range pages {
		v.goTo(t, v.site+path)
		v.until(t, `document.readyState === "complete"`)
		v.isAccessible(t, string(axe), path)
	}
	v.goTo(t, v.site+"/five-lines.html")
	v.until(t, shows(outText))
	v.isAccessible(t, string(axe), "five lines, signed out")
	v.goTo(t, v.site+"/")
	v.until(t, v.state("out"))
	v.isAccessible(t, string(axe), "signed out")
	v.click(t, `a[href^="/auth/login"]`)
	v.until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	v.click(t, choose(demo.ID))
	v.until(t, v.state("in")+" && "+everything)
	v.isAccessible(t, string(axe), "signed in")
	v.click(t, "#introspect")
	v.until(t, tells("In force"))
	v.click(t, "button.connect")
	v.until(t, consentPage)
	v.click(t, `button[value="approve"]`)
	v.until(t, v.state("in")+" && "+everything+" && "+app("connected"))
	v.isAccessible(t, string(axe), "app connected")
	do(t, v.tab, "type", chromedp.SendKeys(chromedp.CSS("#tokens-field"), "strange.to.ken"))
	v.click(t, "#introspect")
	v.until(t, tells("That token is not yours"))
	v.isAccessible(t, string(axe), "a problem")
	v.click(t, "#revoke")
	v.until(t, `document.querySelector("#revoke-confirm").open`)
	v.isAccessible(t, string(axe), "a question")
	v.goTo(t, v.site+"/five-lines.html")
	v.until(t, shows(inText))
	v.isAccessible(t, string(axe), "five lines, signed in")
}

// isAccessible fails for each thing that axe-core objects to, in every look.
func (v visitor) isAccessible(t *testing.T, axe, state string) {
	t.Helper()
	for _, l := range looks {
		call(t, v.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		call(t, v.tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: 900, DeviceScaleFactor: 1})
		// Evaluated by the browser's own tools, which no Content-Security-Policy keeps out.
		found := v.get(t, `(async () => {`+axe+`;
			const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
			if (!passes.length) return "axe-core has looked at nothing";
			return violations.map((v) => v.id + ": " + v.help + " at " + v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")).join("\n");
		})()`)
		if found != "" {
			t.Errorf("%s, %s:\n%s", state, l.name, found)
		}
		if wide := v.get(t, `String(document.documentElement.scrollWidth)`); wide > fmt.Sprint(l.width) && len(wide) >= len(fmt.Sprint(l.width)) {
			t.Errorf("%s, %s: %s pixels wide", state, l.name, wide)
		}
		v.picture(t, "axe-"+strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(state+" "+l.name, "-"), "-"))
	}
	call(t, v.tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1185, Height: 900, DeviceScaleFactor: 1})
}
