//go:build realtools

package browser

import (
	"fmt"
	"strings"
	"testing"

	"kinde-functions/shared/kindetest"
)

// consentPage is where the third party asks the person for access.
const consentPage = `document.readyState === "complete" && document.querySelector('button[value="approve"]')`

// app is a condition: the card of the connected app is in a state.
func app(state string) string {
	return fmt.Sprintf(`document.querySelector("#app").dataset.state === %q`, state)
}

// as signs somebody in who was not, and shows the demo page.
func (v visitor) as(t *testing.T, person string) {
	t.Helper()
	v.goTo(t, v.site+"/auth/login?return_url=/")
	v.until(t, `document.querySelector('`+choose(person)+`')`)
	v.click(t, choose(person))
	v.until(t, v.state("in")+" && "+everything)
}

func (v visitor) leaves(t *testing.T) {
	t.Helper()
	v.click(t, "#sign-out")
	v.until(t, v.state("out"))
}

func (v visitor) declinesTheApp(t *testing.T) {
	v.goTo(t, v.site+"/")
	v.until(t, v.state("in")+" && "+app("apart"))
	v.picture(t, "30-app-apart")
	v.click(t, "button.connect")
	v.until(t, consentPage)
	v.picture(t, "31-app-consent")
	v.click(t, `button[value="decline"]`)
	v.until(t, v.state("in")+" && "+everything+" && "+app("declined")) // the error is gone from the address
	v.until(t, `document.activeElement.id === "app-heading"`)
	if n := v.askedFor("/?error=access_denied"); n != 1 {
		t.Errorf("%d returns with an error, want 1", n)
	}
	if text := v.text(t); !strings.Contains(text, "You said no") {
		t.Errorf("shows %.900q", text)
	}
	v.picture(t, "32-app-declined")
	v.goTo(t, v.site+"/")
	v.until(t, v.state("in")+" && "+everything+" && "+app("apart"))
}

func (v visitor) connectsTheApp(t *testing.T) {
	v.click(t, "button.connect")
	v.until(t, consentPage)
	v.click(t, `button[value="approve"]`)
	v.until(t, v.state("in")+" && "+everything+" && "+app("connected"))
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
	v.as(t, kindetest.AdminPerson)
	v.until(t, app("apart"))
	if got := v.get(t, `document.documentElement.outerHTML`); strings.Contains(got, "summer") {
		t.Error("shows another's files")
	}
	v.picture(t, "34-app-of-another")
	v.leaves(t)
	v.as(t, demo.ID)
}

func (v visitor) disconnectsTheApp(t *testing.T) {
	if v.get(t, `document.querySelector("#app").dataset.state`) == "apart" { // the sign-out took it along
		v.connectsTheApp(t)
	}
	v.click(t, "#app-disconnect")
	v.until(t, app("apart")+` && document.activeElement.id === "app-heading"`)
	if text := v.get(t, `document.querySelector("#app").innerText`); strings.Contains(text, "summer") {
		t.Errorf("shows %q", text)
	}
	v.picture(t, "35-app-disconnected")
	v.goTo(t, v.site+"/")
	v.until(t, v.state("in")+" && "+everything+" && "+app("apart"))
}
