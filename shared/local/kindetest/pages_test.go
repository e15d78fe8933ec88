package kindetest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// openTag matches what would be markup if a name were not escaped.
var openTag = regexp.MustCompile(`(?i)<(script|img|b>Mallory|i>Motto)`)

func TestPagesAreSafeAndAccessible(t *testing.T) {
	tn := newTenant(t)
	mallory := tn.Kinde.Mint(For(MarkupUser))
	_, userCode := tn.startDevice()
	_, consent := tn.connect("")
	pages := map[string]response{
		"home":     tn.get("/", ""),
		"sign-in":  tn.get(tn.authURL("prompt", "login", "login_hint", `"><script>`), ""),
		"create":   tn.get(tn.authURL("prompt", "create"), ""),
		"callback": tn.get(tn.authURL("redirect_uri", `http://x/"><script>`), ""),
		"device":   tn.get("/device?user_code="+userCode, ""),
		"no code":  tn.get("/device?user_code=%3Cscript%3E", ""),
		"consent":  tn.get(consent, ""),
		"portal":   tn.get(tn.portalURL(mallory, ""), ""),
		"plans":    tn.get(tn.portalURL(tn.Kinde.Mint(), "subnav=plan_details"), ""),
		"logout":   tn.get("/logout?redirect=%3Cscript%3E", ""),
		"users":    tn.get("/dev/users", ""),
		"changed":  tn.post("/dev/users", url.Values{"person": {MarkupUser}, "change": {"suspend"}}),
		"token":    tn.post("/dev/token", url.Values{"person": {MarkupUser}}),
	}
	for name, page := range pages {
		if found := openTag.FindString(page.body); found != "" {
			t.Errorf("got %s: unescaped %s", name, found)
		}
		for _, want := range []string{`<html lang="en">`, `name="viewport"`, "<main", "<title>"} {
			if !strings.Contains(page.body, want) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
		if got := strings.Count(page.body, "<h1>"); got != 1 {
			t.Errorf("%s has %d h1", name, got)
		}
		csp := page.header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || page.header.Get("Cache-Control") != "no-store" {
			t.Errorf("got %s: CSP %q", name, csp)
		}
		for _, input := range regexp.MustCompile(`(?s)<input[^>]*>`).FindAllStringIndex(page.body, -1) {
			tag, before := page.body[input[0]:input[1]], page.body[:input[0]]
			if !strings.Contains(tag, `type="hidden"`) && strings.LastIndex(before, "<label") < strings.LastIndex(before,
				"</label>") {
				t.Errorf("got %s: no label around %s", name, tag)
			}
		}
	}
	if got := tn.get("/style.css", ""); got.status != http.StatusOK ||
		!strings.HasPrefix(got.header.Get("Content-Type"), "text/css") {
		t.Errorf("stylesheet: got %d", got.status)
	}
}

func TestShownTokenIsValid(t *testing.T) {
	tn := newTenant(t)
	page := tn.post("/dev/token", url.Values{"person": {EmptyUser}})
	_, rest, _ := strings.Cut(page.body, "<textarea")
	_, rest, _ = strings.Cut(rest, ">")
	shown, _, _ := strings.Cut(rest, "<")
	if got := tn.get("/oauth2/v2/user_profile", shown); got.status != http.StatusOK || got.json(t)["sub"] != EmptyUser {
		t.Errorf("the token on the page: got %d", got.status)
	}
	if got := tn.post("/dev/token", url.Values{"person": {"kp_unknown"}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("nobody: got %d", got.status)
	}
}

func TestSignInPageListsTestUsersApart(t *testing.T) {
	page := newTenant(t)
	body := page.get(page.authURL(), "").body
	heading := strings.Index(body, "<h2>Test people</h2>")
	for id, apart := range map[string]bool{StudioUser: false, AdminUser: false, DemoUser: true, EmptyUser: true,
		MarkupUser: true} {
		if at := strings.Index(body, `value="`+id+`"`); heading < 0 || at < 0 || (at > heading) != apart {
			t.Errorf("%s: got it at %d, the heading at %d, want it below %v", id, at, heading, apart)
		}
	}
	custom := newTenant(t, func(o *Options) {
		o.Users = []User{{ID: "kp_1", GivenName: "Uma", Memberships: []Membership{{OrgCode: "org_1"}}}}
	})
	if body := custom.get(custom.authURL(), "").body; !strings.Contains(body, "Uma") ||
		strings.Contains(body, "Test users") {
		t.Error("got the heading without test users")
	}
}
