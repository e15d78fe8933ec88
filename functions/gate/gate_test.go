package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/gate"
	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

const testRules = `{"rules": [
	{"path": "/members/"},
	{"path": "/members/reports/", "permission": "view_reports"},
	{"path": "/members/closed/", "permission": "none:has"},
	{"path": "/beta/", "feature_flag": "new_dashboard"},
	{"path": "/pro/", "entitlement": "seats"},
	{"path": "/pro/", "role": "none"},
	{"path": "/paid/", "entitlement": "seats"},
	{"path": "/unpaid/", "entitlement": "nothing"}
]}`

var gateKey = []byte("fedcba9876543210fedcba9876543210")

// navigation holds the headers of a click on the site.
var navigation = []string{"Accept", "text/html", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "same-origin"}

func start(t *testing.T, settings ...string) *functiontest.Fixture {
	t.Helper()
	f := endpoint.Page("gate", build([]byte(testRules)))
	all := append([]string{"GATE_KEYS", base64.StdEncoding.EncodeToString(gateKey)}, functiontest.Sessions...)
	return functiontest.Start(t, f, kindetest.Options{}, append(all, settings...)...)
}

func signedIn(f *functiontest.Fixture, claims ...kindetest.Claim) (session.Session, string) {
	s := functiontest.NewSession(session.Tokens{Access: f.Mint(claims...), Refresh: f.MintRefresh()})
	return s, f.Holding(s)
}

func get(f *functiontest.Fixture, returnURL, cookie string, header ...string) *httptest.ResponseRecorder {
	target := functiontest.Site + "/auth/gate?return_url=" + url.QueryEscape(returnURL)
	return f.Get(target, append(append([]string{"Cookie", cookie}, navigation...), header...)...)
}

// cookieOf returns what a response sets by a name.
func cookieOf(w *httptest.ResponseRecorder, name string) *http.Cookie {
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == name {
			return cookie
		}
	}
	return nil
}

func TestPassLeadsToThePage(t *testing.T) {
	f := start(t)
	s, cookie := signedIn(f)
	for _, back := range []string{"/members/", "/members/a%20b?x=%26#y", functiontest.Site + "/members/", "/pricing",
		"/.netlify/images?url=/members/a.png&w=10"} {
		w := get(f, back, cookie)
		want := functiontest.Site + strings.TrimPrefix(back, functiontest.Site)
		if w.Code != 302 || w.Header().Get("Location") != want {
			t.Errorf("%s: got %d %q, want 302 %q", back, w.Code, w.Header().Get("Location"), want)
			continue
		}
		c := cookieOf(w, "__Host-gate")
		if c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 600 {
			t.Fatalf("%s: got the cookie %v, want HttpOnly, Secure, Lax and 600 s", back, c)
		}
		pass, err := gate.Keys{gateKey}.Open(c.Value, time.Now())
		left := time.Until(pass.Expires)
		if err != nil || !pass.Belongs(s.ID) || left < 9*time.Minute || left > gate.PassLife {
			t.Errorf("%s: got the pass %+v, %v, want one of the session for %v", back, pass, err, gate.PassLife)
		}
	}
}

func TestRequirements(t *testing.T) {
	f := start(t)
	_, cookie := signedIn(f)
	for back, want := range map[string]string{
		"/members/reports/x": "", "/members/closed/": "not-allowed", "/MEMBERS/closed/": "not-allowed",
		"/beta/": "", "/paid/": "", "/unpaid/": "not-allowed", "/pro/": "not-allowed",
		"/.netlify/images?url=members%2Fclosed%2Fa.png": "not-allowed",
	} {
		w := get(f, back, cookie)
		location := functiontest.Site + back
		if want != "" {
			location = functiontest.Site + "/access/?error=" + want
		}
		if w.Code != 302 || w.Header().Get("Location") != location || (cookieOf(w, "__Host-gate") != nil) != (want == "") {
			t.Errorf("%s: got %d %q, want %q", back, w.Code, w.Header().Get("Location"), location)
		}
	}
	w := get(f, "/members/closed/", cookie, "Accept", "application/json")
	if w.Code != 403 || !strings.Contains(w.Body.String(), `"not-allowed"`) {
		t.Errorf("JSON: got %d %s, want 403 not-allowed", w.Code, w.Body)
	}
}

func TestKindeIsCalledOnlyForMissingClaims(t *testing.T) {
	f := start(t)
	for name, row := range map[string]struct {
		back   string
		claims []kindetest.Claim
		calls  int
	}{
		"signed in":                    {"/members/", nil, 0},
		"permission in the token":      {"/members/reports/", nil, 0},
		"entitlement":                  {"/paid/", nil, 1},
		"permissions not in the token": {"/members/reports/", []kindetest.Claim{kindetest.Without("permissions")}, 1},
		"flags not in the token":       {"/beta/", []kindetest.Claim{kindetest.Without("feature_flags")}, 1},
	} {
		_, cookie := signedIn(f, row.claims...)
		f.ForgetCalls()
		if w := get(f, row.back, cookie); w.Code != 302 || w.Header().Get("Location") != functiontest.Site+row.back {
			t.Errorf("%s: got %d %q, want 302 %s", name, w.Code, w.Header().Get("Location"), row.back)
		}
		if calls := f.Calls("/account_api/"); (len(calls) == 0) != (row.calls == 0) {
			t.Errorf("%s: got %d calls, want %d", name, len(calls), row.calls)
		}
	}
}

