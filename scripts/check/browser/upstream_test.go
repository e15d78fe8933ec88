//go:build realtools

package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// faults are what the demo page makes of real functions in trouble, in order, each on
// a page of its own.
var faults = []struct {
	name string
	meet func(visitor, *testing.T, *kindetest.Kinde)
}{
	{"Kinde does not answer", visitor.waitsForKinde},
	{"Kinde is down", visitor.findsKindeDown},
	{"a part is missing", visitor.missesAPart},
	{"not set up", visitor.findsSettingsMissing},
	{"rate-limited", visitor.asksTooOften},
	{"not revoked", visitor.cannotRevoke},
	{"an empty account", visitor.hasNothing},
	{"markup in names", visitor.hasMarkupForAName},
}

// TestTroubleUpstream is the demo page with functions of which some lack a setting, that let
// nobody revoke twice in eight seconds, and whose Kinde fails as it is told to.
func TestTroubleUpstream(t *testing.T) {
	t.Parallel()
	at, kinde := openWith(t, "KINDE_M2M_CLIENT_ID=", "KINDE_M2M_CLIENT_SECRET=", "RATE_LIMIT=1/8s", "UPSTREAM_TIMEOUT=4s")
	v := visitor{at, launch(t)}
	v.GoTo(t, v.site+"/auth/login?return_url=/demo/")
	v.Until(t, `document.querySelector('`+choose(demo.ID)+`')`)
	v.Click(t, choose(demo.ID))
	v.Until(t, v.state("in")+" && "+everything)
	v.drain()
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			fault.meet(v, t, kinde)
			kinde.ClearFaults()
			for _, complaint := range v.drain() {
				if !strings.Contains(complaint, "Failed to load resource: the server responded with a status of") {
					t.Errorf("console: %s", complaint)
				}
			}
		})
	}
}

// says is a condition: a card is in a state and shows some words.
func says(card, state, words string) string {
	return fmt.Sprintf(`document.querySelector("#%s").dataset.state === %q && document.querySelector("#%[1]s").innerText.includes(%[3]q)`, card, state, words)
}

const (
	profilePath = "/oauth2/v2/user_profile"
	accountPath = "/account_api/"
)

func (v visitor) waitsForKinde(t *testing.T, kinde *kindetest.Kinde) {
	kinde.Fault(profilePath, kindetest.Fault{Hang: true})
	kinde.Fault(accountPath, kindetest.Fault{Hang: true})
	v.GoTo(t, v.demoPage())
	loading := `["profile", "account"].every((id) => document.getElementById(id).ariaBusy === "true" && document.getElementById(id).dataset.state === "loading")`
	v.Until(t, v.state("in")+" && "+loading)
	v.isAccessible(t, "loading")
	v.Until(t, says("profile", "failed", "Kinde did not answer in time")+" && "+
		says("account", "failed", "upstream-timeout"))
	v.isAccessible(t, "failed")
}

func (v visitor) findsKindeDown(t *testing.T, kinde *kindetest.Kinde) {
	kinde.Fault(profilePath, kindetest.Fault{Reset: true})
	kinde.Fault(accountPath, kindetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"60"}}})
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+says("profile", "failed", "Kinde is out of reach just now")+" && "+
		says("profile", "failed", "upstream-failed"))
	v.Until(t, says("account", "failed", "Kinde is busy")+" && "+says("account", "failed", "You can try again in")+
		` && document.querySelector("#account-again").ariaDisabled === "true"`)
	v.isAccessible(t, "Kinde is down")
	kinde.ClearFaults()
	v.Click(t, "#profile-again")
	v.Until(t, says("profile", "shown", demo.Email))
}

func (v visitor) missesAPart(t *testing.T, kinde *kindetest.Kinde) {
	kinde.Fault("GET /account_api/v1/roles", kindetest.Fault{Status: 500})
	v.GoTo(t, v.demoPage())
	v.Until(t, says("account", "partly", "Could not be loaded: Kinde is out of reach just now. upstream-failed")+" && "+
		says("account", "partly", "view_reports"))
	if got := v.get(t, `[...document.querySelectorAll("#account .notice")].map((one) => one.closest("div").dataset.part).join()`); got != "roles" {
		t.Errorf("missing: %s", got)
	}
	v.isAccessible(t, "a part is missing")
	kinde.ClearFaults()
	v.Click(t, "#account-again")
	v.Until(t, says("account", "shown", "editor"))
}

