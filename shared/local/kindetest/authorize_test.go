package kindetest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// authURL is a good authorization request with changes: name, value; an empty
// value removes the parameter.
func (tn *tenant) authURL(changes ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {ClientID}, "redirect_uri": {callback}, "state": {"12345678"},
		"scope": {"openid offline"}, "nonce": {"n-1"}, "code_challenge_method": {"S256"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier("a-verifier")},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if q.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return tn.URL + "/oauth2/auth?" + q.Encode()
}

func TestAuthorizeRefuses(t *testing.T) {
	tn := newTenant(t)
	tests := []struct {
		name    string
		changes []string
		page    string // an error page with this title, or
		err     string // an error by redirect
	}{
		{"unknown client", []string{"client_id", "unknown"}, "Unknown application", ""},
		{"machine client", []string{"client_id", M2MClientID}, "Unknown application", ""},
		{"callback not registered", []string{"redirect_uri", callback + "/"}, "Invalid callback URL", ""},
		{"callback missing", []string{"redirect_uri", ""}, "Invalid callback URL", ""},
		{"response type", []string{"response_type", "token"}, "", "unsupported_response_type"},
		{"short state", []string{"state", "1234567"}, "", "invalid_state"},
		{"no state", []string{"state", ""}, "", "invalid_state"},
		{"plain challenge", []string{"code_challenge_method", "plain"}, "", "invalid_request"},
		{"challenge of another length", []string{"code_challenge", "short"}, "", "invalid_request"},
		{"public client without PKCE", []string{"client_id", SPAClientID, "code_challenge", ""}, "", "invalid_request"},
		{"unknown prompt", []string{"prompt", "select"}, "", "invalid_request"},
		{"scope not assigned", []string{"scope", "openid read:users"}, "", "invalid_scope"},
		{"not signed in", []string{"prompt", "none"}, "", "login_required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tn.t = t
			got := tn.get(tn.authURL(tt.changes...), "")
			if tt.page != "" {
				if got.status != http.StatusBadRequest || !strings.Contains(got.body, "<h1>"+tt.page+"</h1>") ||
					got.header.Get("Location") != "" {
					t.Errorf("got %d %s", got.status, got.body)
				}
				return
			}
			u := got.location(t)
			if !strings.HasPrefix(u.String(), callback+"?") || u.Query().Get("error") != tt.err || u.Query().Has("code") {
				t.Errorf("got a redirect to %s, want the error %s", u, tt.err)
			}
		})
	}
}

func TestSessionSkipsThePage(t *testing.T) {
	tn := newTenant(t)
	tn.signIn(tn.authURL(), EmptyUser)
	for name, tt := range map[string]struct {
		changes []string
		page    bool
	}{
		"no prompt":           {nil, false},
		"none":                {[]string{"prompt", "none"}, false},
		"login":               {[]string{"prompt", "login"}, true},
		"select_account":      {[]string{"prompt", "select_account"}, true},
		"consent":             {[]string{"prompt", "consent"}, true},
		"create":              {[]string{"prompt", "create"}, true},
		"another org":         {[]string{"org_code", SecondOrg}, true},
		"a new org":           {[]string{"is_create_org", "true", "org_name", "Fresh"}, true},
		"the org they are in": {[]string{"org_code", DemoOrg}, false},
	} {
		got := tn.get(tn.authURL(tt.changes...), "")
		if hasPage, hasCode := got.status == http.StatusOK, strings.Contains(got.header.Get("Location"),
			"code="); hasPage != tt.page || hasCode == tt.page {
			t.Errorf("%s: got %d %s", name, got.status, got.header.Get("Location"))
		}
	}
	if u := tn.get(tn.authURL("org_code", SecondOrg, "prompt", "none"),
		"").location(t); u.Query().Get("error") != "login_required" {
		t.Errorf("another organization: got redirect %s without the page", u)
	}
	old := tn.browser.Jar.Cookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(tn.URL, "http://")})
	tn.get("/logout", "")
	r, _ := http.NewRequest("GET", tn.authURL("prompt", "none"), nil)
	r.AddCookie(old[0])
	if u := tn.do(r).location(t); u.Query().Get("error") != "login_required" {
		t.Errorf("the old cookie after logout: got %s", u)
	}
	if u := tn.get(tn.authURL("prompt", "none"), "").location(t); u.Query().Get("error") != "login_required" {
		t.Errorf("after logout: got %s", u)
	}
}

func TestSessionCookieSignsIn(t *testing.T) {
	tn := newTenant(t)
	u, _ := url.Parse(tn.URL)
	tn.browser.Jar.SetCookies(u, []*http.Cookie{tn.Kinde.SessionCookie(AdminUser)})
	got := tn.get(tn.authURL("prompt", "none"), "").location(t)
	if got.Query().Get("code") == "" {
		t.Errorf("got a redirect to %s, want one with a code", got)
	}
	if tn.Kinde.SessionCookie("kp_unknown") != nil {
		t.Error("unknown user: got a cookie, want none")
	}
}

// orgOf redeems a code and returns its access token's org_code.
func (tn *tenant) orgOf(u *url.URL) string {
	tn.t.Helper()
	got := tn.post("/oauth2/token", grantForm(grantCode, "code", u.Query().Get("code"), "redirect_uri", callback,
		"code_verifier", "a-verifier"))
	b, err := tn.Kinde.verify(got.json(tn.t)["access_token"].(string), tn.URL)
	if err != nil {
		tn.t.Fatal(err)
	}
	return b.org
}

