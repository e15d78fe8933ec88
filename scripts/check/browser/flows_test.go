//go:build realtools

package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"kinde-functions/shared/local/kindetest"
)

// flows are what users do in several steps, each with its own sign-in.
var flows = []struct {
	name string
	run  func(visitor, *testing.T, *kindetest.Kinde)
}{
	{"a plan bought at the portal shows on return", visitor.buysPlan},
	{"switching the organization keeps the user signed in", visitor.switchesOrganization},
	{"the API receives the access token and the page does not", visitor.callsAPI},
	{"signing out everywhere ends the session in another browser", visitor.signsOutEverywhere},
	{"signing out does not wait for another tab's refresh", visitor.signsOutDuringRefresh},
}

func TestFlows(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t) // without one, no session ends in another browser
	at, kinde := openWith(t, "UPSTREAM_TIMEOUT=8s", "REDIS_URL=redis://"+redis.Addr())
	v := visitor{at, launch(t)}
	for _, flow := range flows {
		t.Run(flow.name, func(t *testing.T) {
			flow.run(v, t, kinde)
			v.quiet(t)
		})
	}
}

// permissions are those that the page's session has.
func (v visitor) permissions(t *testing.T) []string {
	t.Helper()
	list := v.get(t, `import("/kinde-functions.js").then((site) => site.session()).then((now) => now.permissions.join())`)
	return strings.Split(list, ",")
}

func (v visitor) buysPlan(t *testing.T, kinde *kindetest.Kinde) {
	v.as(t, kindetest.StudioUser)
	if got := v.permissions(t); !slices.Contains(got, "export_reports") {
		t.Fatalf("got permissions %q, want those of the Pro plan", got)
	}
	v.Click(t, `#portal-areas a[href*="subnav=plan_selection"]`)
	v.Until(t, v.inPortal("plan_selection"))
	kinde.ForgetCalls()
	v.Click(t, `form[action$="/plan"] button`)
	v.Until(t, `document.querySelector("main").innerText.includes("Basic, since")`)
	v.Click(t, "a.back")
	v.Until(t, v.state("in")+" && "+everything+" && "+says("account", "shown", "Basic"))
	if got := v.permissions(t); slices.Contains(got, "export_reports") {
		t.Errorf("got permissions %q, want those of the Basic plan", got)
	}
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything)
	if got := len(kinde.Calls("POST /api/v1/users/" + kindetest.StudioUser + "/refresh_claims")); got != 1 {
		t.Errorf("got %d refreshes of the claims, want 1", got)
	}
}

func (v visitor) switchesOrganization(t *testing.T, _ *kindetest.Kinde) {
	v.as(t, kindetest.AdminUser)
	v.Until(t, says("account", "shown", kindetest.DemoOrg))
	v.Until(t, `document.querySelector("kinde-organization-switcher select")?.checkVisibility()`)
	v.get(t, fmt.Sprintf(`(() => {
		const select = document.querySelector("kinde-organization-switcher select");
		select.value = %q;
		select.dispatchEvent(new Event("change", { bubbles: true }));
		return "";
	})()`, kindetest.SecondOrg))
	v.Click(t, "kinde-organization-switcher button")
	v.Until(t, v.state("in")+" && "+everything+" && "+says("account", "shown", kindetest.SecondOrg))
	if got := v.permissions(t); !slices.Equal(got, []string{"view_reports"}) {
		t.Errorf("got permissions %q, want those of the second organization", got)
	}
	v.Until(t, fmt.Sprintf(`document.querySelector("kinde-organization-switcher select").value === %q`,
		kindetest.SecondOrg))
	v.picture(t, "70-other-organization")
}

func (v visitor) callsAPI(t *testing.T, _ *kindetest.Kinde) {
	v.as(t, demo.ID)
	v.Click(t, "#call-api")
	v.Until(t, says("api", "shown", `"path": "/hello"`)+" && "+says("api", "shown", "Bearer <access token of"))
	if got := v.get(t, `document.querySelector("#api").innerText`); jwt.MatchString(got) {
		t.Error("the page shows a token")
	}
	v.isAccessible(t, "API called")
	end := v.before(t, `addEventListener("readystatechange", () => {
		document.querySelector("#api")?.setAttribute("data-api", "missing");
	}, true)`)
	defer end()
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything)
	v.Click(t, "#call-api")
	v.Until(t, says("api", "unknown", "There is no API missing on this site."))
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "404") || !strings.Contains(complaint, "/api/proxy/missing/hello") {
			t.Errorf("console: %s", complaint)
		}
	}
}

func (v visitor) signsOutEverywhere(t *testing.T, _ *kindetest.Kinde) {
	v.as(t, demo.ID)
	other := visitor{v.place, launch(t)}
	other.as(t, demo.ID)
	v.Click(t, "#sign-out-everywhere")
	v.Until(t, v.home())
	other.GoTo(t, v.demoPage())
	other.Until(t, v.state("out"))
	other.showsNothingOf(t, demo.Email, demo.ID)
	other.as(t, demo.ID) // a new sign-in is not ended
}

// signsOutDuringRefresh signs out in one tab while Kinde keeps the refresh of another waiting.
func (v visitor) signsOutDuringRefresh(t *testing.T, kinde *kindetest.Kinde) {
	v.as(t, demo.ID)
	second := visitor{v.place, v.another(t)}
	second.GoTo(t, v.demoPage())
	second.Until(t, v.state("in")+" && "+everything)
	refreshes := func() int {
		return len(slices.DeleteFunc(kinde.Calls("POST /oauth2/token"), func(call kindetest.Call) bool {
			return call.Form.Get("grant_type") != "refresh_token"
		}))
	}
	kinde.ForgetCalls()
	kinde.Fault("POST /oauth2/token", kindetest.Fault{Delay: 4 * time.Second})
	defer kinde.ClearFaults()
	v.get(t, `import("/kinde-functions.js").then((site) => {
		window.outcome = "";
		site.refresh().then(() => { window.outcome = "refreshed" }, ({ status }) => { window.outcome = String(status) });
		return "";
	})`)
	for end := time.Now().Add(15 * time.Second); refreshes() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the tab does not refresh")
		}
	}
	second.Click(t, "#sign-out")
	second.Until(t, v.home())
	v.Until(t, v.state("out"))
	v.Until(t, `window.outcome`)
	if got := v.get(t, `window.outcome`); got != "401" {
		t.Errorf("got %s for the refresh, want 401", got)
	}
	time.Sleep(4 * time.Second) // until Kinde's response to the first refresh has arrived
	v.GoTo(t, v.demoPage())
	v.Until(t, `["out", "ended"].includes(document.querySelector("#sign-in").dataset.state)`)
	second.quiet(t)
	v.drain() // the refused refresh
}
