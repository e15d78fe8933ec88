package main

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

const signedOut = `{"authenticated":false}`

func start(t *testing.T) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{}, functiontest.Sessions...)
}

func decode(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &state); w.Code != 200 || err != nil {
		t.Fatalf("got %d %s, want 200", w.Code, w.Body)
	}
	return state
}

func TestSignedInState(t *testing.T) {
	f := start(t)
	cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: "r"})
	for name, header := range map[string][]string{"cookie": {"Cookie", cookie, "X-CSRF", "1"},
		"Bearer": {"Authorization", "Bearer " + f.Mint()}} {
		w := f.Get("/api/session", header...)
		state := decode(t, w)
		user, _ := state["user"].(map[string]any)
		expires, err := time.Parse(time.RFC3339, state["expires_at"].(string))
		if state["authenticated"] != true || user["id"] != kindetest.DemoUser || user["org_code"] != kindetest.DemoOrg ||
			err != nil || time.Until(expires) <= 0 {
			t.Errorf("%s: got %s", name, w.Body)
		}
		if len(state["permissions"].([]any)) == 0 || len(state["feature_flags"].(map[string]any)) == 0 || len(state) != 6 {
			t.Errorf("%s: got %s", name, w.Body)
		}
		if strings.Contains(w.Body.String(), "eyJ") {
			t.Errorf("%s: got a token in the response", name)
		}
	}
	empty := f.Session(session.Tokens{Access: f.Mint(kindetest.Without("permissions"), kindetest.Without("roles"),
		kindetest.Without("feature_flags"))})
	if w := f.Get("/api/session", "Cookie", empty, "X-CSRF", "1"); strings.Contains(w.Body.String(), "null") {
		t.Errorf("got nulls: %s", w.Body)
	}
}

func TestSignedOutState(t *testing.T) {
	f := start(t)
	for name, header := range map[string][]string{
		"nothing": nil, "nothing, cross-site": {"Sec-Fetch-Site", "cross-site"},
		"damaged":                    {"Cookie", "__Host-session=AAAA", "X-CSRF", "1"},
		"damaged, behind a password": {"Cookie", "__Host-session=AAAA", "X-CSRF", "1", "Authorization", "Basic dTpw"},
		"expired, no refresh": {"Cookie", f.Session(session.Tokens{Access: f.Mint(kindetest.ExpiresIn(-time.Hour))}),
			"X-CSRF", "1"},
	} {
		if w := f.Get("/api/session", header...); w.Code != 200 || w.Body.String() != signedOut {
			t.Errorf("%s: got %d %s, want 200", name, w.Code, w.Body)
		}
	}
}

func TestRefusals(t *testing.T) {
	f := start(t)
	cookie := f.Session(session.Tokens{Access: f.Mint()})
	rotated := f.Session(session.Tokens{Access: f.Mint(kindetest.ExpiresIn(-time.Hour)), Refresh: "rotated"})
	for name, row := range map[string]struct {
		header []string
		status int
		code   string
	}{
		"no header": {[]string{"Cookie", cookie}, 403, "csrf-header-missing"},
		"cross-site": {[]string{"Cookie", cookie, "X-CSRF", "1", "Sec-Fetch-Site", "cross-site"},
			403, "cross-site"},
		"invalid Bearer":             {[]string{"Authorization", "Bearer abc"}, 401, "invalid-token"},
		"rotated by another request": {[]string{"Cookie", rotated, "X-CSRF", "1"}, 409, "session-superseded"},
	} {
		if w := f.Get("/api/session", row.header...); w.Code != row.status || !strings.Contains(w.Body.String(), row.code) {
			t.Errorf("%s: got %d %s, want %d", name, w.Code, w.Body, row.status)
		}
	}
}
