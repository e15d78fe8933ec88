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
	f := start(t, "user-profile", answering(`{}`), "KINDE_DEVICE_CLIENT_ID", kindetest.DeviceClientID)
	good, device := f.tenant.Mint(), f.tenant.Mint(kindetest.FromDevice())
	const invalid = `Bearer error="invalid_token"`
	for name, row := range map[string]struct {
		header    []string
		status    int
		code      string
		challenge string
		reason    string
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
				t.Fatalf("%d %q %s", w.Code, w.Header().Get("WWW-Authenticate"), w.Body)
			}
			if row.code != "" && code(t, w) != row.code {
				t.Errorf("body %s", w.Body)
			}
			log := f.log.take()
			auth := events(t, log, "auth")
			if len(auth) != 1 || len(events(t, log, "request")) != 1 {
				t.Fatalf("not one event of each kind: %s", log)
			}
			outcome := map[bool]string{true: "allowed", false: "denied"}[row.status == 200]
			if auth[0]["outcome"] != outcome || row.reason != "" && auth[0]["reason"] != row.reason ||
				auth[0]["action"] != "GET /api/user-profile" {
				t.Errorf("auth event %v", auth[0])
			}
			if row.status == 200 && (auth[0]["sub"] != kindetest.DemoUser || auth[0]["org_code"] != kindetest.DemoOrg) {
				t.Errorf("auth event %v", auth[0])
			}
		})
	}
}

func TestTokenInQueryOrBodyIsNoCredential(t *testing.T) {
	f := start(t, "user-profile", answering(`{}`))
	token := f.tenant.Mint()
	for _, target := range []string{"/api/user-profile?access_token=" + token, "/api/user-profile?token=" + token} {
		if w := f.get(target); w.Code != 401 {
			t.Errorf("%d", w.Code)
		}
	}
	body := httptest.NewRequest("GET", "/api/user-profile", strings.NewReader("access_token="+token))
	if w := f.send(body, "Content-Type", "application/x-www-form-urlencoded"); w.Code != 401 {
		t.Errorf("%d", w.Code)
	}
	if log := f.log.take(); strings.Contains(log, token[:10]) {
		t.Error("a token is in the log")
	}
}

func TestCredentialsAreCheckedBeforeParameters(t *testing.T) {
	f := start(t, "user-profile", answering(`{}`))
	if w := f.get("/api/user-profile?bad=1"); w.Code != 401 {
		t.Errorf("%d", w.Code)
	}
	forged := f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey))
	if w := f.get("/api/user-profile?bad=1", "Authorization", "Bearer "+forged); w.Code != 401 {
		t.Errorf("while keys are being fetched: %d", w.Code)
	}
	if w := f.signedIn("/api/user-profile?bad=1"); w.Code != 400 || code(t, w) != "invalid-parameter" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestUnavailableKeysAre503(t *testing.T) {
	f := start(t, "user-profile", answering(`{}`))
	f.tenant.Fault("/.well-known/", kindetest.Fault{Status: 500})
	for range 3 { // the second and third fall into the pause between fetches
		w := f.signedIn("/api/user-profile")
		if w.Code != 503 || code(t, w) != "keys-unavailable" || w.Header().Get("Retry-After") != "30" ||
			w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	}
	if n := len(f.tenant.Calls("/.well-known/")); n != 1 {
		t.Errorf("%d fetches of a key set that fails", n)
	}
}

func TestUnknownKidsFetchKeysTwiceAtMost(t *testing.T) {
	f := start(t, "user-profile", answering(`{}`))
	f.signedIn("/api/user-profile")
	token := f.tenant.Mint(kindetest.Header("kid", "unknown"))
	for range 1000 {
		if w := f.get("/api/user-profile", "Authorization", "Bearer "+token); w.Code != 401 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if n := len(f.tenant.Calls("/.well-known/")); n > 2 {
		t.Errorf("%d key fetches", n)
	}
}

// While no keys are held the call upstream starts beside the key fetch.
func TestColdRequestsTakeOneRoundTrip(t *testing.T) {
	f := start(t, "user-profile", nil)
	const delay = 300 * time.Millisecond
	f.tenant.Fault("/", kindetest.Fault{Delay: delay})
	begin := time.Now()
	if w := f.signedIn("/api/user-profile"); w.Code != 200 || !strings.Contains(w.Body.String(), kindetest.DemoUser) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if took := time.Since(begin); took > delay*17/10 {
		t.Errorf("took %v with %v a round trip", took, delay)
	}
}

// Whatever an overlapped call brings, a forged token never sees it; and once
// keys are held, a forged token causes no call at all.
func TestForgedTokenGetsNoOverlappedResponse(t *testing.T) {
	f := start(t, "user-profile", answering(`{"private":true}`))
	f.tenant.Fault("/.well-known/", kindetest.Fault{Delay: 50 * time.Millisecond})
	forged := "Bearer " + f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey))
	if w := f.get("/api/user-profile", "Authorization", forged); w.Code != 401 ||
		strings.Contains(w.Body.String(), "private") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if auth := events(t, f.log.take(), "auth"); len(auth) != 1 || auth[0]["outcome"] != "denied" || auth[0]["sub"] != "" {
		t.Errorf("%v", auth)
	}

	f = start(t, "user-profile", nil)
	f.signedIn("/api/user-profile")
	f.tenant.ForgetCalls()
	forged = "Bearer " + f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey))
	if w := f.get("/api/user-profile", "Authorization", forged); w.Code != 401 {
		t.Errorf("%d", w.Code)
	}
	if calls := f.tenant.Calls("/"); len(calls) != 0 {
		t.Errorf("%d calls upstream for a forged token", len(calls))
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
		t.Errorf("%d", w.Code)
	}
	select {
	case <-running:
	default:
		t.Error("the call was left behind when its request ended")
	}
}

func TestTokenRefusedByKindeIsDeniedOnce(t *testing.T) {
	f := start(t, "user-profile", nil)
	f.tenant.Fault("/oauth2/v2/user_profile", kindetest.Fault{Status: http.StatusForbidden})
	w := f.signedIn("/api/user-profile")
	if w.Code != 401 || code(t, w) != "invalid-token" ||
		w.Header().Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	auth := events(t, f.log.take(), "auth")
	if len(auth) != 1 || auth[0]["outcome"] != "denied" || auth[0]["reason"] != "refused-by-kinde" ||
		auth[0]["sub"] != kindetest.DemoUser {
		t.Errorf("%v", auth)
	}
}
