//go:build realtools

package browser

import (
	"fmt"
	"strings"
	"testing"

	"kinde-functions/shared/kindetest"
)

// appShows is a condition: the card of the connected app says so, and the address is
// clean again.
func (p place) appShows(text string) string {
	return fmt.Sprintf(`location.href === %q && document.querySelector("#app").innerText.includes(%q)`, p.site+"/", text)
}

// consents clicks Connect and answers the third party's question.
func (v visitor) consents(t *testing.T, action string) {
	t.Helper()
	v.click(t, "#app-connect")
	button := fmt.Sprintf(`button[name="action"][value=%q]`, action)
	v.until(t, `document.querySelector('`+button+`')`)
	v.picture(t, "14-third-party")
	v.click(t, button)
}

// connectsAnApp declines, agrees, sees the files and disconnects.
func (v visitor) connectsAnApp(t *testing.T) {
	v.consents(t, "decline")
	v.until(t, v.appShows("You declined"))
	v.picture(t, "15-app-declined")
	v.consents(t, "approve")
	v.until(t, v.appShows("Plan for the summer.pdf"))
	v.picture(t, "16-app-connected")
	text := v.get(t, `document.querySelector("#app").innerText`)
	for _, want := range []string{"naïve café ☕.txt", "<b>not bold</b>.md", "182 KB", "good until"} {
		if !strings.Contains(text, want) {
			t.Errorf("the card does not show %q", want)
		}
	}
	if strings.Contains(v.get(t, "document.documentElement.outerHTML + location.href"), "third_party_") {
		t.Error("the app's token is in the page")
	}
	v.click(t, "#app-disconnect")
	v.until(t, v.appShows("no longer connected"))
}

// sharesABrowser is another person at the same browser, to whom the connection of the
// one before is none.
func (v visitor) sharesABrowser(t *testing.T) {
	v.consents(t, "approve")
	v.until(t, v.appShows("Plan for the summer.pdf"))
	v.click(t, "#sign-out")
	v.until(t, v.state("out"))
	v.click(t, `a[href^="/auth/login"]`)
	v.until(t, `document.querySelector('`+choose(kindetest.AdminPerson)+`')`)
	v.click(t, choose(kindetest.AdminPerson))
	v.until(t, v.state("in")+" && "+everything)
	v.click(t, "#app-list")
	v.until(t, v.appShows("Sample Drive is not connected"))
	v.picture(t, "17-app-not-connected")
	if left := v.drain(); len(left) != 1 || !strings.Contains(left[0], "404") { // browsers note the answer
		t.Errorf("console: %q", left)
	}
	v.click(t, "#sign-out")
	v.until(t, v.state("out"))
	v.click(t, `a[href^="/auth/login"]`)
	v.until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	v.click(t, choose(demo.ID))
	v.until(t, v.state("in")+" && "+everything)
}