// findsSettingsMissing is told what to set, in the card and at the button.
func (v visitor) findsSettingsMissing(t *testing.T, _ *kindetest.Kinde) {
	v.Until(t, says("app", "failed", "set CONNECTED_APPS, KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET")+" && "+
		says("app", "failed", "misconfigured"))
	v.Click(t, "#introspect")
	v.Until(t, tells("set KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET"))
	v.isAccessible(t, "not set up")
}

// asksTooOften is let in once; the countdown shows, and ends.
func (v visitor) asksTooOften(t *testing.T, _ *kindetest.Kinde) {
	v.revokes(t)
	v.Until(t, tells("Revoked"))
	v.revokes(t)
	v.Until(t, tells("Too many requests")+" && "+tells("rate-limited")+" && "+tells("You can try again in")+
		` && document.querySelector("#revoke").ariaDisabled === "true"`)
	v.isAccessible(t, "rate-limited")
	v.Until(t, tells("You can try again now")+` && document.querySelector("#revoke").ariaDisabled !== "true"`)
}

func (v visitor) cannotRevoke(t *testing.T, kinde *kindetest.Kinde) {
	kinde.Fault("/oauth2/revoke", kindetest.Fault{Status: 503, Header: http.Header{"Retry-After": {"120"}}})
	v.revokes(t)
	v.Until(t, tells("Not revoked: the token still works")+" && "+tells("not-revoked")+" && "+
		tells("You can try again in"))
	v.isAccessible(t, "not revoked")
}

// revokes ends a token that nobody knows.
func (v visitor) revokes(t *testing.T) {
	t.Helper()
	v.get(t, `(document.querySelector("#tokens-field").value = "strange.to.ken", "")`)
	v.Click(t, "#revoke")
	v.Until(t, asks("Revoke the token in the field?"))
	v.Click(t, "#revoke-yes")
}

func (v visitor) hasNothing(t *testing.T, _ *kindetest.Kinde) {
	v.as(t, kindetest.EmptyUser)
	for _, want := range []string{"You have no plan yet. Choose one in your account pages.", "You have no role.",
		"You have no permission.",
		"You have none. They come with a plan.", "No flag is set for you.", "Nothing more is kept about you."} {
		v.Until(t, says("account", "shown", want))
	}
	v.isAccessible(t, "an empty account")
}

// hasMarkupForAName is called what would be markup, and has a limit that is none.
func (v visitor) hasMarkupForAName(t *testing.T, kinde *kindetest.Kinde) {
	const bad = `<img src=x onerror="document.title='broken'">`
	if err := kinde.UpdateUser(kindetest.MarkupUser, func(p *kindetest.User) {
		p.GivenName = bad
		m := &p.Memberships[0]
		m.Plans = []kindetest.Plan{{Key: bad, Name: bad}}
		m.Roles = []kindetest.Role{{Name: bad, Key: bad}}
		m.FeatureFlags = []kindetest.FeatureFlag{{Name: bad, Key: bad, Type: "string", Value: bad},
			{Name: bad, Key: bad, Type: bad, Value: map[string]any{bad: bad}}}
		m.Entitlements = []kindetest.Entitlement{{FeatureName: bad, FeatureKey: bad, PriceName: bad, LimitMax: new(-5)}}
	}); err != nil {
		t.Fatal(err)
	}
	v.as(t, kindetest.MarkupUser)
	v.Until(t, says("profile", "shown", bad)+" && "+says("account", "shown", "Cannot be read"))
	if got := v.get(t, `document.title + " " + document.querySelectorAll("img[src=x], main script, main b, main i").length`); !strings.HasSuffix(got, " 0") || strings.HasPrefix(got, "broken") {
		t.Errorf("markup in names: %s", got)
	}
	for _, place := range []string{"plans", "roles", "entitlements", "flags"} {
		if got := v.get(t, fmt.Sprintf(`document.querySelector("[data-part=%s]").innerText`, place)); !strings.Contains(got,
			bad) {
			t.Errorf("%s: %q", place, got)
		}
	}
	v.isAccessible(t, "markup in names")
}
