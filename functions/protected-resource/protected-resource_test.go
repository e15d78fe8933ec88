package main

import (
	"encoding/json"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

const path = "/api/protected-resource"

func start(t *testing.T, settings ...string) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{},
		append([]string{"KINDE_DEVICE_CLIENT_ID", kindetest.DeviceClientID}, settings...)...)
}

func TestReturnsClaims(t *testing.T) {
	f := start(t)
	for _, claims := range [][]kindetest.Claim{nil, {kindetest.FromDevice()},
		{kindetest.For(kindetest.AdminUser), kindetest.With("num", json.RawMessage("1.50"))}} {
		w := f.SignedIn(path, claims...)
		var body struct {
			Message string
			User    map[string]json.RawMessage
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != 200 || body.Message != "Access granted" ||
			body.User["sub"] == nil {
			t.Errorf("got %d %s, want 200", w.Code, w.Body)
		}
		if num := body.User["num"]; num != nil && string(num) != "1.50" {
			t.Errorf("got claim %s, want 1.50", num)
		}
	}
}

func TestScopes(t *testing.T) {
	f := start(t, "PROTECTED_RESOURCE_SCOPES", "read:reports  write:reports")
	const challenge = `Bearer error="insufficient_scope", scope="read:reports write:reports"`
	for what, row := range map[string]struct {
		claims []kindetest.Claim
		passes bool
	}{
		"scp, a list": {[]kindetest.Claim{kindetest.With("scp",
			[]string{"write:reports", "openid", "read:reports"})}, true},
		"scp, a string": {[]kindetest.Claim{kindetest.With("scp", "read:reports write:reports")}, true},
		"scope, a string": {[]kindetest.Claim{kindetest.Without("scp"),
			kindetest.With("scope", "openid write:reports read:reports")}, true},
		"scope, a list": {[]kindetest.Claim{kindetest.Without("scp"),
			kindetest.With("scope", []string{"read:reports", "write:reports"})}, true},
		"some in each": {[]kindetest.Claim{kindetest.With("scp", []string{"read:reports"}),
			kindetest.With("scope", "write:reports")}, true},
		"one is missing": {[]kindetest.Claim{kindetest.With("scp", []string{"read:reports"})}, false},
		"none":           {[]kindetest.Claim{kindetest.Without("scp")}, false},
		"longer words": {[]kindetest.Claim{kindetest.With("scp", []string{"read:reports2", "xwrite:reports"})},
			false},
		"other capitals": {[]kindetest.Claim{kindetest.With("scp", []string{"Read:reports", "write:reports"})},
			false},
		"two in one of the list": {[]kindetest.Claim{kindetest.With("scp", []string{"read:reports write:reports"})}, false},
		"separated by a comma":   {[]kindetest.Claim{kindetest.With("scp", "read:reports,write:reports")}, false},
		"permissions of the name": {[]kindetest.Claim{kindetest.With("permissions",
			[]string{"read:reports", "write:reports"})}, false},
	} {
		w := f.SignedIn(path, row.claims...)
		if row.passes != (w.Code == 200) {
			t.Errorf("%s: got %d %s", what, w.Code, w.Body)
		}
		if !row.passes && (w.Code != 403 || w.Header().Get("WWW-Authenticate") != challenge ||
			!strings.Contains(w.Body.String(), `"insufficient-scope"`)) {
			t.Errorf("%s: got %d %v %s, want 403", what, w.Code, w.Header(), w.Body)
		}
	}
	if log := f.Log(); !strings.Contains(log,
		`"outcome":"denied","reason":"insufficient-scope","sub":"`+kindetest.DemoUser) {
		t.Errorf("got no denied event of the user in the log: %s", log)
	}
}

func TestChallenges(t *testing.T) {
	f := start(t, "PROTECTED_RESOURCE_SCOPES", "a")
	for _, row := range []struct {
		header    []string
		challenge string
	}{
		{nil, "Bearer"},
		{f.Bearer(kindetest.ExpiresIn(-3600e9)), `Bearer error="invalid_token"`},
		{f.Bearer(kindetest.With("azp", "other")), `Bearer error="invalid_token"`},
	} {
		w := f.Get(path, row.header...)
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") != row.challenge {
			t.Errorf("got %d %q, want 401", w.Code, w.Header().Get("WWW-Authenticate"))
		}
	}
}

