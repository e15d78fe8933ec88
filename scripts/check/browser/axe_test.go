//go:build realtools

package browser

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"
)

var screenshots = flag.Bool("screenshots", false, "store a screenshot of every state that is checked for accessibility")

// media is what a page is checked in. Forced colors change colors alone, so that only
// axe-core's rules about colors are run in them.
type media struct {
	name   string
	width  int64
	scheme string
	forced string
	rules  []string // of axe-core; all if empty
}

var allMedia = []media{
	{"light", 1185, "light", "none", []string{}},
	{"dark and narrow", 320, "dark", "none", []string{}},
	{"forced colors", 1185, "dark", "active", []string{"color-contrast", "link-in-text-block"}},
}

// emulate shows the page in media. Cards that fold in a narrow window are opened.
func (b *tab) emulate(t *testing.T, m media) {
	t.Helper()
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: m.scheme}, {Name: "forced-colors", Value: m.forced},
		{Name: "prefers-reduced-motion", Value: "reduce"}}})
	b.resize(t, m.width, 900)
	if m.width < 640 {
		b.WaitUntil(t, `!document.querySelector("[data-fold]") || document.querySelector("button.fold")`)
		b.run(t, `document.querySelectorAll("button.fold[aria-expanded=false]").forEach((button) => button.click())`)
	}
}

// emulateScreen ends the emulation of media.
func (b *tab) emulateScreen(t *testing.T) {
	t.Helper()
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	call(t, b, emulation.ClearDeviceMetricsOverride, cdp.Empty{})
}

func (b *tab) resize(t *testing.T, width, height int64) {
	t.Helper()
	call(t, b, emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

var axe = sync.OnceValues(func() (string, error) {
	content, err := os.ReadFile(filepath.Join(root, ".tools/npm/node_modules/axe-core/axe.min.js"))
	return string(content), err
})

// checkAccessibility fails for each violation that axe-core finds, and where the page has to
// be scrolled sideways, in all media.
func (b *tab) checkAccessibility(t *testing.T, state string) {
	t.Helper()
	source, err := axe()
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check npm installs it", err)
	}
	// Scripts of the DevTools protocol are not subject to the Content-Security-Policy.
	if eval[bool](t, b, `typeof axe === "undefined"`) {
		b.run(t, source)
	}
	for _, m := range allMedia {
		b.emulate(t, m)
		if got := eval[string](t, b, function("axe", m.rules)); got != "" {
			t.Errorf("%s, %s: got violations, want none:\n%s", state, m.name, got)
		}
		b.checkWidth(t, state+", "+m.name, m.width)
		if *screenshots {
			b.Screenshot(t, notInName.ReplaceAllString(t.Name()+" "+state+" "+m.name, "-"))
		}
	}
	b.emulateScreen(t)
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9]+`)

func (b *tab) checkWidth(t *testing.T, state string, want int64) {
	t.Helper()
	if got := eval[int64](t, b, "document.documentElement.scrollWidth"); got > want {
		t.Errorf("%s: got a width of %d pixels, want at most %d", state, got, want)
	}
}

// checkFocus moves the focus through the page with the Tab key, in all media. Each focused
// element must have a visible outline, and nothing may cover it. Each of the wanted elements,
// given by their ids or the start of their names, must get the focus.
func (b *tab) checkFocus(t *testing.T, wanted ...string) {
	t.Helper()
	for _, m := range allMedia {
		b.emulate(t, m)
		b.run(t, `document.body.setAttribute("tabindex", "-1"); document.body.focus(); scrollTo(0, 0)`)
		var names []string
		for len(names) <= 60 {
			b.Press(t, kb.Tab)
			got := eval[*struct {
				Name      string
				Outline   float64 // its width in pixels
				Contrast  float64
				CoveredBy string
			}](t, b, function("focus"))
			if got == nil || slices.Contains(names, got.Name) {
				break
			}
			names = append(names, got.Name)
			if got.Outline < 2 || got.Contrast < 3 {
				t.Errorf("%s: %q: got an outline of %.1f px, contrast %.1f, want at least 2 px and 3",
					m.name, got.Name, got.Outline, got.Contrast)
			}
			if got.CoveredBy != "" {
				t.Errorf("%s: %q has the focus behind %s", m.name, got.Name, got.CoveredBy)
			}
		}
		for _, want := range wanted {
			if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, want) }) {
				t.Errorf("%s: got the focus on %q, want %q among them", m.name, names, want)
			}
		}
	}
	b.emulateScreen(t)
}
