//go:build realtools

package browser

import (
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// seesWhoIsHere looks at a page while another tab signs out, in as somebody else, and
// over as a third: without a reload nothing of whoever was here before stays on it.
func (v visitor) seesWhoIsHere(t *testing.T) {
	second := visitor{v.place, v.another(t)}
	second.GoTo(t, v.demoPage())
	second.Until(t, v.state("in")+" && "+everything)
	second.Click(t, "#sign-out")
	second.Until(t, v.home())
	v.Until(t, v.state("out"))
	v.showsNothingOf(t, demo.Email, demo.FamilyName, demo.ID)
	v.picture(t, "14-signed-out-elsewhere")

	second.as(t, kindetest.AdminUser)
	v.Until(t, v.state("in")+" && "+everything)
	if text := v.text(t); !strings.Contains(text, "Alex Admin") {
		t.Errorf("shows %.500q", text)
	}
	second.GoTo(t, v.site+"/auth/login?prompt=login&return_url=/demo/")
	second.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	second.Click(t, choose(demo.ID))
	second.Until(t, v.state("in")+" && "+everything)
	v.Until(t, everything+` && document.querySelector("#profile").innerText.includes("`+demo.Email+`")`)
	v.showsNothingOf(t, "Alex", "alex@example.com", kindetest.AdminUser)
	second.quiet(t)
}

// showsNothingOf looks for words in all of the page, shown or not.
func (v visitor) showsNothingOf(t *testing.T, words ...string) {
	t.Helper()
	markup := v.get(t, "document.documentElement.outerHTML")
	for _, word := range words {
		if strings.Contains(markup, word) {
			t.Errorf("%q is on the page still", word)
		}
	}
}
