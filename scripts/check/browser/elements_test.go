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
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// elementStations are the elements' tour, in order, on the page of five lines
// that the README shows.
var elementStations = []struct {
	name string
	stop func(visitor, *testing.T)
}{
	{"signed out, nothing flashes", visitor.seesTheWayIn},
	{"sign-in by keyboard", visitor.entersByKeyboard},
	{"signed in, nothing flashes", visitor.seesTheWayOut},
	{"portal by keyboard", visitor.departsByKeyboard},
	{"portal in trouble", visitor.cannotDepart},
	{"conditions", visitor.seesWhatHolds},
	{"own words and links", visitor.usesItsOwn},
	{"nothing can be known", visitor.cannotKnow},
	{"sign-out in another tab", visitor.isSignedOutElsewhere},
	{"sign-in in another tab", visitor.isSignedInElsewhere},
	{"back to a kept page", visitor.comesBackToKeptElements},
}

func (v visitor) usesElements(t *testing.T) {
	_, lines, _ := strings.Cut(read(t, "docs/frontend.md"), "```html\n")
	lines, _, _ = strings.Cut(lines, "```\n")
	if strings.Count(lines, "\n") != 5 || !strings.Contains(read(t, "public/index.html"), "\n"+lines) {
		t.Errorf("public/index.html does not have the five lines of docs/frontend.md:\n%s", lines)
	}
	// Slow enough that a page could show too much before it knows.
	call(t, v.tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: 150, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	call(t, v.tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watching})
	for _, station := range elementStations {
		passed := t.Run(station.name, func(t *testing.T) {
			station.stop(v, t)
			v.quiet(t)
		})
		if !passed {
			t.Fatalf("the tour ends at %q", station.name)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// watching keeps every text that the five lines have shown, or else the page, without its
// heading, at each change of the document and in each frame.
const watching = `
	window.shown = [];
	const look = () => {
		const lines = document.querySelector("#your-account") ?? document.body;
		const text = lines?.innerText.trim().replace(/\s+/g, " ").replace(/^Your account ?/, "") ?? "";
		if (text !== window.shown.at(-1)) { window.shown.push(text) }
	};
	new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
	const frame = () => { look(); requestAnimationFrame(frame) };
	frame();
`

// fiveLines is the address of the page with the five lines.
func (v visitor) fiveLines() string { return v.site + "/" }

// shows is a condition: the text of the five lines, or else of the page, without its heading.
func shows(text string) string {
	return fmt.Sprintf(`document.readyState === "complete" && (document.querySelector("#your-account") ?? document.body).innerText.trim().replace(/\s+/g, " ").replace(/^Your account ?/, "") === %q`, text)
}

const (
	outText = "Sign in"
	inText  = "Signed in as Dana Demo Your plan Sign out Your plan includes seats."
)

// seen is what the page has shown since it began to load.
func (v visitor) seen(t *testing.T) []string {
	t.Helper()
	return strings.Split(v.get(t, `window.shown.join("\n")`), "\n")
}

func (v visitor) seesTheWayIn(t *testing.T) {
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(outText))
	if got := v.seen(t); !slices.Equal(got, []string{"", outText}) {
		t.Errorf("showed %q, want nothing and then the way in", got)
	}
	v.picture(t, "20-five-lines-out")

	// The proof itself: without the attribute the same page does flash.
	v.GoTo(t, v.site+"/404.html")
	v.get(t, `(() => { document.body.innerHTML = "<kinde-signed-in>Private</kinde-signed-in>"; return "" })()`)
	v.Until(t, `window.shown.includes("Private")`)
}

func (v visitor) entersByKeyboard(t *testing.T) {
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(outText))
	v.press(t, kb.Tab+kb.Tab)
	v.Until(t, `document.activeElement.matches("a[href^='/auth/login']:focus-visible")`)
	v.press(t, kb.Enter)
	v.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	v.Click(t, choose(demo.ID))
	v.Until(t, shows(inText))
}

// press types a key, wherever the focus is.
func (v visitor) press(t *testing.T, key string) {
	t.Helper()
	do(t, v.tab, "press a key", chromedp.KeyEvent(key))
}

func (v visitor) seesTheWayOut(t *testing.T) {
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(inText))
	for _, text := range v.seen(t) {
		if strings.Contains(text, outText+" ") || text == outText {
			t.Errorf("showed %q to somebody who is signed in", text)
		}
	}
	if first := v.seen(t)[0]; first != "" {
		t.Errorf("began with %q", first)
	}
	v.picture(t, "21-five-lines-in")
	if got := v.buttons(t); !slices.Equal(got, []string{"Your plan", "Sign out"}) {
		t.Errorf("a screen reader finds the buttons %q", got)
	}
}

