package endpoint

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
)

func TestCredentials(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), "KINDE_DEVICE_CLIENT_ID", kindetest.DeviceClientID)
	good, device := f.tenant.Mint(), f.tenant.Mint(kindetest.FromDevice())
	const invalid = `Bearer error="invalid_token"`
	for name, row := range map[string]struct {
		header []string
		status int

		code, challenge, reason string
	}{
		"good":               {[]string{"Authorization", "Bearer " + good}, 200, "", "", "ok"},
		"scheme in capitals": {[]string{"Authorization", "BEARER " + good}, 200, "", "", "ok"},
		"device client":      {[]string{"Authorization", "Bearer " + device}, 200, "", "", "ok"},
		"none":               {nil, 401, "no-token", "Bearer", "no-token"},
		"another scheme":     {[]string{"Authorization", "Basic dTpw"}, 401, "no-token", "Bearer", "no-token"},
		"empty header":       {[]string{"Authorization", ""}, 401, "no-token", "Bearer", "no-token"},
		"twice": {[]string{"Authorization", "Bearer " + good, "Authorization", "Bearer " + good}, 400,
			"invalid-request", "", "invalid-request"},
		"twice, one Basic": {[]string{"Authorization", "Basic dTpw", "Authorization", "Bearer " + good}, 400,
			"invalid-request", "", "invalid-request"},
		"joined by a comma": {[]string{"Authorization", "Bearer " + good + ", Bearer " + good}, 400, "invalid-request", "",
			"invalid-request"},
		"no token in it": {[]string{"Authorization", "Bearer"}, 400, "invalid-request", "", "invalid-request"},
		"only padding":   {[]string{"Authorization", "Bearer =="}, 400, "invalid-request", "", "invalid-request"},
		"two words":      {[]string{"Authorization", "Bearer " + good + " x"}, 400, "invalid-request", "", "invalid-request"},
		"two spaces":     {[]string{"Authorization", "Bearer  " + f.tenant.Mint()}, 200, "", "", "ok"},
		"not a JWT":      {[]string{"Authorization", "Bearer abc"}, 401, "invalid-token", invalid, "malformed"},
		"expired": {[]string{"Authorization", "Bearer " + f.tenant.Mint(kindetest.ExpiresIn(-time.Minute))}, 401,
			"invalid-token", invalid, "expired"},
		"forged": {[]string{"Authorization", "Bearer " + f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey))},
			401, "invalid-token", invalid, "signature"},
		"another client's": {[]string{"Authorization", "Bearer " + f.tenant.Mint(kindetest.With("azp", "other"))}, 401,
			"invalid-token", invalid, "client"},
		"an ID token": {[]string{"Authorization", "Bearer " + f.tenant.MintID()}, 401, "invalid-token", invalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := f.get("/api/user-profile", row.header...)
			if w.Code != row.status || w.Header().Get("WWW-Authenticate") != row.challenge {
				t.Fatalf("got %d %v %s, want %d %q", w.Code, w.Header(), w.Body, row.status, row.challenge)
			}
			if row.code != "" && code(t, w) != row.code {
				t.Errorf("got %s, want the code %q", w.Body, row.code)
			}
			log := f.log.take()
			auth := events(t, log, "auth")
			if len(auth) != 1 || len(events(t, log, "request")) != 1 {
				t.Fatalf("got log %s, want one auth and one request event", log)
			}
			outcome := map[bool]string{true: "allowed", false: "denied"}[row.status == 200]
			if auth[0]["outcome"] != outcome || row.reason != "" && auth[0]["reason"] != row.reason ||
				auth[0]["action"] != "GET /api/user-profile" {
				t.Errorf("got auth event %v, want outcome %q and reason %q", auth[0], outcome, row.reason)
			}
			if row.status == 200 && (auth[0]["sub"] != kindetest.DemoUser || auth[0]["org_code"] != kindetest.DemoOrg) {
				t.Errorf("got auth event %v, want the user's id and organization", auth[0])
			}
		})
	}
}

func TestTokenInQueryOrBodyIsNoCredential(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	token := f.tenant.Mint()
	for _, target := range []string{"/api/user-profile?access_token=" + token, "/api/user-profile?token=" + token} {
		if w := f.get(target); w.Code != 401 {
			t.Errorf("GET %.32s: got %d, want 401", target, w.Code)
		}
	}
	body := httptest.NewRequest("GET", "/api/user-profile", strings.NewReader("access_token="+token))
	if w := f.send(body, "Content-Type", "application/x-www-form-urlencoded"); w.Code != 401 {
		t.Errorf("token in the body: got %d, want 401", w.Code)
	}
	if log := f.log.take(); strings.Contains(log, token[:10]) {
		t.Error("a token is in the log")
	}
}