func TestOrganizations(t *testing.T) {
	tn := newTenant(t)
	login := func(user string, changes ...string) string {
		return tn.orgOf(tn.signIn(tn.authURL(append(changes, "prompt", "login")...), user))
	}
	if got := login(AdminUser); got != DemoOrg {
		t.Errorf("by default: got organization %q, want %q", got, DemoOrg)
	}
	if got := login(AdminUser, "org_code", SecondOrg); got != SecondOrg {
		t.Errorf("with org_code: got organization %q, want %q", got, SecondOrg)
	}
	if got := login(EmptyUser, "is_invitation", "true", "invitation_code", InvitationCode); got != SecondOrg {
		t.Errorf("with an invitation: got organization %q, want %q", got, SecondOrg)
	}
	fresh := login(DemoUser, "is_create_org", "true", "org_name", "Fresh")
	if fresh == DemoOrg || !strings.HasPrefix(fresh, "org_") {
		t.Errorf("with is_create_org: got organization %q, want a new one", fresh)
	}
	page := tn.get(tn.authURL("prompt", "login", "org_code", fresh), "")
	if !strings.Contains(page.body, DemoUser) || strings.Contains(page.body, AdminUser) {
		t.Error("got other users than the organization's members on the page")
	}
	got := tn.post(formAction(t, page), url.Values{"person": {AdminUser}})
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "not a member") {
		t.Errorf("not a member: got %d, want 422", got.status)
	}
}

func TestSignInPageForms(t *testing.T) {
	tn := newTenant(t)
	open := func(changes ...string) string {
		t.Helper()
		return formAction(t, tn.get(tn.authURL(append(changes, "prompt", "create")...), ""))
	}
	action := open()
	if u := tn.post(action, url.Values{"action": {"decline"}}).location(t); u.Query().Get("error") != "access_denied" ||
		u.Query().Get("state") != "12345678" {
		t.Errorf("decline: got %s", u)
	}
	if again := tn.post(action, url.Values{"person": {DemoUser}}); again.status != http.StatusBadRequest ||
		again.header.Get("Location") != "" {
		t.Errorf("second form: got %d, want 400", again.status)
	}
	u := tn.post(open(), url.Values{"action": {"create"}, "given_name": {"Sam"}, "family_name": {"New"},
		"email": {"sam@example.test"}}).location(t)
	if u.Query().Get("code") == "" {
		t.Fatalf("create: got %s", u)
	}
	for range maxUsers {
		_, _ = tn.Kinde.register("Many", "", "many@example.test")
	}
	if got := tn.post(open(), url.Values{"action": {"create"}, "given_name": {"One"},
		"email": {"one@example.test"}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("one account too many: got %d", got.status)
	}
	if got := tn.post(open(), url.Values{"action": {"create"}, "given_name": {""},
		"email": {"x"}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("account without a name: got %d", got.status)
	}
	if page := tn.get(tn.authURL("prompt", "login"), ""); !strings.Contains(page.body, "Sam New") {
		t.Error("got a page without the new user")
	}
	foreign, _ := http.NewRequest("POST", tn.URL+open(), strings.NewReader("person="+DemoUser))
	foreign.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := tn.do(foreign); got.status != http.StatusForbidden {
		t.Errorf("cross-site post: got %d", got.status)
	}
}

func TestExpiredLink(t *testing.T) {
	tn := newTenant(t)
	first := tn.get(tn.authURL("login_hint", ExpiredLinkHint, "supports_reauth", "true"), "").location(t).Query()
	state := first.Get("reauth_state")
	if first.Get("error") != "login_link_expired" || first.Get("state") != "12345678" {
		t.Fatalf("got %v, want login_link_expired with the state", first)
	}
	if raw, err := base64.StdEncoding.DecodeString(state); err != nil || !strings.Contains(string(raw), ExpiredLinkHint) {
		t.Errorf("reauth_state %q: got %v", state, err)
	}
	for _, supports := range []string{"", "false"} {
		got := tn.get(tn.authURL("login_hint", ExpiredLinkHint, "supports_reauth", supports), "").location(t).Query()
		if got.Get("error") != "login_link_expired" || got.Has("reauth_state") {
			t.Errorf("supports_reauth=%s: got %v, want no reauth_state", supports, got)
		}
	}
	again := tn.get(tn.authURL("reauth_state", state), "")
	if again.status != http.StatusOK || !strings.Contains(again.body, ExpiredLinkHint) {
		t.Errorf("restart: got %d, want the page with the hint", again.status)
	}
	button := tn.post(formAction(t, again), url.Values{"action": {"expired-link"}}).location(t)
	if button.Query().Get("error") != "login_link_expired" {
		t.Errorf("button: got redirect %s", button)
	}
	always := tn.get(tn.authURL("login_hint", AlwaysExpiredLinkHint, "reauth_state", state), "").location(t)
	if always.Query().Get("error") != "login_link_expired" {
		t.Errorf("hint that always fails: got %s", always)
	}
}

func TestLogout(t *testing.T) {
	tn := newTenant(t)
	for target, want := range map[string]int{
		DefaultSite + "/":       http.StatusFound,
		DefaultSite:             http.StatusFound,
		DefaultSite + "/other":  http.StatusBadRequest,
		"https://evil.example/": http.StatusBadRequest,
		"":                      http.StatusOK,
	} {
		got := tn.get("/logout?redirect="+url.QueryEscape(target), "")
		if got.status != want || (want == http.StatusFound) != (got.header.Get("Location") == target && target != "") {
			t.Errorf("%q: got %d to %q, want %d", target, got.status, got.header.Get("Location"), want)
		}
	}
}