func TestPassHoldsRequirementsOfOtherPages(t *testing.T) {
	f := start(t)
	_, cookie := signedIn(f)
	w := get(f, "/members/", cookie)
	pass, err := gate.Keys{gateKey}.Open(cookieOf(w, "__Host-gate").Value, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rules, _ := gate.Parse([]byte(testRules))
	for path, want := range map[string]bool{
		"/members/reports": true, "/members/closed": false, "/beta": true, "/paid": false,
	} {
		if got := pass.Meets(rules.For(path, gate.Netlify)); got != want {
			t.Errorf("%s: got %t, want %t", path, got, want)
		}
	}
}

func TestUpstreamFailures(t *testing.T) {
	f := start(t)
	_, cookie := signedIn(f)
	for name, fault := range map[string]kindetest.Fault{
		"500": {Status: 500}, "hangs": {Hang: true}, "not JSON": {Malformed: true},
	} {
		f.ClearFaults()
		f.Fault("/account_api/", fault)
		if w := get(f, "/paid/", cookie); w.Header().Get("Location") != functiontest.Site+"/access/?error=gate-failed" {
			t.Errorf("%s: got %d %q, want gate-failed", name, w.Code, w.Header().Get("Location"))
		}
		w := get(f, "/paid/", cookie, "Accept", "application/json")
		if w.Code != 502 || !strings.Contains(w.Body.String(), `"gate-failed"`) {
			t.Errorf("%s: JSON: got %d %s, want 502 gate-failed", name, w.Code, w.Body)
		}
		if w := get(f, "/members/", cookie); w.Header().Get("Location") != functiontest.Site+"/members/" {
			t.Errorf("%s: page without a call to Kinde: got %d %q", name, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestWithoutSession(t *testing.T) {
	f := start(t)
	image := []string{"Accept", "image/*", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Site", "same-origin"}
	fetch := []string{"Accept", "*/*", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin"}
	for name, row := range map[string]struct {
		header []string
		want   int
		code   string
	}{
		"image":        {image, 401, "no-token"},
		"fetch":        {fetch, 401, "no-token"},
		"JSON":         {[]string{"Accept", "application/json"}, 401, "no-token"},
		"prefetch":     {append([]string{"Sec-Purpose", "prefetch"}, navigation...), 503, ""},
		"Bearer fetch": {append([]string{"Sec-Fetch-Mode", "cors"}, f.Bearer()...), 401, "no-token"},
	} {
		w := f.Get(functiontest.Site+"/auth/gate?return_url=/members/", row.header...)
		if w.Code != row.want || len(w.Header()["Set-Cookie"]) > 0 || !strings.Contains(w.Body.String(), row.code) {
			t.Errorf("%s: got %d %s, want %d %s", name, w.Code, w.Body, row.want, row.code)
		}
	}
	w := get(f, "/members/?x=1", "")
	if !strings.HasPrefix(w.Header().Get("Location"), f.URL+"/oauth2/auth?") || w.Code != 302 {
		t.Fatalf("a navigation: got %d %q, want a sign-in", w.Code, w.Header().Get("Location"))
	}
	authorize, _ := url.Parse(w.Header().Get("Location"))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", functiontest.Kept(w.Header()))
	attempt, err := f.Cookies().Attempt(r, authorize.Query().Get("state"))
	if err != nil || attempt.ReturnURL != functiontest.Site+"/members/?x=1" {
		t.Errorf("got the attempt %+v, %v, want one that leads back", attempt, err)
	}
}

func TestLinkOfAnotherSiteIsRepeated(t *testing.T) {
	f := start(t)
	_, cookie := signedIn(f)
	mail := []string{"Accept", "text/html", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "cross-site"}
	w := f.Get(functiontest.Site+"/auth/gate?return_url=%2Fmembers%2F&pass=refused", mail...)
	_, rest, _ := strings.Cut(w.Body.String(), "0;url=")
	again, _, found := strings.Cut(rest, `"`)
	again = strings.ReplaceAll(again, "&amp;", "&")
	if w.Code != 200 || !found || !strings.HasPrefix(again, "/auth/gate?") {
		t.Fatalf("got %d %s, want a page that repeats the request", w.Code, w.Body)
	}
	kept := functiontest.Kept(w.Header())
	repeat := func(cookie string) *httptest.ResponseRecorder {
		return f.Get(functiontest.Site+again, append([]string{"Cookie", cookie}, navigation...)...)
	}
	if w := repeat(cookie); w.Header().Get("Location") != functiontest.Site+"/members/" {
		t.Errorf("signed in: got %d %q, want the page", w.Code, w.Header().Get("Location"))
	}
	signIn := repeat(kept)
	if !strings.HasPrefix(signIn.Header().Get("Location"), f.URL) || cookieOf(signIn, "__Host-gate-probe").MaxAge >= 0 {
		t.Errorf("signed out: got %d %q, want a sign-in that expires the probe", signIn.Code, signIn.Header()["Set-Cookie"])
	}
	w = f.Get(functiontest.Site+again, navigation...)
	if w.Header().Get("Location") != functiontest.Site+"/access/?error=no-cookies" {
		t.Errorf("without cookies: got %d %q, want no-cookies", w.Code, w.Header().Get("Location"))
	}
}

func TestDifferingKeysDoNotLoop(t *testing.T) {
	f := start(t)
	s, cookie := signedIn(f)
	rules, _ := gate.Parse([]byte(testRules))
	keys := gate.Keys{gateKey}
	good := keys.Issue(s.ID, rules, nil, time.Now().Add(gate.PassLife))
	target := functiontest.Site + "/auth/gate?return_url=%2Fmembers%2F&pass=refused"
	send := func(pass string) *httptest.ResponseRecorder {
		return f.Get(target, append([]string{"Cookie", cookie + "; __Host-gate=" + pass}, navigation...)...)
	}
	if w := send(good); w.Code != 500 || w.Header().Get("Location") != "" || cookieOf(w, "__Host-gate") != nil {
		t.Errorf("good pass that the edge refused: got %d %q, want 500", w.Code, w.Header().Get("Location"))
	}
	if !strings.Contains(f.Log(), "misconfigured") || !strings.Contains(f.Log(), "GATE_KEYS") ||
		strings.Contains(f.Log(), good[:30]) {
		t.Errorf("got log %s, want misconfigured and GATE_KEYS without the pass", f.Log())
	}
	otherKeys := gate.Keys{[]byte(strings.Repeat("x", 32))}
	for name, pass := range map[string]string{
		"about to expire":    keys.Issue(s.ID, rules, nil, time.Now().Add(skew/2)),
		"of another session": keys.Issue("other", rules, nil, time.Now().Add(gate.PassLife)),
		"forged":             "1.2.3.4.5",
		"under another key":  otherKeys.Issue(s.ID, rules, nil, time.Now().Add(gate.PassLife)),
	} {
		w := send(pass)
		if w.Code != 302 || w.Header().Get("Location") != functiontest.Site+"/members/" || cookieOf(w, "__Host-gate") == nil {
			t.Errorf("pass %s: got %d %q, want a new pass", name, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestReturnURLsThatLeadElsewhere(t *testing.T) {
	f := start(t, "ALLOWED_ORIGINS", "https://ally.example")
	_, cookie := signedIn(f)
	const refused = functiontest.Site + "/access/?error=invalid-return-url"
	for _, back := range []string{
		"", "members/", "//evil.example", "https://evil.example/", "https://ally.example/", functiontest.Site,
		"/auth/login", "/x/../members/", "/members%2f", "/members%3f", "/%256dembers/", "/.netlify/functions/gate",
		"/.netlify/images", "/.netlify/images?url=", "/.netlify/images?url=/a&url=/members/b",
		"/.netlify/images?url=https://evil.example/a",
	} {
		w := get(f, back, cookie)
		if w.Header().Get("Location") != refused || cookieOf(w, "__Host-gate") != nil {
			t.Errorf("%q: got %d %q, want invalid-return-url", back, w.Code, w.Header().Get("Location"))
		}
	}
	w := f.Get(functiontest.Site+"/auth/gate", append([]string{"Cookie", cookie}, navigation...)...)
	if w.Header().Get("Location") != refused {
		t.Errorf("without return_url: got %d %q, want invalid-return-url", w.Code, w.Header().Get("Location"))
	}
}

func TestRefreshesAnExpiredSession(t *testing.T) {
	f := start(t)
	_, cookie := signedIn(f, kindetest.ExpiresIn(-time.Hour))
	w := get(f, "/members/reports/", cookie)
	if w.Code != 302 || w.Header().Get("Location") != functiontest.Site+"/members/reports/" ||
		cookieOf(w, "__Host-session") == nil {
		t.Errorf("got %d %q %v, want the page and a new session", w.Code, w.Header().Get("Location"),
			w.Header()["Set-Cookie"])
	}
}

func TestMissingKeysAreMisconfigured(t *testing.T) {
	f := start(t, "GATE_KEYS", "")
	_, cookie := signedIn(f)
	if w := get(f, "/members/", cookie); w.Code != 500 || !strings.Contains(f.Log(), "GATE_KEYS") {
		t.Errorf("got %d %s, want 500 and GATE_KEYS in the log", w.Code, f.Log())
	}
}