func TestRemoteCheckRefusesRevokedToken(t *testing.T) {
	f := start(t)
	f.Fault("/oauth2/v2/user_profile", kindetest.Fault{Status: 401, Body: `{"error":"invalid_token"}`})
	if w := f.SignedIn(path); w.Code != 200 || len(f.Calls("/oauth2/v2/user_profile")) != 0 {
		t.Errorf("local: got %d, want 200", w.Code)
	}
	w := f.SignedIn(path + "?check=remote")
	if w.Code != 401 || w.Header().Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("remote: got %d %v, want 401", w.Code, w.Header())
	}
	if got := f.Decisions(); len(got) != 2 || got[1] != "denied refused-by-kinde" {
		t.Errorf("got %v", got)
	}
	f.ClearFaults()
	if w := f.SignedIn(path + "?check=remote"); w.Code != 200 {
		t.Errorf("valid token: got %d, want 200", w.Code)
	}
	f.Fault("/oauth2/v2/user_profile", kindetest.Fault{Status: 500})
	if w := f.SignedIn(path + "?check=remote"); w.Code != 502 {
		t.Errorf("Kinde is down: got %d, want 502", w.Code)
	}
	for _, query := range []string{"?check=", "?check=local", "?check=remote&check=remote", "?checks=remote"} {
		if w := f.SignedIn(path + query); w.Code != 400 {
			t.Errorf("%s: got %d, want 400", query, w.Code)
		}
	}
}

func TestLimits(t *testing.T) {
	f := start(t, "RATE_LIMIT", "3/1h", "PROTECTED_RESOURCE_SCOPES", "read:reports")
	send := func(address string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = address
		return f.Send(r, header...)
	}
	good := kindetest.Scopes("read:reports")
	for i := range 5 {
		w := send("192.0.2."+strconv.Itoa(i), f.Bearer(good)...)
		limited := i >= 3
		if limited != (w.Code == 429) || w.Header().Get("RateLimit") == "" ||
			w.Header().Get("RateLimit-Policy") != `"default";q=3;w=3600` || limited != (w.Header().Get("Retry-After") != "") {
			t.Errorf("request %d: got %d %v", i, w.Code, w.Header())
		}
		if limited && !strings.Contains(w.Body.String(), `"rate-limited"`) {
			t.Errorf("got %s", w.Body)
		}
	}
	if w := send("192.0.2.9", f.Bearer(good, kindetest.For(kindetest.AdminUser))...); w.Code != 200 {
		t.Errorf("another user: got %d, want 200", w.Code)
	}
	// Without a valid token the address identifies the caller; a forwarded one is not trusted.
	for i := range 5 {
		w := send("198.51.100.7", "Authorization", "Bearer x", "X-Forwarded-For", strconv.Itoa(i))
		if want := map[bool]int{true: 429, false: 401}[i >= 3]; w.Code != want {
			t.Errorf("guess %d: got %d, want %d", i, w.Code, want)
		}
	}
	if w := send("198.51.100.8"); w.Code != 401 {
		t.Errorf("another address: got %d, want 401", w.Code)
	}
	for i := range 5 { // a /64 counts as one address
		w := send("2001:db8:1:2::" + strconv.Itoa(i))
		if want := map[bool]int{true: 429, false: 401}[i >= 3]; w.Code != want {
			t.Errorf("IPv6 %d: got %d, want %d", i, w.Code, want)
		}
	}
	if got := f.Decisions(); got[3] != "denied rate-limited" || got[4] != "denied rate-limited" || len(got) != 17 {
		t.Errorf("got %v", got)
	}
	f = start(t, "RATE_LIMIT", "off")
	for range 120 {
		if w := f.SignedIn(path); w.Code != 200 || w.Header().Get("RateLimit") != "" {
			t.Fatalf("off: got %d %v, want 200", w.Code, w.Header())
		}
	}
}