func TestCredentialsAreCheckedBeforeParameters(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	if w := f.get("/api/user-profile?bad=1"); w.Code != 401 {
		t.Errorf("no token: got %d, want 401", w.Code)
	}
	forged := f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey))
	if w := f.get("/api/user-profile?bad=1", "Authorization", "Bearer "+forged); w.Code != 401 {
		t.Errorf("forged token during the key fetch: got %d, want 401", w.Code)
	}
	if w := f.signedIn("/api/user-profile?bad=1"); w.Code != 400 || code(t, w) != "invalid-parameter" {
		t.Errorf("good token: got %d %s, want 400 invalid-parameter", w.Code, w.Body)
	}
}

func TestUnavailableKeysAre503(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	f.tenant.Fault("/.well-known/", kindetest.Fault{Status: 500})
	for range 3 { // the second and third fall into the pause between fetches
		w := f.signedIn("/api/user-profile")
		if w.Code != 503 || code(t, w) != "keys-unavailable" || w.Header().Get("Retry-After") != "30" ||
			w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("got %d %v %s, want 503 keys-unavailable with Retry-After: 30", w.Code, w.Header(), w.Body)
		}
	}
	if n := len(f.tenant.Calls("/.well-known/")); n != 1 {
		t.Errorf("got %d fetches of a failing key set, want 1", n)
	}
}

func TestUnknownKidsFetchKeysTwiceAtMost(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	f.signedIn("/api/user-profile")
	token := f.tenant.Mint(kindetest.Header("kid", "unknown"))
	for range 1000 {
		if w := f.get("/api/user-profile", "Authorization", "Bearer "+token); w.Code != 401 {
			t.Fatalf("got %d %s, want 401", w.Code, w.Body)
		}
	}
	if n := len(f.tenant.Calls("/.well-known/")); n > 2 {
		t.Errorf("got %d key fetches, want at most 2", n)
	}
}

// Without signing keys the upstream call runs beside the key fetch.
func TestColdRequestsTakeOneRoundTrip(t *testing.T) {
	f := start(t, "user-profile", nil)
	const delay = 300 * time.Millisecond
	f.tenant.Fault("/", kindetest.Fault{Delay: delay})
	begin := time.Now()
	if w := f.signedIn("/api/user-profile"); w.Code != 200 || !strings.Contains(w.Body.String(), kindetest.DemoUser) {
		t.Fatalf("got %d %s, want 200 with the user's profile", w.Code, w.Body)
	}
	if took := time.Since(begin); took > delay*17/10 {
		t.Errorf("took %v, want about one round trip of %v", took, delay)
	}
}

// A forged token never gets the response of an overlapped call, and causes no call once
// the process holds keys.
func TestForgedTokenGetsNoOverlappedResponse(t *testing.T) {
	f := start(t, "user-profile", responding(`{"private":true}`))
	f.tenant.Fault("/.well-known/", kindetest.Fault{Delay: 50 * time.Millisecond})
	forged := "Bearer " + f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey))
	if w := f.get("/api/user-profile", "Authorization", forged); w.Code != 401 ||
		strings.Contains(w.Body.String(), "private") {
		t.Errorf("got %d %s, want 401 without the profile", w.Code, w.Body)
	}
	if auth := events(t, f.log.take(), "auth"); len(auth) != 1 || auth[0]["outcome"] != "denied" || auth[0]["sub"] != "" {
		t.Errorf("got auth events %v, want one denial without a user id", auth)
	}

	f = start(t, "user-profile", nil)
	f.signedIn("/api/user-profile")
	f.tenant.ForgetCalls()
	forged = "Bearer " + f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey))
	if w := f.get("/api/user-profile", "Authorization", forged); w.Code != 401 {
		t.Errorf("got %d, want 401", w.Code)
	}
	if calls := f.tenant.Calls("/"); len(calls) != 0 {
		t.Errorf("got %d calls for a forged token, want none", len(calls))
	}
}

func TestOverlappedCallEndsWithRequest(t *testing.T) {
	running := make(chan struct{}, 1)
	f := start(t, "user-profile", func(ctx context.Context, _ *Request) (*Response, error) {
		<-ctx.Done()
		running <- struct{}{}
		return nil, ctx.Err()
	})
	forged := "Bearer " + f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey))
	if w := f.get("/api/user-profile", "Authorization", forged); w.Code != 401 {
		t.Errorf("got %d, want 401", w.Code)
	}
	select {
	case <-running:
	default:
		t.Error("the call outlives its request")
	}
}

func TestTokenRefusedByKindeIsDeniedOnce(t *testing.T) {
	f := start(t, "user-profile", nil)
	f.tenant.Fault("/oauth2/v2/user_profile", kindetest.Fault{Status: http.StatusForbidden})
	w := f.signedIn("/api/user-profile")
	if w.Code != 401 || code(t, w) != "invalid-token" ||
		w.Header().Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("got %d %v, want 401 invalid-token", w.Code, w.Header())
	}
	auth := events(t, f.log.take(), "auth")
	if len(auth) != 1 || auth[0]["outcome"] != "denied" || auth[0]["reason"] != "refused-by-kinde" ||
		auth[0]["sub"] != kindetest.DemoUser {
		t.Errorf("got auth events %v, want one denial as refused-by-kinde", auth)
	}
}
