//go:build realtools

package browser

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"kinde-functions/shared/local/kindetest"
)

// demo is whom most of the tour signs in.
var demo = kindetest.DemoUserByID(kindetest.DemoUser)

// visitor is somebody in a tab of the place.
type visitor struct {
	place
	*tab
}

// stations are the tour, in order: each goes on from where the last ended.
var stations = []struct {
	name string
	stop func(visitor, *testing.T)
}{
	{"signed out", visitor.signedOut},
	{"declined", visitor.declines},
	{"sign-in", visitor.signsIn},
	{"long lists and the strip", visitor.unfoldsWhatIsLong},
	{"zoomed in", visitor.zoomsIn},
	{"where the session is", visitor.findsNoToken},
	{"portal", visitor.opensThePortal},
	{"connected app, declined", visitor.declinesTheApp},
	{"connected app", visitor.connectsTheApp},
	{"connected app of another", visitor.seesNoOthersApp},
	{"link that pretends to come from the app", visitor.isNotToldLies},
	{"connected app without its files", visitor.seesNoFiles},
	{"connected app, disconnected", visitor.disconnectsTheApp},
	{"connected app that is not set up", visitor.asksForAnUnknownApp},
	{"token tools", visitor.usesTheTokenTools},
	{"offline", visitor.isOffline},
	{"no answer in time", visitor.waitsInVain},
	{"somebody else in another tab", visitor.seesWhoIsHere},
	{"link from another site", visitor.followsALink},
	{"form on another site", visitor.isNotSignedOutByOthers},
	{"sign-out", visitor.signsOut},
	{"back", visitor.goesBack},
	{"link while signed out", visitor.followsALinkSignedOut},
	{"two tabs", visitor.usesTwoTabs},
	{"back to a kept page", visitor.comesBackToAKeptPage},
	{"pasted token", visitor.pastesAToken},
	{"trouble", visitor.meetsTrouble},
	{"without script", visitor.goesWithoutScript},
}

func (v visitor) tours(t *testing.T) {
	for _, station := range stations {
		passed := t.Run(station.name, func(t *testing.T) {
			station.stop(v, t)
			v.quiet(t)
		})
		if !passed {
			t.Fatalf("the tour ends at %q", station.name)
		}
	}
}

// state is a condition: the demo page is there, for that kind of visitor.
func (p place) state(state string) string {
	return fmt.Sprintf(`location.href === %q && document.querySelector("#sign-in").dataset.state === %q`, p.demoPage(),
		state)
}

// at is a condition: an address, as a whole, and something on the page.
func at(address, selector string) string {
	return fmt.Sprintf(`location.href === %q && document.readyState === "complete" && document.querySelector(%q)`, address,
		selector)
}

const everything = `["profile", "account"].every((id) => document.getElementById(id).dataset.state === "shown") && document.getElementById("app").ariaBusy === "false"`

// choose is the button of a person on Kinde's page.
func choose(id string) string { return fmt.Sprintf(`button.person[value=%q]`, id) }

func (v visitor) signedOut(t *testing.T) {
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("out"))
	if text := v.text(t); !strings.Contains(text, "Create an account") || !strings.Contains(text, "Sign in to open them") {
		t.Errorf("shows %.500q", text)
	}
	if got := v.get(t, `[...document.querySelectorAll("#sign-in .actions a")].map((a) => a.getAttribute("href")).join(" ")`); got != "/auth/login?return_url=/demo/ /auth/register?return_url=/demo/" {
		t.Errorf("links to %s", got)
	}
	v.picture(t, "01-signed-out")
}

func (v visitor) declines(t *testing.T) {
	v.Click(t, `a[href^="/auth/login"]`)
	v.Until(t, `document.querySelector('button[value="decline"]')`)
	v.Click(t, `button[value="decline"]`)
	v.Until(t, at(v.site+"/access/?error=access-denied", "#access-denied.shown"))
	v.picture(t, "02-declined")
	if left := v.cookies(t, "localhost"); len(left) != 0 {
		t.Errorf("%d cookies are left", len(left))
	}
	v.GoTo(t, v.demoPage())
}