// buttons are the names of the buttons in the accessibility tree.
func (v visitor) buttons(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, node := range call(t, v.tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if !node.Ignored && node.Role != nil && string(node.Role.Value) == `"button"` {
			names = append(names, strings.Trim(string(node.Name.Value), `"`))
		}
	}
	return names
}

// focused is a condition: the portal's button has the focus, for all to see.
const focused = `document.activeElement.matches("kinde-portal-button > button[type=button]:focus-visible")`

func (v visitor) departsByKeyboard(t *testing.T) {
	v.press(t, kb.Tab+kb.Tab)
	v.Until(t, focused)
	v.press(t, kb.Enter)
	v.Until(t, v.inPortal("plan_details"))
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(inText))
}

// cannotDepart looks at the button while it is busy and after it has failed.
func (v visitor) cannotDepart(t *testing.T) {
	v.get(t, `(() => {
		const real = window.fetch;
		window.release = null;
		window.heard = [];
		addEventListener("kinde-error", (event) => window.heard.push(event.detail.code));
		window.fetch = async (path, init) => {
			if (!path.startsWith("/portal")) { return real(path, init) }
			window.asked = (window.asked ?? 0) + 1;
			await new Promise((resolve) => { window.release = resolve });
			return new Response(JSON.stringify({ code: "portal-failed", title: "t", detail: "d", status: 502 }), { status: 502 });
		};
		return "";
	})()`)
	v.press(t, kb.Tab+kb.Tab)
	v.Until(t, focused)
	v.press(t, kb.Enter)
	v.Until(t, `window.release && document.querySelector("kinde-portal-button > [role=status]").textContent === "One moment: opening your account."`)
	v.press(t, kb.Enter) // once more while it is busy
	if got := v.get(t, `document.activeElement.getAttribute("aria-disabled") + window.asked`); got != "true1" {
		t.Errorf("busy: aria-disabled and requests are %s", got)
	}
	v.picture(t, "22-portal-busy")
	v.get(t, `(window.release(), "")`)
	v.Until(t, `document.querySelector("kinde-portal-button > [role=alert]").innerText.includes("Please try again in a moment. (portal-failed)")`)
	if got := v.get(t, focused+` + " " + document.activeElement.hasAttribute("aria-disabled") + " " + window.heard.join()`); got != "true false portal-failed" {
		t.Errorf("failed: focus, aria-disabled and events are %s", got)
	}
	if got := v.get(t, `document.querySelector("kinde-portal-button > [role=status]").textContent`); got != "" {
		t.Errorf("still announces %q", got)
	}
	v.picture(t, "23-portal-failed")
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(inText))
}

// seesWhatHolds asks for what the demo person has and for what they lack.
func (v visitor) seesWhatHolds(t *testing.T) {
	conditions := map[string]bool{
		`permission="view_reports"`: true, `permission="delete_organization"`: false,
		`flag="new_dashboard"`: true, `flag="dark_launch"`: false, `flag="missing"`: false,
		`flag="upload_limit" value="50"`: true, `flag="upload_limit" value="51"`: false,
		`entitlement="seats"`: true, `entitlement="gold"`: false,
		`role="editor"`: true, `role="admin"`: false,
		`permission="view_reports" role="editor" flag="new_dashboard" entitlement="seats"`: true,
		`permission="view_reports" role="admin"`:                                           false, ``: false,
	}
	var markup strings.Builder
	for condition := range conditions {
		fmt.Fprintf(&markup, "<kinde-if %s>[%s]</kinde-if>\n", condition, condition)
	}
	v.get(t, fmt.Sprintf(`(() => {
		window.answers = 0;
		addEventListener("kinde-ready", () => { window.answers++ });
		document.body.innerHTML = %q;
		return "";
	})()`, markup.String()))
	v.Until(t, fmt.Sprintf(`window.answers === %d`, len(conditions)))
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "404") || !strings.HasSuffix(complaint, "/api/entitlements/gold") {
			t.Errorf("console: %s", complaint)
		}
	}
	text := v.text(t)
	for condition, want := range conditions {
		if got := strings.Contains(text, "["+condition+"]"); got != want {
			t.Errorf("%q shows: %v, want %v", condition, got, want)
		}
	}
	v.get(t, `(document.querySelector("kinde-if[role=admin]:not([permission])").setAttribute("role", "editor"), "")`)
	v.Until(t, `document.body.innerText.includes('[role="admin"]')`)
}

