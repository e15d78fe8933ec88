package main

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/functiontest"
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/session"
)

const signedOut = `{"authenticated":false}`

func start(t *testing.T) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{}, functiontest.Sessions...)
}

func decode(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); w.Code != 200 || err != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return answer
}

func TestWhoIsSignedIn(t *testing.T) {
	f := start(t)
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: "r"})
	for name, header := range map[string][]string{"cookie": {"Cookie", cookie, "X-CSRF", "1"}, "Bearer": {"Authorization", "Bearer " + f.Mint()}} {
		w := f.Get("/api/session", header...)
		answer := decode(t, w)
		user, _ := answer["user"].(map[string]any)
		expires, err := time.Parse(time.RFC3339, answer["expires_at"].(string))
		if answer["authenticated"] != true || user["id"] != kindetest.DemoUser || user["org_code"] != kindetest.DemoOrg || err != nil || time.Until(expires) <= 0 {
			t.Errorf("%s: %s", name, w.Body)
		}
		if len(answer["permissions"].([]any)) == 0 || len(answer["feature_flags"].(map[string]any)) == 0 || len(answer) != 6 {
			t.Errorf("%s: %s", name, w.Body)
		}
		if strings.Contains(w.Body.String(), "eyJ") {
			t.Errorf("%s: a token is in it", name)
		}
	}
	empty := f.Session(session.Tokens{Access: f.Mint(kindetest.Without("permissions"), kindetest.Without("roles"), kindetest.Without("feature_flags"))})
	if w := f.Get("/api/session", "Cookie", empty, "X-CSRF", "1"); strings.Contains(w.Body.String(), "null") {
		t.Errorf("nulls: %s", w.Body)
	}
}

func TestNobodyIsSignedIn(t *testing.T) {
	f := start(t)
	for name, header := range map[string][]string{
		"nothing": nil, "nothing, from elsewhere": {"Sec-Fetch-Site", "cross-site"},
		"damaged":                    {"Cookie", "__Host-session=AAAA", "X-CSRF", "1"},
		"damaged, behind a password": {"Cookie", "__Host-session=AAAA", "X-CSRF", "1", "Authorization", "Basic dTpw"},
		"expired, no refresh":        {"Cookie", f.Session(session.Tokens{Access: f.Mint(kindetest.ExpiresIn(-time.Hour))}), "X-CSRF", "1"},
	} {
		if w := f.Get("/api/session", header...); w.Code != 200 || w.Body.String() != signedOut {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	f := start(t)
	cookie := f.Session(session.Tokens{Access: f.Mint()})
	rotated := f.Session(session.Tokens{Access: f.Mint(kindetest.ExpiresIn(-time.Hour)), Refresh: "rotated"})
	for name, row := range map[string]struct {
		header []string
		status int
		code   string
	}{
		"no header":         {[]string{"Cookie", cookie}, 403, "csrf-header-missing"},
		"from elsewhere":    {[]string{"Cookie", cookie, "X-CSRF", "1", "Sec-Fetch-Site", "cross-site"}, 403, "cross-site"},
		"a bad Bearer":      {[]string{"Authorization", "Bearer abc"}, 401, "invalid-token"},
		"rotated by others": {[]string{"Cookie", rotated, "X-CSRF", "1"}, 409, "session-superseded"},
	} {
		if w := f.Get("/api/session", row.header...); w.Code != row.status || !strings.Contains(w.Body.String(), row.code) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