func (v visitor) signsIn(t *testing.T) {
	v.Until(t, v.state("out"))
	v.Click(t, `a[href^="/auth/login"]`)
	v.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	v.picture(t, "03-kinde")
	v.Click(t, choose(demo.ID))
	v.Until(t, v.state("in")+" && "+everything)
	v.picture(t, "04-signed-in")
	text := v.text(t)
	for _, want := range []string{demo.Name(), demo.Email, "Sign out", demo.Memberships[0].Plans[0].Name,
		demo.Memberships[0].Roles[0].Name} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

// jwt is any token in the compact form.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.`)

// findsNoToken looks wherever a script could have a token from.
func (v visitor) findsNoToken(t *testing.T) {
	set := v.cookies(t, "localhost")
	var names []string
	for _, c := range set {
		names = append(names, c.Name)
		if !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" || c.Secure {
			t.Errorf("cookie %s: HttpOnly %v, SameSite %s, Path %s, Secure %v", c.Name, c.HTTPOnly, c.SameSite, c.Path, c.Secure)
		}
	}
	if slices.Sort(names); !slices.Equal(names, []string{"current", "session"}) {
		t.Fatalf("got cookies %q, want current and session", names)
	}
	memory, received := v.memory(t), v.received(t)
	if !strings.Contains(memory, "/api/user-profile") || !strings.Contains(received, demo.Email) {
		t.Error("the page's memory or answers lack what must be there")
	}
	everywhere := map[string]string{
		"memory":  memory,
		"answers": received,
		"page":    v.get(t, "document.documentElement.outerHTML + location.href + JSON.stringify(history.state)"),
		"storage": v.get(t, `(async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, window.name,
			await indexedDB.databases(), await caches.keys()]))()`),
	}
	if got := everywhere["storage"]; got != `[{},{},"","",[],[]]` {
		t.Errorf("something is stored: %.200s", got)
	}
	for where, content := range everywhere {
		if jwt.MatchString(content) || slices.ContainsFunc(set,
			func(c *network.Cookie) bool { return strings.Contains(content, c.Value[:20]) }) {
			t.Errorf("a token or the cookie is in the %s", where)
		}
	}
}

func (v visitor) opensThePortal(t *testing.T) {
	v.Click(t, `#portal-areas a[href*="subnav=plan_details"]`)
	v.Until(t, v.inPortal("plan_details"))
	v.picture(t, "05-portal")
	v.Click(t, "a.back")
	v.Until(t, v.state("in")+" && "+everything)
	v.picture(t, "06-returned")
}

// inPortal is a condition: Kinde's portal shows an area of somebody's account.
func (p place) inPortal(area string) string {
	return fmt.Sprintf(`location.href.startsWith(%q) && document.querySelector("main").innerText.includes("Area: %s")`,
		p.kinde+"/portal_redirect?key=", area)
}

// followsALink goes by a link on another site, as in a web mail: the browser
// leaves the Strict cookie out, and the page that repeats the request has it.
func (v visitor) followsALink(t *testing.T) {
	before := v.askedFor("repeated=1")
	v.GoTo(t, v.elsewhere)
	v.Click(t, "#portal")
	v.Until(t, v.inPortal("plan_details"))
	v.picture(t, "07-portal-from-another-site")
	if n := v.askedFor("repeated=1") - before; n != 1 {
		t.Errorf("the request was repeated %d times, want once: or the cookie is not Strict", n)
	}
	if v.askedFor("utm_source=mail&") != 0 || v.askedFor("subnav=plan_details&utm_source=mail") != 1 {
		t.Error("the repeated request carries a parameter that the route does not know")
	}
}

func (v visitor) isNotSignedOutByOthers(t *testing.T) {
	v.GoTo(t, v.elsewhere)
	v.Click(t, "#sign-out")
	v.Until(t, fmt.Sprintf(`location.href === %q`, v.site+"/auth/logout"))
	if text := v.text(t); !strings.Contains(text, "X-CSRF header missing") {
		t.Errorf("the form was answered with %.300q", text)
	}
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "403") {
			t.Errorf("console: %s", complaint)
		}
	}
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything)
}

