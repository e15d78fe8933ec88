//go:build realtools

package browser

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"
)

// stop is something that the Tab key has come to.
type stop struct {
	Name    string  `json:"name"`
	Outline string  `json:"outline"`
	Ratio   float64 `json:"ratio"` // contrast of its outline with what is behind it
	Hidden  string  `json:"hidden"`
}

// whereFocusIs tells of the focused element, null at the page's end: what is drawn
// around it, how that stands out from what is behind it, and what hides it.
const whereFocusIs = `(() => {
	const at = document.activeElement;
	if (at === document.body || !document.hasFocus()) return "null";
	const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(at);
	const parts = (color) => {
		const canvas = new OffscreenCanvas(1, 1).getContext("2d");
		canvas.fillStyle = color;
		canvas.fillRect(0, 0, 1, 1);
		return [...canvas.getImageData(0, 0, 1, 1).data];
	};
	const light = (color) => parts(color).slice(0, 3).map((c) => c / 255)
		.map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	let behind = at.parentElement;
	while (behind.parentElement && parts(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
	const [low, high] = [light(outlineColor), light(getComputedStyle(behind).backgroundColor)].sort((a, b) => a - b);
	const box = at.getClientRects()[0]; // its first line's, where it runs over two
	const front = document.elementFromPoint(box.x + Math.min(box.width, innerWidth) / 2, box.y + Math.min(box.height, 40) / 2);
	return JSON.stringify({
		name: at.id || (at.ariaLabel || at.textContent).trim().replace(/\s+/g, " ").slice(0, 60),
		outline: outlineStyle === "none" ? "" : outlineWidth,
		ratio: (high + 0.05) / (low + 0.05),
		hidden: front && (at.contains(front) || front.contains(at)) ? "" : "behind " + (front?.outerHTML.slice(0, 80) ?? "nothing"),
	});
})()`

// showsItsFocus goes through the page by the Tab key, in every look: whatever has the
// focus shows it, and nothing stands in front of it. What must be come to begins so.
func (v visitor) showsItsFocus(t *testing.T, wanted ...string) {
	t.Helper()
	for _, l := range looks {
		v.see(t, l)
		v.get(t, `(document.body.setAttribute("tabindex", "-1"), document.body.focus(), scrollTo(0, 0), "")`)
		var stops []string
		for {
			v.press(t, kb.Tab)
			var s *stop
			if err := json.Unmarshal([]byte(v.get(t, whereFocusIs)), &s); err != nil {
				t.Fatal(err)
			}
			if s == nil || slices.Contains(stops, s.Name) || len(stops) > 60 {
				break
			}
			stops = append(stops, s.Name)
			if s.Outline < "2" || s.Ratio < 3 {
				t.Errorf("%s: the focus on %q shows by an outline of %q, %.1f to 1", l.name, s.Name, s.Outline, s.Ratio)
			}
			if s.Hidden != "" {
				t.Errorf("%s: %q has the focus %s", l.name, s.Name, s.Hidden)
			}
		}
		for _, want := range wanted {
			if !slices.ContainsFunc(stops, func(name string) bool { return strings.HasPrefix(name, want) }) {
				t.Errorf("%s: the Tab key does not come to %q but to %q", l.name, want, stops)
			}
		}
	}
	v.see(t, look{})
}

// printsWhatIsTheirs looks at the page as it would be on paper: all rows, and nothing
// to press, to fill in, or that was only of use on the screen.
func (v visitor) printsWhatIsTheirs(t *testing.T) {
	call(t, v.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	if got := v.get(t, `[...document.querySelectorAll("a.skip, button, input, form, summary, #requests, #portal-areas a")]
		.filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 60)).join()`); got != "" {
		t.Errorf("on paper: %s", got)
	}
	if got := v.get(t, rowsShown); got != "23" {
		t.Errorf("on paper %s of 23 entitlements", got)
	}
	if text := v.text(t); !strings.Contains(text, demo.Email) || !strings.Contains(text, "Feature 23") {
		t.Errorf("on paper: %.300q", text)
	}
	v.picture(t, "50-on-paper")
	v.see(t, look{})
}

// rowsShown counts the entitlements that show.
const rowsShown = `String([...document.querySelectorAll("#entitlements-table tbody tr")].filter((row) => row.checkVisibility()).length)`

// unfoldsWhatIsLong shows all entitlements and the strip, by keyboard, and folds them again.
func (v visitor) unfoldsWhatIsLong(t *testing.T) {
	button := `document.querySelector("#entitlements-table + button")`
	if got := v.get(t, rowsShown+` + " " + `+button+`.innerText + " " + `+button+
		`.ariaExpanded`); got != "10 All 23 entitlements false" {
		t.Errorf("at first: %s", got)
	}
	v.get(t, `(`+button+`.focus(), "")`)
	v.press(t, kb.Enter)
	v.Until(t, rowsShown+` === "23" && `+button+
		`.ariaExpanded === "true" && document.activeElement.innerText.startsWith("Feature 11")`)
	v.press(t, kb.Tab)
	v.Until(t, `document.activeElement === `+button)
	v.press(t, " ")
	v.Until(t, rowsShown+` === "10" && `+button+`.ariaExpanded === "false" && document.activeElement === `+button)
	if got := v.get(t, `[...document.querySelectorAll("#properties-table tbody tr")].map((row) => row.innerText.replace(/\s+/g, " ")).join("; ")`); !strings.HasPrefix(got, "Company name company_name Example & Daughters; Newsletter newsletter On; Employees employees 42") {
		t.Errorf("properties: %s", got)
	}

	latest := v.get(t, `document.querySelector("#requests-latest").innerText`)
	if !strings.Contains(latest, " /api/") || !strings.Contains(latest, "total") {
		t.Errorf("the strip says %q", latest)
	}
	if got := v.get(t, `String(Math.abs(Math.round(document.querySelector("#requests").getBoundingClientRect().bottom - innerHeight)))`); got != "0" {
		t.Errorf("the strip ends %s pixels off the window's foot", got)
	}
	v.get(t, `(document.querySelector("a.skip[href='#requests']").focus(), "")`)
	v.press(t, kb.Enter)
	v.press(t, kb.Tab)
	v.Until(t, `document.activeElement.matches("#requests summary:focus-visible")`)
	v.press(t, kb.Enter)
	v.Until(t, `document.querySelector("#requests details").open && document.querySelector("#requests-list").checkVisibility()`)
	for _, want := range []string{"GET /api/session", "GET /api/account?include=…", "Status 200", "Status 404",
		"not-connected", "upstream", "app"} {
		if list := v.get(t, `document.querySelector("#requests-list").innerText.replace(/\s+/g, " ")`); !strings.Contains(list, want) {
			t.Errorf("the strip does not show %q: %q", want, list)
		}
	}
	v.picture(t, "04-strip-open")
	v.press(t, kb.Enter)
	v.Until(t, `!document.querySelector("#requests details").open`)
}

// zoomsIn makes the window as low and narrow as one zoomed to 400% is.
func (v visitor) zoomsIn(t *testing.T) {
	call(t, v.tab, emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: 320, Height: 256, DeviceScaleFactor: 1})
	if got := v.get(t, `getComputedStyle(document.querySelector("#requests")).position + " " + (document.documentElement.scrollWidth - document.documentElement.clientWidth)`); got != "static 0" {
		t.Errorf("zoomed to 400%%: the strip's position and what is too wide are %s", got)
	}
	v.see(t, look{})
}