// usesItsOwn puts a link and words of the page's own into the buttons.
func (v visitor) usesItsOwn(t *testing.T) {
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(inText))
	v.get(t, `(() => {
		const real = window.fetch;
		window.fetch = (path, init) => path.startsWith("/portal") ? (window.asked = path, Promise.reject(new TypeError("down"))) : real(path, init);
		document.body.innerHTML = '<kinde-portal-button subnav="profile" return-url="/access/" failed="Das ging nicht." busy="Moment."><a href="/portal">Profil</a></kinde-portal-button>'
			+ '<kinde-portal-button id="quiet"></kinde-portal-button>';
		document.querySelector("#quiet").addEventListener("kinde-error", (event) => event.preventDefault());
		return "";
	})()`)
	v.Click(t, "kinde-portal-button > a")
	v.Until(t, shows("Profil Das ging nicht. Your account"))
	if got := v.get(t, `window.asked`); got != "/portal?subnav=profile&return_url=%2Faccess%2F" {
		t.Errorf("asked for %s", got)
	}
	v.Click(t, "#quiet > button")
	v.Until(t, `window.asked === "/portal" && !document.querySelector("#quiet > button").hasAttribute("aria-disabled")`)
	if text := v.text(t); strings.Count(text, "not") != 0 || strings.Count(text, "nicht") != 1 {
		t.Errorf("shows %q", text)
	}
}

// cannotKnow asks functions that fail: then nothing shows, neither to those who
// are signed in nor to those who are not.
func (v visitor) cannotKnow(t *testing.T) {
	tab := visitor{v.place, v.another(t)}
	call(t, tab.tab, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: watching + `
		window.heard = [];
		addEventListener("kinde-error", (event) => window.heard.push(event.target.localName + " " + event.detail.code));
		window.fetch = async () => new Response(JSON.stringify({ code: "upstream-failed", title: "t" }), { status: 502 });
	`})
	tab.GoTo(t, v.fiveLines())
	tab.Until(t, `window.heard.length === 4`)
	if got := tab.get(t, `window.heard.sort().join()`); got != "kinde-if upstream-failed,kinde-signed-in upstream-failed,kinde-signed-out upstream-failed,kinde-user upstream-failed" {
		t.Errorf("heard %s", got)
	}
	if got := tab.seen(t); !slices.Equal(got, []string{""}) {
		t.Errorf("showed %q", got)
	}
	tab.quiet(t)
}

func (v visitor) isSignedOutElsewhere(t *testing.T) {
	v.GoTo(t, v.fiveLines())
	v.Until(t, shows(inText))
	second := visitor{v.place, v.another(t)}
	second.GoTo(t, v.fiveLines())
	second.Until(t, shows(inText))
	second.press(t, kb.Tab+kb.Tab+kb.Tab)
	second.Until(t, `document.activeElement.matches("kinde-logout-button > button")`)
	second.press(t, kb.Enter)
	second.Until(t, v.home())
	second.quiet(t)
	v.Until(t, shows(outText)) // without a reload
}

func (v visitor) isSignedInElsewhere(t *testing.T) {
	second := visitor{v.place, v.another(t)}
	second.GoTo(t, v.fiveLines())
	second.Until(t, shows(outText))
	second.Click(t, "a[href^='/auth/login']")
	second.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	second.Click(t, choose(demo.ID))
	second.Until(t, shows(inText))
	second.quiet(t)
	v.Until(t, shows(inText))
}

func (v visitor) comesBackToKeptElements(t *testing.T) {
	v.Click(t, "kinde-portal-button > button")
	v.Until(t, v.inPortal("plan_details"))
	second := visitor{v.place, v.another(t)}
	second.GoTo(t, v.demoPage())
	second.Until(t, v.state("in"))
	second.Click(t, "#sign-out")
	second.Until(t, v.home())
	v.back(t)
	v.Until(t, shows(outText))
	switch restored := v.get(t, `window.restored ?? "none"`); {
	case restored == "none":
		t.Error("the browser did not keep the page, so this shows nothing")
	case strings.Contains(restored, demo.Name()) || strings.Contains(restored, "Your plan"):
		t.Errorf("the page was kept with %q", restored)
	}
	v.refusesOneRefresh(t)
}