func (v visitor) signsOut(t *testing.T) {
	before := v.askedFor(v.kinde + "/logout?redirect=")
	v.get(t, `window.here = "still"`)
	v.Click(t, "#sign-out")
	v.Until(t, `!window.here && `+v.home()) // back from Kinde
	v.picture(t, "08-signed-out-again")
	if left := v.cookies(t, "localhost"); len(left) != 1 || left[0].Name != "current" { // it names no session
		t.Errorf("got %d cookies after the sign-out, want current alone", len(left))
	}
	if n := v.askedFor(v.kinde+"/logout?redirect=") - before; n != 1 {
		t.Errorf("%d visits to Kinde's logout, want 1", n)
	}
}

// goesBack goes back over all the pages of the tour. On the site's own nothing
// private shows, not for a moment.
func (v visitor) goesBack(t *testing.T) {
	history := do(t, v.tab, "history", chromedp.NavigationEntries())
	entries, seen := history.Entries, 0
	for i := history.CurrentIndex - 1; i >= 0; i-- {
		if !strings.HasPrefix(entries[i].URL, v.site+"/") || strings.HasPrefix(entries[i].URL, v.site+"/auth/") {
			continue
		}
		v.backTo(t, entries[i])
		ready := fmt.Sprintf(`location.href === %q && document.readyState === "complete"`, entries[i].URL)
		if entries[i].URL == v.demoPage() {
			ready = v.state("out")
			seen++
		}
		v.Until(t, ready)
		for where, text := range map[string]string{"page": v.text(t),
			"page as it was kept": v.get(t, `window.restored ?? ""`), "markup": v.get(t, "document.documentElement.outerHTML")} {
			if strings.Contains(text, demo.Email) || strings.Contains(text, demo.FamilyName) || strings.Contains(text, demo.ID) {
				t.Errorf("back at %s the %s shows who was signed in", entries[i].URL, where)
			}
		}
	}
	if seen < 2 {
		t.Errorf("only %d of %d entries were the demo page", seen, len(entries))
	}
	v.picture(t, "09-back")
}

// followsALinkSignedOut is sent to sign in, and arrives all the same.
func (v visitor) followsALinkSignedOut(t *testing.T) {
	v.GoTo(t, v.elsewhere)
	v.Click(t, "#portal")
	v.Until(t, at(v.site+"/access/?error=no-token", "#no-token.shown"))
	v.picture(t, "10-please-sign-in")
	v.Click(t, "#no-token a.primary")
	v.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	v.Click(t, choose(demo.ID))
	v.Until(t, v.inPortal("profile"))
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in"))
	v.Click(t, "#sign-out")
	v.Until(t, v.home())
}

// usesTwoTabs begins to sign in in both before it ends in either.
func (v visitor) usesTwoTabs(t *testing.T) {
	second := visitor{v.place, v.another(t)}
	for _, tab := range []visitor{v, second} {
		tab.GoTo(t, v.site+map[bool]string{true: "/auth/login?return_url=/access/",
			false: "/auth/login?return_url=/demo/"}[tab == v])
		tab.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	}
	v.Click(t, choose(demo.ID))
	v.Until(t, at(v.site+"/access/", "#welcome-back.shown"))
	second.Click(t, choose(kindetest.AdminUser))
	second.Until(t, v.state("in")+" && "+everything)
	if text := second.text(t); !strings.Contains(text, "Alex Admin") || strings.Contains(text, demo.Email) {
		t.Errorf("the second tab shows %.500q", text)
	}
	second.picture(t, "11-second-tab")
	second.Click(t, "#sign-out")
	second.Until(t, v.home())
	second.quiet(t)
}

