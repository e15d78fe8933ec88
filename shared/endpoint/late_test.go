package endpoint

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

// current returns the Cookie header that makes id the current session.
func (f *fixture) current(id string) string {
	h := http.Header{}
	f.cookies().SetCurrent(h, id)
	return cookieHeader(h)
}

func TestSessionMustBeCurrent(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), withSession...)
	f.signedIn("/api/user-profile") // fetches the keys
	s := session.New(f.expired(), kindetest.DemoUser, time.Now(), session.Organizations{})
	for name, row := range map[string]struct {
		id     string
		status int
		calls  int
	}{"this session": {s.ID, 200, 1}, "another": {"other", 401, 0}, "none": {"", 401, 0}} {
		f.tenant.ForgetCalls()
		w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", f.holding(s)+"; "+f.current(row.id))
		if w.Code != row.status || len(f.tenant.Calls("/oauth2/token")) != row.calls {
			t.Errorf("%s is current: got %d after %d refreshes, want %d after %d", name, w.Code,
				len(f.tenant.Calls("/oauth2/token")), row.status, row.calls)
		}
		if row.status == 401 && (code(t, w) != "session-expired" || len(w.Header().Values("Set-Cookie")) != 0) {
			t.Errorf("%s is current: got %s %v, want session-expired and no cookie", name, w.Body, w.Header())
		}
	}
}

func TestRefreshThatReturnsAnotherUserIsRefused(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), withSession...)
	foreign := f.tenant.Mint(kindetest.For(kindetest.AdminUser))
	f.tenant.Fault("/oauth2/token", kindetest.Fault{Body: `{"access_token":"` + foreign + `","refresh_token":"new"}`})
	w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", f.cookie(f.expired()))
	if w.Code != 502 || code(t, w) != "upstream-failed" || len(w.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("got %d %s %v, want 502 and no cookie", w.Code, w.Body, w.Header())
	}
	if log := f.log.take(); !strings.Contains(log, "another user") || strings.Contains(log, "allowed") {
		t.Errorf("log: %s", log)
	}
}

func TestRefreshKeepsTheSessionsIdentity(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), withSession...)
	before := session.New(f.expired(), kindetest.DemoUser, time.UnixMilli(1790000000000).UTC(),
		session.Organizations{List: []session.Organization{{Code: "org_1", Name: "One"}}})
	after, err := f.stored(f.get("/api/user-profile", "X-CSRF", "1", "Cookie", f.holding(before)))
	if err != nil || after.ID != before.ID || !after.Started.Equal(before.Started) || after.Access == before.Access ||
		len(after.Organizations.List) != 1 || after.Organizations.List[0].Name != "One" {
		t.Errorf("got %+v, %v, want the same session with new tokens", after, err)
	}
}

// A client without a cookie jar repeats a refused refresh token.
func TestRefusedRefreshesAreLimited(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), append(withSession, "RATE_LIMIT", "5/1h")...)
	cookie := f.cookie(session.Tokens{Access: f.tenant.Mint(kindetest.ExpiresIn(-time.Minute)), Refresh: "revoked"})
	statuses := map[int]int{}
	for range 60 {
		w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie", cookie)
		statuses[w.Code]++
		if w.Code == 429 && (code(t, w) != "rate-limited" || w.Header().Get("Retry-After") == "") {
			t.Errorf("got %s %v", w.Body, w.Header())
		}
	}
	if calls := len(f.tenant.Calls("/oauth2/token")); statuses[409] != 5 || statuses[429] != 55 || calls != 1 {
		t.Errorf("got %v after %d calls, want 5 times 409, then 429, after one call", statuses, calls)
	}
}

func TestSessionTokenThatKindeRefusesIsRefreshedOnce(t *testing.T) {
	f := start(t, "user-profile", nil, withSession...)
	for name, row := range map[string]struct {
		refresh string
		status  int
		code    string
	}{"refresh": {f.tenant.MintRefresh(), 200, ""}, "refused refresh": {"revoked", 409,
		"session-superseded"}, "no refresh token": {"", 401, "invalid-token"}} {
		ended := f.revoked(t)
		w := f.get("/api/user-profile", "X-CSRF", "1", "Cookie",
			f.cookie(session.Tokens{Access: ended, Refresh: row.refresh}))
		if w.Code != row.status || row.code != "" && code(t, w) != row.code {
			t.Errorf("%s: got %d %s, want %d %s", name, w.Code, w.Body, row.status, row.code)
		}
		if row.status == 200 {
			if after, err := f.stored(w); err != nil || after.Access == ended {
				t.Errorf("%s: the session still has the refused token (%v)", name, err)
			}
		}
	}
	if w := f.get("/api/user-profile", "Authorization", "Bearer "+f.revoked(t)); w.Code != 401 {
		t.Errorf("Bearer: got %d, want 401", w.Code)
	}
}

// revoked returns an unexpired access token that Kinde refuses.
func (f *fixture) revoked(t *testing.T) string {
	t.Helper()
	token := f.tenant.Mint()
	form := map[string][]string{"token": {token}, "client_id": {kindetest.ClientID},
		"client_secret": {kindetest.ClientSecret}}
	resp, err := http.PostForm(f.tenant.Issuer()+"/oauth2/revoke", form)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(err, resp)
	}
	resp.Body.Close()
	return token
}
