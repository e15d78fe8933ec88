package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

const (
	authorizePath = "/api/device/authorize"
	tokenPath     = "/api/device/token"
)

func start(t *testing.T, options kindetest.Options, settings ...string) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, options,
		append([]string{"KINDE_CLIENT_ID", "", "KINDE_SITE_URL", "", "KINDE_DEVICE_CLIENT_ID", kindetest.DeviceClientID},
			settings...)...)
}

// started is Kinde's response to an authorization request.
type started struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	Complete   string `json:"verification_uri_complete"`
	Interval   int
}

func begin(t *testing.T, f *functiontest.Fixture, body string) started {
	t.Helper()
	w := f.Post(authorizePath, body)
	var s started
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != 200 || s.DeviceCode == "" || s.UserCode == "" ||
		s.Complete == "" {
		t.Fatalf("got %d %s, want 200", w.Code, w.Body)
	}
	return s
}

// poll gives the error of a refusal in RFC 8628's shape, or "" with the tokens.
func poll(t *testing.T, f *functiontest.Fixture, code string) string {
	t.Helper()
	w := f.Post(tokenPath, url.Values{"device_code": {code}}.Encode())
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Header().Get("Cache-Control") != "no-store" ||
		w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w.Code == 200 && body["access_token"] != nil {
		return ""
	}
	if w.Code != 400 || len(body) != 1 {
		t.Fatalf("got %d %s, want 400", w.Code, w.Body)
	}
	return body["error"].(string)
}

func TestAuthorizationParametersAndFirstPoll(t *testing.T) {
	f := start(t, kindetest.Options{DeviceInterval: 50 * time.Millisecond}, "KINDE_AUDIENCE", kindetest.SampleAudience)
	s := begin(t, f, "")
	want := url.Values{"client_id": {kindetest.DeviceClientID}, "scope": {"openid profile email offline"},
		"audience": {kindetest.SampleAudience}}
	if form := f.Calls("/oauth2/device/auth")[0].Form; form.Encode() != want.Encode() {
		t.Errorf("got form %v, want %v", form, want)
	}
	// The embedded Kinde says 0 s for 50 ms, so that the usual interval holds.
	if got := poll(t, f, s.DeviceCode); got != "authorization_pending" {
		t.Fatalf("got %q", got)
	}
	if err := f.ApproveDevice(s.UserCode, kindetest.DemoUser); err != nil {
		t.Fatal(err)
	}
	if got := poll(t, f, s.DeviceCode); got != "slow_down" {
		t.Errorf("too soon: got %q", got)
	}
}

// shortFlow is a flow of three seconds that may be polled once in each.
func shortFlow(t *testing.T) (*functiontest.Fixture, started) {
	t.Helper()
	f := start(t, kindetest.Options{DeviceInterval: time.Second, DeviceTTL: 3 * time.Second})
	return f, begin(t, f, `{"scope":"openid"}`)
}

func TestTokensAreReturnedOnce(t *testing.T) {
	t.Parallel()
	f, s := shortFlow(t)
	if err := f.ApproveDevice(s.UserCode, kindetest.DemoUser); err != nil {
		t.Fatal(err)
	}
	if got := poll(t, f, s.DeviceCode); got != "" {
		t.Fatalf("got %q", got)
	}
	f.ForgetCalls()
	time.Sleep(1100 * time.Millisecond)
	if got := poll(t, f, s.DeviceCode); got != "expired_token" || len(f.Calls("/oauth2/token")) != 0 {
		t.Errorf("again: got %q, after %d calls", got, len(f.Calls("/oauth2/token")))
	}
}

func TestDeclinedAndExpiredFlows(t *testing.T) {
	t.Run("declines", func(t *testing.T) {
		t.Parallel()
		f, s := shortFlow(t)
		if err := f.DenyDevice(s.UserCode); err != nil {
			t.Fatal(err)
		}
		if got := poll(t, f, s.DeviceCode); got != "access_denied" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("never responds", func(t *testing.T) {
		t.Parallel()
		f, s := shortFlow(t)
		if got := poll(t, f, s.DeviceCode); got != "authorization_pending" {
			t.Errorf("got %q", got)
		}
		time.Sleep(3100 * time.Millisecond)
		f.ForgetCalls()
		if got := poll(t, f, s.DeviceCode); got != "expired_token" || len(f.Calls("/oauth2/token")) != 0 {
			t.Errorf("got %q, after %d calls", got, len(f.Calls("/oauth2/token")))
		}
	})
}

// A hundred devices with one code, or one gone wild, are one poll in an interval.
func TestParallelPollsAreOneInAnInterval(t *testing.T) {
	t.Parallel()
	f, s := shortFlow(t)
	for range 2 {
		f.ForgetCalls()
		count := map[string]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				w := f.Post(tokenPath, `{"device_code":"`+s.DeviceCode+`"}`)
				mu.Lock()
				defer mu.Unlock()
				count[w.Body.String()]++
			})
		}
		wg.Wait()
		if n := len(f.Calls("/oauth2/token")); n != 1 || count[`{"error":"authorization_pending"}`] != 1 ||
			count[`{"error":"slow_down"}`] != 99 {
			t.Errorf("got %d polls at Kinde, responses %v", n, count)
		}
		time.Sleep(1050 * time.Millisecond)
	}
}