// comesBackToAKeptPage leaves the demo page for the portal, signs out in
// another tab and goes back. The browser kept the page as it was left, and
// shows it before any script can ask who is signed in.
func (v visitor) comesBackToAKeptPage(t *testing.T) {
	v.GoTo(t, v.site+"/auth/login?return_url=/demo/")
	v.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	v.Click(t, choose(demo.ID))
	v.Until(t, v.state("in")+" && "+everything)
	v.Click(t, `#portal-areas a[href*="subnav=profile"]`)
	v.Until(t, v.inPortal("profile"))
	second := visitor{v.place, v.another(t)}
	second.GoTo(t, v.demoPage())
	second.Until(t, v.state("in"))
	second.Click(t, "#sign-out")
	second.Until(t, v.home())
	second.quiet(t)
	v.back(t)
	v.Until(t, v.state("out"))
	switch restored := v.get(t, `window.restored ?? ""`); {
	case restored == "":
		t.Error("the browser did not keep the page, so this shows nothing")
	case strings.Contains(restored, demo.Email) || strings.Contains(restored, demo.Name()):
		t.Errorf("the page was kept with what is private: %.900q", restored)
	}
	v.refusesOneRefresh(t)
}

// refusesOneRefresh expects the console's complaint about the one refresh that follows a
// return from the portal to a page whose user has signed out meanwhile.
func (v visitor) refusesOneRefresh(t *testing.T) {
	t.Helper()
	got := v.drain()
	if len(got) != 1 || !strings.Contains(got[0], "401") || !strings.HasSuffix(got[0], "/auth/refresh") {
		t.Errorf("console: got %q, want a 401 of /auth/refresh", got)
	}
}

// goesWithoutScript signs in and opens the portal by links alone.
func (v visitor) goesWithoutScript(t *testing.T) {
	plain := visitor{v.place, v.another(t)}
	call(t, plain.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	plain.GoTo(t, v.demoPage())
	plain.Until(t, v.state("checking"))
	plain.picture(t, "13-without-script")
	if text := plain.text(t); strings.Contains(text, "Connected app") || strings.Contains(text, "Token tools") ||
		strings.Contains(text, "Last requests") {
		t.Errorf("shows what needs a script: %q", text)
	}
	plain.Click(t, `a[href^="/auth/login"]`)
	plain.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	plain.Click(t, choose(demo.ID))
	plain.Until(t, v.state("checking"))
	plain.Click(t, `#portal-areas a[href*="subnav=payment_details"]`)
	plain.Until(t, v.inPortal("payment_details"))
	plain.quiet(t)
}

// pastesAToken uses the page without a session: the token works, and is gone
// when one comes back.
func (v visitor) pastesAToken(t *testing.T) {
	v.GoTo(t, v.kinde+"/")
	v.Click(t, choose(demo.ID))
	v.Until(t, `document.querySelector("textarea")?.value`)
	token := v.get(t, `document.querySelector("textarea").value`)
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("out"))
	v.Click(t, "#other-way summary")
	v.paste(t, "#token", token)
	v.Click(t, "#use-token")
	v.Until(t, v.state("token")+" && "+everything+" && "+app("foreign"))
	if text := v.get(t, `document.querySelector("#app").innerText`); !strings.Contains(text,
		"Connecting takes a sign-in here") {
		t.Errorf("the app's card shows %q", text)
	}
	v.picture(t, "12-token")
	v.Click(t, "#revoke")
	v.Until(t, asks("Revoke the token that you signed in with?"))
	v.Click(t, "#revoke-keep")
	v.Click(t, `#portal-areas a[href*="subnav=profile"]`)
	v.Until(t, v.inPortal("profile"))
	v.back(t)
	v.Until(t, v.state("out"))
	if text := v.text(t); strings.Contains(text, demo.Email) {
		t.Error("the profile is still there without the token")
	}
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("out"))
	v.Click(t, "#other-way summary")
	v.paste(t, "#token", "not.a.token")
	v.Click(t, "#use-token")
	v.Until(t, v.state("refused"))
	v.isAccessible(t, "refused")
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "401") {
			t.Errorf("console: %s", complaint)
		}
	}
}
