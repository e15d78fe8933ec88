//go:build realtools

package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"

	"kinde-functions/shared/local/kindetest"
)

// consentPage is where the third party asks the person for access.
const consentPage = `document.readyState === "complete" && document.querySelector('button[value="approve"]')`

// app is a condition: the card of the connected app is in a state.
func app(state string) string {
	return fmt.Sprintf(`document.querySelector("#app").dataset.state === %q`, state)
}

// as signs somebody in, whoever was before, and shows the demo page.
func (v visitor) as(t *testing.T, person string) {
	t.Helper()
	v.GoTo(t, v.site+"/auth/login?prompt=login&return_url=/demo/")
	v.Until(t, `document.querySelector('`+choose(person)+`')`)
	v.Click(t, choose(person))
	v.Until(t, v.state("in")+" && "+everything)
}

func (v visitor) leaves(t *testing.T) {
	t.Helper()
	v.Click(t, "#sign-out")
	v.Until(t, v.home())
}

func (v visitor) declinesTheApp(t *testing.T) {
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+app("apart"))
	v.picture(t, "30-app-apart")
	v.Click(t, "button.connect")
	v.Until(t, consentPage)
	v.picture(t, "31-app-consent")
	v.Click(t, `button[value="decline"]`)
	v.Until(t, v.state("in")+" && "+everything+" && "+app("declined")) // the error is gone from the address
	v.Until(t, `document.activeElement.id === "app-heading"`)
	if n := v.askedFor("/demo/?error=access_denied"); n != 1 {
		t.Errorf("%d returns with an error, want 1", n)
	}
	if text := v.text(t); !strings.Contains(text, "You said no") {
		t.Errorf("shows %.900q", text)
	}
	v.picture(t, "32-app-declined")
	v.isAccessible(t, "app declined")
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything+" && "+app("apart"))
}

func (v visitor) connectsTheApp(t *testing.T) {
	v.Click(t, "button.connect")
	v.Until(t, consentPage)
	v.Click(t, `button[value="approve"]`)
	v.Until(t, v.state("in")+" && "+everything+" && "+app("connected"))
	v.showsTheFiles(t)
	v.picture(t, "33-app-connected")
	if got := v.get(t, `document.documentElement.outerHTML + JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])`); strings.Contains(got, "third_party_") {
		t.Error("the app's token is on the page or stored")
	}
}

func (v visitor) showsTheFiles(t *testing.T) {
	t.Helper()
	want := "Plan for the summer.pdf|naïve café ☕.txt|<b>not bold</b>.md"
	if got := v.get(t, `[...document.querySelectorAll("#app .file")].map((file) => file.textContent).join("|")`); got != want {
		t.Errorf("lists %q", got)
	}
	if got := v.get(t, `document.querySelector("#app time").dateTime`); len(got) < 20 {
		t.Errorf("the token ends at %q", got)
	}
}

// seesNoOthersApp is somebody else on the same browser; whose app it is finds
// it as it was, if the other did nothing about it.
func (v visitor) seesNoOthersApp(t *testing.T) {
	v.leaves(t)
	if got := v.get(t, `document.documentElement.outerHTML`); strings.Contains(got, "summer") {
		t.Error("the files are still there after the sign-out")
	}
	v.as(t, kindetest.AdminUser)
	v.Until(t, app("apart"))
	if got := v.get(t, `document.documentElement.outerHTML`); strings.Contains(got, "summer") {
		t.Error("shows another's files")
	}
	v.picture(t, "34-app-of-another")
	v.leaves(t)
	v.as(t, demo.ID)
}