func TestSlowDownFromKindeDelaysPolls(t *testing.T) {
	t.Parallel()
	f, s := shortFlow(t)
	f.Fault("/oauth2/token", kindetest.Fault{Status: 400, Body: `{"error":"slow_down"}`, Times: 1})
	if got := poll(t, f, s.DeviceCode); got != "slow_down" {
		t.Fatalf("got %q", got)
	}
	f.ForgetCalls()
	time.Sleep(1050 * time.Millisecond)
	if got := poll(t, f, s.DeviceCode); got != "slow_down" || len(f.Calls("/oauth2/token")) != 0 {
		t.Errorf("after one second of six: got %q", got)
	}
}

// A device that polls by a ticker comes a little early at times.
func TestEarlyPollWaits(t *testing.T) {
	t.Parallel()
	f, s := shortFlow(t)
	for range 2 {
		if got := poll(t, f, s.DeviceCode); got != "authorization_pending" {
			t.Errorf("got %q", got)
		}
		time.Sleep(940 * time.Millisecond)
	}
	if calls := f.Calls("/oauth2/token"); len(calls) != 2 || calls[1].At.Sub(calls[0].At) < time.Second {
		t.Errorf("got %d calls", len(calls))
	}
}

func TestUnknownCodes(t *testing.T) {
	f := start(t, kindetest.Options{})
	for _, code := range []string{"no-such-code", strings.Repeat("x", 4096), "a+b&c=d"} {
		if got := poll(t, f, code); got != "expired_token" {
			t.Errorf("%.20s: got %q", code, got)
		}
	}
	for _, body := range []string{"", "device_code=", "device_code=" + strings.Repeat("x", 4097), "device_code=a%20b",
		"device_code=a&device_code=b", "device_code=a&token=b",
		"device_code=a&client_id=other", "device_code=a&grant_type=authorization_code",
		`{"device_code":1}`, `{"device_code":null}`,
	} {
		if w := f.Post(tokenPath, body); w.Code != 400 || !strings.Contains(w.Body.String(), `"invalid-parameter"`) {
			t.Errorf("%.40s: got %d %s, want 400", body, w.Code, w.Body)
		}
	}
	if w := f.Get(tokenPath); w.Code != 405 {
		t.Errorf("GET: got %d, want 405", w.Code)
	}
}

// RFC 6749 section 3.2. Libraries send a client_id even when they have none.
func TestEmptyFieldsCountAsAbsent(t *testing.T) {
	f := start(t, kindetest.Options{})
	s := begin(t, f, "client_id=&scope=")
	if got := f.Calls("/oauth2/device/auth")[0].Form.Get("scope"); got != "openid profile email offline" {
		t.Errorf("got scope %q, want KINDE_SCOPES", got)
	}
	w := f.Post(tokenPath, "client_id=&grant_type=&device_code="+s.DeviceCode)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "authorization_pending") {
		t.Errorf("poll: got %d %s, want authorization_pending", w.Code, w.Body)
	}
}

func TestAuthorizeParameters(t *testing.T) {
	f := start(t, kindetest.Options{})
	begin(t, f, "scope="+url.QueryEscape(kindetest.SampleScope+" offline")+"&client_id="+kindetest.DeviceClientID)
	if got := f.Calls("/oauth2/device/auth")[0].Form.Get("scope"); got != kindetest.SampleScope+" offline" {
		t.Errorf("scope %q", got)
	}
	f.ForgetCalls()
	for _, body := range []string{"scope=a++b", "scope=%22", "scope=a&scope=b", "client_id=other", "audience=x", "scope=" +
		strings.Repeat("a", 1001)} {
		if w := f.Post(authorizePath, body); w.Code != 400 || len(f.Calls("/")) != 0 {
			t.Errorf("%.30s: got %d %s, want 400", body, w.Code, w.Body)
		}
	}
	if w := f.Post(authorizePath, "scope=no:such"); w.Code != 400 || !strings.Contains(w.Body.String(), "`scope`") {
		t.Errorf("unknown scope: got %d %s, want 400 with scope", w.Code, w.Body)
	}
	f = start(t, kindetest.Options{}, "KINDE_SCOPES", "openid no:such")
	if w := f.Post(authorizePath, ""); w.Code != 502 || !strings.Contains(f.Log(), "KINDE_SCOPES") {
		t.Errorf("the deployment's own: got %d %s, want 502", w.Code, w.Body)
	}
	f = start(t, kindetest.Options{}, "KINDE_DEVICE_CLIENT_ID", kindetest.ClientID)
	if w := f.Post(authorizePath, ""); w.Code != 502 || !strings.Contains(f.Log(), "type Device") {
		t.Errorf("another type of application: got %d %s, want 502", w.Code, f.Log())
	}
}

