package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
	"kinde-functions/shared/token"
)

func startRedis(t *testing.T) *miniredis.Miniredis {
	t.Helper()
	return miniredis.RunT(t)
}

func redis(t *testing.T) string {
	t.Helper()
	return "redis://" + startRedis(t).Addr()
}

// defaultLog catches log/slog's default.
func defaultLog(t *testing.T) *functiontest.Log {
	t.Helper()
	before, log := slog.Default(), &functiontest.Log{}
	slog.SetDefault(slog.New(slog.NewJSONHandler(log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return log
}

// whoami is another function of the site, which serves users.
var whoami = endpoint.API("user-profile", func(*endpoint.Services) (endpoint.Handlers, error) {
	serve := func(_ context.Context, r *endpoint.Request) (*endpoint.Response, error) {
		return endpoint.JSON(200, r.Caller.Claims.Raw), nil
	}
	return endpoint.Handlers{"GET /api/user-profile": {Serve: serve}}, nil
})

func tokens(f *functiontest.Fixture, claims ...kindetest.Claim) session.Tokens {
	return session.Tokens{Access: f.Mint(claims...), Refresh: f.MintRefresh(claims...)}
}

// visit makes a request with a session's cookie.
func visit(f *functiontest.Fixture, cookie string) *httptest.ResponseRecorder {
	return f.Get(functiontest.Site+"/api/user-profile", "Cookie", cookie, "X-CSRF", "1")
}

func withRedis(t *testing.T) (hooks, site *functiontest.Fixture) {
	t.Helper()
	hooks = start(t, append(functiontest.Sessions, "REDIS_URL", redis(t))...)
	return hooks, hooks.Beside(whoami)
}

// began returns the cookie of a session that began that long ago.
func began(f *functiontest.Fixture, ago time.Duration, claims ...kindetest.Claim) string {
	s := functiontest.NewSession(tokens(f, claims...))
	s.Started = s.Started.Add(-ago)
	return f.Holding(s)
}

func TestSuspensionAndDeletionEndSessions(t *testing.T) {
	for name, event := range map[string]func(*functiontest.Fixture) (string, error){
		"suspended": func(f *functiontest.Fixture) (string, error) { return f.Suspend(user, true) },
		"deleted":   func(f *functiontest.Fixture) (string, error) { return f.Delete(user) },
	} {
		hooks, site := withRedis(t)
		before, others := began(site, time.Minute), began(site, time.Minute, kindetest.For(kindetest.AdminUser))
		check(t, name, visit(site, before), 200, "")
		raw, err := event(hooks.Beside(function))
		if err != nil {
			t.Fatal(err)
		}
		check(t, name, deliver(t, hooks, raw), 200, "")
		check(t, name, visit(site, before), 401, "session-expired")
		if w := visit(site, others); w.Code != 200 {
			t.Errorf("%s: another user's session: got %d %s, want 200", name, w.Code, w.Body)
		}
		if w := visit(site, began(site, -time.Minute)); w.Code != 200 {
			t.Errorf("%s: a session that began after the event: got %d %s, want 200", name, w.Code, w.Body)
		}
	}
}

// A new access token has the current claims.
func TestOtherEventsRefreshSessionsOnce(t *testing.T) {
	hooks, site := withRedis(t)
	cookie := began(site, time.Minute)
	check(t, "an event", deliver(t, hooks, hooks.UserEvent("user.updated", user)), 200, "")
	first := visit(site, cookie)
	renewed, err := site.Stored(first)
	if first.Code != 200 || err != nil {
		t.Fatalf("got %d %s %v, want 200 and a renewed session", first.Code, first.Body, err)
	}
	if calls := len(site.Calls("/oauth2/token")); calls != 1 {
		t.Errorf("got %d refreshes, want 1", calls)
	}
	if w := visit(site, site.Holding(renewed)); w.Code != 200 || len(w.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("the next request: got %d %v, want 200 and no new session", w.Code, w.Header())
	}
	if calls := len(site.Calls("/oauth2/token")); calls != 1 {
		t.Errorf("got %d refreshes, want 1", calls)
	}
}

// issued returns the cookie of a session with tokens that Kinde has issued, so that it
// keeps their claims.
func issued(t *testing.T, f *functiontest.Fixture) string {
	t.Helper()
	resp, err := http.PostForm(f.URL+"/oauth2/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {f.MintRefresh()},
		"client_id": {kindetest.ClientID}, "client_secret": {kindetest.ClientSecret},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || body.Refresh == "" {
		t.Fatalf("got %+v, %v; want tokens", body, err)
	}
	s := functiontest.NewSession(session.Tokens{Access: body.Access, Refresh: body.Refresh})
	s.Started = s.Started.Add(-time.Minute)
	return f.Holding(s)
}

// Kinde keeps the claims of one token for the next, unless they are refreshed.
func TestEventsRefreshClaims(t *testing.T) {
	for name, row := range map[string]struct {
		settings []string
		renewed  bool
		log      string
	}{
		"M2M application": {[]string{
			"KINDE_M2M_CLIENT_ID", kindetest.M2MClientID, "KINDE_M2M_CLIENT_SECRET", kindetest.M2MClientSecret,
		}, true, ""},
		"no M2M application": {nil, false, "set KINDE_M2M_CLIENT_ID"},
	} {
		log := defaultLog(t)
		hooks := start(t, slices.Concat(functiontest.Sessions, []string{"REDIS_URL", redis(t)}, row.settings)...)
		site := hooks.Beside(whoami)
		cookie := issued(t, site)
		if err := hooks.UpdateInherited(user, func(p *kindetest.User) {
			p.Memberships[0].Permissions = []kindetest.Permission{{ID: "perm_1", Key: "brand_new"}}
		}); err != nil {
			t.Fatal(err)
		}
		event := hooks.Event("customer.plan_changed", map[string]any{"customer": map[string]any{"user_id": user}})
		check(t, name, deliver(t, hooks, event), 200, "")
		w := visit(site, cookie)
		if got := strings.Contains(w.Body.String(), "brand_new"); w.Code != 200 || got != row.renewed {
			t.Errorf("%s: got %d %s, want the new permission %t", name, w.Code, w.Body, row.renewed)
		}
		if !strings.Contains(log.String(), row.log) {
			t.Errorf("%s: got log %s, want %q", name, log, row.log)
		}
	}
}

func TestEventsWithoutAUserChangeNoSession(t *testing.T) {
	hooks, site := withRedis(t)
	cookie := began(site, time.Minute)
	for _, data := range []any{
		map[string]any{"organization": map[string]any{"code": kindetest.DemoOrg, "name": user}},
		map[string]any{"role": map[string]any{"id": "role_1"}},
		map[string]any{},
	} {
		check(t, "an event", deliver(t, hooks, hooks.Event("organization.updated", data)), 200, "")
	}
	if w := visit(site, cookie); w.Code != 200 || len(w.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("got %d %v, want 200 and the same session", w.Code, w.Header())
	}
}

// Events arrive in any order: an old one ends no session that began after it.
func TestOldEventsSpareNewerSessions(t *testing.T) {
	hooks, site := withRedis(t)
	old, err := hooks.Suspend(user, true, stamped(-10*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	check(t, "an old event", deliver(t, hooks, old), 200, "")
	if w := visit(site, began(site, 9*time.Hour)); w.Code != 200 {
		t.Errorf("a session that began later: got %d %s, want 200", w.Code, w.Body)
	}
	check(t, "an earlier session", visit(site, began(site, 11*time.Hour)), 401, "session-expired")
}

func TestChangeBy(t *testing.T) {
	ends := func(id string) sessionChange { return sessionChange{ended, []string{id}} }
	refresh := func(ids ...string) sessionChange { return sessionChange{refreshed, ids} }
	none := sessionChange{kind: unchanged}
	for _, row := range []struct {
		kind, data string
		want       sessionChange
	}{
		{"user.deleted", `{"user":{"id":"kp_1"}}`, ends("kp_1")},
		{"user.deleted", `{"user_id":"kp_1","deleted_by":{"id":"kp_2"}}`, ends("kp_1")},
		{"user.deleted", `{"id":"kp_1"}`, ends("kp_1")},
		{"user.deleted", `{"by":{"id":"kp_2"}}`, none},
		{"user.deleted", `{"user":"kp_1"}`, none},
		{"user.updated", `{"user":{"id":"kp_1","is_suspended":true}}`, ends("kp_1")},
		{"user.updated", `{"user":{"id":"kp_1","is_suspended":true,"email":7},"user_id":9}`, ends("kp_1")},
		{"user.updated", `{"user":{"id":"kp_1","is_suspended":false}}`, refresh("kp_1")},
		{"user.updated", `{"user":{"id":"kp_1","is_suspended":"true"}}`, refresh("kp_1")},
		{"user.created", `{"user":{"id":"kp_1","is_suspended":true}}`, refresh("kp_1")},
		{"customer.plan_changed",
			`{"customer":{"user_id":"kp_1","id":"customer_1"},"list":[{"kinde_user_id":"kp_2"},{"id":"kp_1"}]}`,
			refresh("kp_1", "kp_2")},
		{"organization.updated", `{"organization":{"code":"org_1","name":"kp_1"}}`, none},
		{"user.updated", `{"user":{"id":"kp_1\n"}}`, none},
		{"user.updated", `{"user":{"id":7}}`, none},
		{"x", `{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"id":"kp_1"}}}}}}}}}`, none},
		{"x", `{}`, none},
	} {
		got := changeBy(token.Event{Type: row.kind, Data: json.RawMessage(row.data)})
		if got.kind != row.want.kind || len(got.users) != len(row.want.users) {
			t.Errorf("%s %s: got %+v, want %+v", row.kind, row.data, got, row.want)
			continue
		}
		for i := range got.users {
			if got.users[i] != row.want.users[i] {
				t.Errorf("%s %s: got %+v, want %+v", row.kind, row.data, got, row.want)
			}
		}
	}
}

// One event reaches at most maxUsers users.
func TestUsersAreBounded(t *testing.T) {
	var list []map[string]string
	for i := range 2 * maxUsers {
		list = append(list, map[string]string{"id": "kp_" + strconv.Itoa(i)})
	}
	data, err := json.Marshal(map[string]any{"users": list})
	if err != nil {
		t.Fatal(err)
	}
	if got := changeBy(token.Event{Type: "x", Data: data}); len(got.users) != maxUsers {
		t.Errorf("got %d users, want %d", len(got.users), maxUsers)
	}
}