// isNotToldLies follows links that say what only the app may say, and comes back from
// the app with an answer that is none.
func (v visitor) isNotToldLies(t *testing.T) {
	for _, link := range []string{"/demo/?error=access_denied#app",
		"/demo/?error=server_error&error_description=Send+your+password+to+mallory"} {
		v.GoTo(t, v.site+link)
		v.Until(t, v.state("in")+" && "+everything+" && "+app("apart"))
		if text := v.text(t); strings.Contains(text, "You said no") || strings.Contains(text, "othing was connected") ||
			strings.Contains(text, "mallory") {
			t.Errorf("after %s: %.900q", link, text)
		}
	}
	v.Click(t, "button.connect")
	v.Until(t, consentPage)
	v.GoTo(t, v.site+"/demo/?error=pay_mallory&error_description=now#app")
	v.Until(t, v.state("in")+" && "+everything+" && "+app("declined"))
	if text := v.get(t, `document.querySelector("#app").innerText`); !strings.Contains(text, "Nothing was connected.") ||
		strings.Contains(text, "mallory") {
		t.Errorf("shows %q", text)
	}
	v.picture(t, "36-app-no-answer")
	v.GoTo(t, v.site+"/demo/?error=access_denied#app") // the way back is used up
	v.Until(t, v.state("in")+" && "+everything+" && "+app("apart"))
}

// before runs a script in each document of the tab, before its own; the function
// returned ends that.
func (v visitor) before(t *testing.T, script string) (end func()) {
	t.Helper()
	id := call(t, v.tab, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: script}).Identifier
	return func() {
		call(t, v.tab, page.RemoveScriptToEvaluateOnNewDocument,
			page.RemoveScriptToEvaluateOnNewDocumentParams{Identifier: id})
	}
}

// card changes an attribute of the app's card, as whoever deploys the page would.
func card(name, value string) string {
	return fmt.Sprintf(`addEventListener("readystatechange", () => { document.querySelector("#app")?.setAttribute(%q, %q) }, true)`, name, value)
}

// seesNoFiles has the app connected where no list of files is, and where it is not
// to be reached.
func (v visitor) seesNoFiles(t *testing.T) {
	v.connectsTheApp(t)
	end := v.before(t, card("data-app-files", "/no-such-list"))
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything+" && "+app("connected"))
	if text := v.get(t, `document.querySelector("#app").innerText`); !strings.Contains(text,
		"/no-such-list answered with status 404") || !strings.Contains(text, "data-app-files at this card in demo/index.html") {
		t.Errorf("shows %q", text)
	}
	v.isAccessible(t, "app without files")
	for _, complaint := range v.drain() {
		if !strings.HasSuffix(complaint, "/no-such-list") {
			t.Errorf("console: %s", complaint)
		}
	}
	end()
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything+" && "+app("connected"))
	v.showsTheFiles(t)
	v.offline(t, true)
	v.Click(t, "#app-disconnect")
	v.Until(t, app("connected")+` && document.querySelector("#app-action-trouble").innerText.includes("You are offline")`)
	v.picture(t, "37-app-not-disconnected")
	v.offline(t, false)
	v.drain()
}

// asksForAnUnknownApp names an app at the card that the functions do not know.
func (v visitor) asksForAnUnknownApp(t *testing.T) {
	end := v.before(t, card("data-app", "other_drive"))
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything+" && "+app("unknown"))
	if text := v.get(t, `document.querySelector("#app").innerText`); !strings.Contains(text,
		"is not set up on this site") || !strings.Contains(text, "add other_drive to CONNECTED_APPS") {
		t.Errorf("shows %q", text)
	}
	v.isAccessible(t, "app unknown")
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "404") || !strings.HasSuffix(complaint, "/api/connected-apps/other_drive/token") {
			t.Errorf("console: %s", complaint)
		}
	}
	end()
}

func (v visitor) disconnectsTheApp(t *testing.T) {
	v.Click(t, "#app-disconnect")
	v.Until(t, app("apart")+` && document.activeElement.id === "app-heading"`)
	if text := v.get(t, `document.querySelector("#app").innerText`); strings.Contains(text, "summer") {
		t.Errorf("shows %q", text)
	}
	v.picture(t, "35-app-disconnected")
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything+" && "+app("apart"))
}