// Flows that begin are counted, and polls with unknown codes; those of
// flows that have begun are not.
func TestAuthorizeIsLimitedByAddress(t *testing.T) {
	f := start(t, kindetest.Options{DeviceInterval: time.Second}, "RATE_LIMIT", "4/1m")
	ask := func(path, address, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = address
		return f.Send(r)
	}
	var begun started
	for i := range 5 {
		w := ask(authorizePath, "192.0.2.1", "")
		if (w.Code == 429) != (i >= 4) || w.Code == 429 && w.Header().Get("Retry-After") == "" {
			t.Errorf("start %d: got %d", i, w.Code)
		}
		if i == 0 {
			if err := json.Unmarshal(w.Body.Bytes(), &begun); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 10 {
		if w := ask(tokenPath, "192.0.2.1", "device_code="+begun.DeviceCode); w.Code != 400 {
			t.Errorf("a poll of a flow that began: got %d, want 400", w.Code)
		}
	}
	if w := ask(authorizePath, "192.0.2.2", ""); w.Code != 200 {
		t.Errorf("another address: got %d, want 200", w.Code)
	}
	f.ForgetCalls()
	for i := range 10 {
		w := ask(tokenPath, "198.51.100.1", "device_code=made-up-"+fmt.Sprint(i))
		if limited := i >= 4; limited != (w.Code == 429) || limited && w.Header().Get("Retry-After") == "" {
			t.Errorf("made-up code %d: got %d", i, w.Code)
		}
	}
	if n := len(f.Calls("/oauth2/token")); n != 4 {
		t.Errorf("got %d of them reached Kinde", n)
	}
}

// Each poll with an unknown code counts, not each code.
func TestEachPollWithUnknownCodeCounts(t *testing.T) {
	t.Parallel()
	f := start(t, kindetest.Options{DeviceInterval: time.Second}, "RATE_LIMIT", "4/1m")
	for i := range 8 {
		w := f.Post(tokenPath, "device_code=made-up")
		if got, want := w.Code, map[bool]int{true: 400, false: 429}[i < 4]; got != want {
			t.Errorf("poll %d: got %d, want %d", i, got, want)
		}
		if i == 0 && w.Header().Get("RateLimit") == "" {
			t.Error("got no RateLimit header, want one")
		}
	}
}

// An independent client follows the flow by the RFC alone.
func TestOAuth2ClientSignsIn(t *testing.T) {
	t.Parallel()
	f := start(t, kindetest.Options{DeviceInterval: time.Second})
	server := httptest.NewServer(f.Handler())
	defer server.Close()
	client := oauth2.Config{ClientID: kindetest.DeviceClientID, Scopes: []string{"openid", "offline"},
		Endpoint: oauth2.Endpoint{
			DeviceAuthURL: server.URL + authorizePath, TokenURL: server.URL + tokenPath, AuthStyle: oauth2.AuthStyleInParams}}
	authorization, err := client.DeviceAuth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(1500 * time.Millisecond) // after a first poll
		if err := f.ApproveDevice(authorization.UserCode, kindetest.DemoUser); err != nil {
			t.Error(err)
		}
	}()
	token, err := client.DeviceAccessToken(t.Context(), authorization)
	if err != nil || token.AccessToken == "" || token.RefreshToken == "" {
		t.Fatalf("got %v", err)
	}
	if log := f.Log(); strings.Contains(log, token.AccessToken[:20]) || strings.Contains(log, authorization.DeviceCode) ||
		strings.Contains(log, authorization.UserCode) {
		t.Error("a code or a token is in the log")
	}
}

func TestUpstreamFaults(t *testing.T) {
	t.Parallel()
	for code, row := range map[string]struct {
		fault  kindetest.Fault
		status int
	}{
		"upstream-timeout":   {kindetest.Fault{Hang: true}, 504},
		"upstream-failed":    {kindetest.Fault{Status: 500}, 502},
		"upstream-throttled": {kindetest.Fault{Status: 429}, 429},
	} {
		f := start(t, kindetest.Options{})
		f.Fault("/oauth2/", row.fault)
		for _, w := range []*httptest.ResponseRecorder{f.Post(authorizePath, ""), f.Post(tokenPath, "device_code=a")} {
			if w.Code != row.status || !strings.Contains(w.Body.String(), code) {
				t.Errorf("%s: got %d %s, want %d", code, w.Code, w.Body, row.status)
			}
		}
	}
}
