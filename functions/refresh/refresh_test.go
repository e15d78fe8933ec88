package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

const site = functiontest.Site

var machine = []string{"KINDE_M2M_CLIENT_ID", kindetest.M2MClientID, "KINDE_M2M_CLIENT_SECRET",
	kindetest.M2MClientSecret}

func start(t *testing.T, settings ...string) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{}, append(settings, functiontest.Sessions...)...)
}

// signedIn is a session with tokens that Kinde has issued, so that it keeps their claims.
func signedIn(t *testing.T, f *functiontest.Fixture) session.Session {
	t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {f.MintRefresh()},
		"client_id": {kindetest.ClientID}, "client_secret": {kindetest.ClientSecret}}
	resp, err := http.PostForm(f.URL+"/oauth2/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&tokens); err != nil || tokens.Access == "" || tokens.Refresh == "" {
		t.Fatalf("no tokens: got %v", err)
	}
	f.ForgetCalls()
	return functiontest.NewSession(session.Tokens{Access: tokens.Access, Refresh: tokens.Refresh})
}

// grantPermission gives the demo user a permission through their role.
func grantPermission(t *testing.T, f *functiontest.Fixture, key string) {
	t.Helper()
	err := f.UpdateInherited(kindetest.DemoUser, func(p *kindetest.User) {
		p.Memberships[0].Permissions = append(p.Memberships[0].Permissions,
			kindetest.Permission{ID: "perm_" + key, Key: key, Name: key})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func post(f *functiontest.Fixture, cookie string, header ...string) *httptest.ResponseRecorder {
	return f.Post(site+"/auth/refresh", "", append(header, "Cookie", cookie, "X-CSRF", "1")...)
}

type body struct {
	Authenticated   bool
	User            struct{ ID string }
	Permissions     []string
	ClaimsRefreshed *bool `json:"claims_refreshed"`
}

func decode(t *testing.T, w *httptest.ResponseRecorder) body {
	t.Helper()
	var b body
	if err := json.Unmarshal(w.Body.Bytes(), &b); err != nil || w.Code != 200 || b.ClaimsRefreshed == nil {
		t.Fatalf("got %d %s, want 200 with claims_refreshed", w.Code, w.Body)
	}
	return b
}

func TestRefreshReturnsCurrentClaims(t *testing.T) {
	for name, row := range map[string]struct {
		settings []string
		fresh    bool
	}{"with the M2M application": {machine, true}, "without": {nil, false}} {
		f := start(t, row.settings...)
		before := signedIn(t, f)
		grantPermission(t, f, "new:permission")
		w := post(f, f.Holding(before))
		got := decode(t, w)
		if !got.Authenticated || got.User.ID != kindetest.DemoUser || *got.ClaimsRefreshed != row.fresh ||
			slices.Contains(got.Permissions, "new:permission") != row.fresh {
			t.Errorf("%s: got %s, want the new permission: %v", name, w.Body, row.fresh)
		}
		after, err := f.Stored(w)
		if err != nil || after.ID != before.ID || after.Access == before.Access || after.Refresh == before.Refresh ||
			after.RefreshDue {
			t.Errorf("%s: the session is %+v (%v), want the same one with new tokens", name, after, err)
		}
		calls := f.Calls("/api/v1/users/")
		if row.fresh && (len(calls) != 1 || calls[0].Path != "/api/v1/users/"+kindetest.DemoUser+"/refresh_claims") {
			t.Errorf("%s: calls %+v, want one for the caller's own id", name, calls)
		}
		if !row.fresh && !strings.Contains(f.Log(), "update:user_refresh_claims") {
			t.Errorf("%s: got log %s, want what is missing", name, f.Log())
		}
	}
}

// No step that fails signs the user out.
func TestRefreshFailures(t *testing.T) {
	for name, row := range map[string]struct {
		path   string
		fault  kindetest.Fault
		status int
		code   string
		due    bool // the session is sealed as refresh-due
	}{
		"claims":                {"/api/v1/users/", kindetest.Fault{Status: 500}, 200, "", false},
		"claims, scope missing": {"/api/v1/users/", kindetest.Fault{Status: 403}, 200, "", false},
		"revocation":            {"/oauth2/revoke", kindetest.Fault{Status: 503}, 200, "", false},
		"refresh":               {"/oauth2/token", kindetest.Fault{Status: 500}, 502, "upstream-failed", true},
		"refresh, hanging":      {"/oauth2/token", kindetest.Fault{Hang: true}, 504, "upstream-timeout", true},
		"refresh, throttled":    {"/oauth2/token", kindetest.Fault{Status: 429}, 429, "upstream-throttled", true},
		"refresh, another's token": {"/oauth2/token", kindetest.Fault{Body: `{"access_token":"x.y.z"}`}, 502,
			"upstream-failed", true},
		"refresh, refused": {"/oauth2/token",
			kindetest.Fault{Status: 400, Body: kindetest.ErrorBody(kindetest.ShapeC, "invalid_grant", "d")},
			409, "session-superseded", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, "UPSTREAM_TIMEOUT", "300ms")
			if strings.HasPrefix(row.path, "/api/") {
				f = start(t, append(machine, "UPSTREAM_TIMEOUT", "300ms")...)
			}
			before := signedIn(t, f)
			f.Fault(row.path, row.fault)
			w := post(f, f.Holding(before))
			if w.Code != row.status || !strings.Contains(w.Body.String(), row.code) {
				t.Fatalf("got %d %s, want %d %s", w.Code, w.Body, row.status, row.code)
			}
			if row.status == 200 {
				if got := decode(t, w); *got.ClaimsRefreshed {
					t.Errorf("claims_refreshed is true, want false")
				}
				return
			}
			kept, err := f.Stored(w)
			if row.due != (err == nil && kept.RefreshDue && kept.Tokens == before.Tokens) {
				t.Errorf("sets %+v (%v), want refresh-due: %v", kept, err, row.due)
			}
			if !row.due {
				return
			}
			f.ClearFaults()
			if again := post(f, functiontest.Kept(w.Header())); again.Code != 200 {
				t.Errorf("the next request: got %d %s, want 200", again.Code, again.Body)
			}
		})
	}
}

func TestRefreshRequiresCookie(t *testing.T) {
	f := start(t)
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: f.MintRefresh()})
	for name, row := range map[string]struct {
		header []string
		status int
		code   string
	}{
		"a Bearer token": {[]string{"Authorization", "Bearer " + f.Mint()}, 401, "no-token"},
		"a Bearer token and cookie": {[]string{"Authorization", "Bearer " + f.Mint(), "Cookie", cookie, "X-CSRF", "1"}, 401,
			"no-token"},
		"nothing":                    {nil, 401, "no-token"},
		"the cookie without a proof": {[]string{"Cookie", cookie}, 403, "csrf-header-missing"},
		"from another site": {[]string{"Cookie", cookie, "X-CSRF", "1", "Sec-Fetch-Site", "cross-site"}, 403,
			"cross-site"},
		"a form of the site": {[]string{"Cookie", cookie, "Origin", site}, 200, ""},
	} {
		w := f.Post(site+"/auth/refresh", "", row.header...)
		if w.Code != row.status || !strings.Contains(w.Body.String(), row.code) {
			t.Errorf("%s: got %d %s, want %d %s", name, w.Code, w.Body, row.status, row.code)
		}
	}
	if w := f.Get(site + "/auth/refresh"); w.Code != 405 {
		t.Errorf("GET: got %d, want 405", w.Code)
	}
}

func TestRefreshIsLimitedByUser(t *testing.T) {
	f := start(t, "RATE_LIMIT", "2/1h")
	statuses := map[int]int{}
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: f.MintRefresh()})
	for range 5 {
		w := post(f, cookie)
		statuses[w.Code]++
		if w.Code == 200 {
			cookie = functiontest.Kept(w.Header())
		}
	}
	if other := post(f,
		f.Session(session.Tokens{Access: f.Mint(kindetest.For(kindetest.AdminUser)), Refresh: "x"})); other.Code == 429 {
		t.Error("another user is limited too")
	}
	if got := fmt.Sprint(statuses); got != "map[200:2 429:3]" {
		t.Errorf("got %s, want two and then 429", got)
	}
}

// A double click sends the same cookie twice.
func TestConcurrentRefreshesKeepSession(t *testing.T) {
	f := start(t, machine...)
	cookie := f.Holding(signedIn(t, f))
	done := make(chan int, 2)
	for range 2 {
		go func() { done <- post(f, cookie).Code }()
	}
	for range 2 {
		if status := <-done; status != 200 && status != 409 {
			t.Errorf("got %d, want 200, or 409 which the client repeats", status)
		}
	}
}
