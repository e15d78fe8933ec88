//go:build realtools

package openapi

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

// fixture is an embedded Kinde and the cookies of its users' sessions.
type fixture struct {
	*kindetest.Server
	cookies      *session.Cookies
	connectionID string // valid during the whole run
	forward      string // where events are forwarded to
	api          string // an own API
}

var sessionKey = []byte("0123456789abcdef0123456789abcdef")

func newFixture(t *testing.T) *fixture {
	t.Helper()
	tenant, err := kindetest.Serve(kindetest.Options{Site: pagesOrigin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tenant.Close)
	box, err := session.NewBox([][]byte{sessionKey}, tenant.URL, kindetest.ClientID, pagesOrigin)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Server: tenant, cookies: session.NewCookies(pagesOrigin, box, time.Now), forward: receiver(t),
		api: echo(t)}
	f.connectionID = f.connection()
	f.ignoreRevocations()
	return f
}

// ignoreRevocations makes Kinde report every revocation as done without effect, so that
// the run's tokens and connections stay valid.
func (f *fixture) ignoreRevocations() {
	f.Kinde.Fault("/oauth2/revoke", kindetest.Fault{Status: http.StatusOK})
	f.Kinde.Fault("/api/v1/connected_apps/revoke", kindetest.Fault{Status: http.StatusOK})
}

// settings returns the functions' environment. The user has the required permission and
// scopes.
func (f *fixture) settings() []string {
	env := []string{
		"SESSION_KEYS=" + base64.StdEncoding.EncodeToString(sessionKey),
		"INTROSPECTION_PERMISSION=view_reports", "PROTECTED_RESOURCE_SCOPES=openid profile",
		"GATE_KEYS=" + base64.StdEncoding.EncodeToString(sessionKey), "PROXY_APIS=echo=" + f.api,
		"WEBHOOK_FORWARD_URL=" + f.forward, "WEBHOOK_FORWARD_SECRET=whsec_" + base64.StdEncoding.EncodeToString(sessionKey),
	}
	for name, value := range f.Env() {
		env = append(env, name+"="+value)
	}
	return env
}

// session returns the value of a session cookie.
func (f *fixture) session(t *testing.T) string {
	t.Helper()
	h := http.Header{}
	if err := f.cookies.Write(h,
		functiontest.NewSession(session.Tokens{Access: f.Kinde.Mint(), Refresh: f.Kinde.MintRefresh()})); err != nil {
		t.Fatal(err)
	}
	value, whole := strings.CutPrefix(functiontest.Kept(h), "__Host-session=")
	if !whole || strings.Contains(value, ";") {
		t.Fatal("the session does not fit one cookie")
	}
	return value
}

func (f *fixture) setSession(r *http.Request, tokens session.Tokens) {
	h := http.Header{}
	if err := f.cookies.Write(h, functiontest.NewSession(tokens)); err != nil {
		panic(err)
	}
	withHeader("Cookie", functiontest.Kept(h), "X-CSRF", "1")(f, r)
}

func (f *fixture) expired(refresh string) session.Tokens {
	return session.Tokens{Access: f.Kinde.Mint(kindetest.ExpiresIn(-time.Minute)), Refresh: refresh}
}

// tooLarge returns a valid access token that exceeds the session cookie.
func (f *fixture) tooLarge() string {
	noise := make([]byte, 6000)
	_, _ = rand.Read(noise) // never fails
	return f.Kinde.Mint(kindetest.With("noise", base64.StdEncoding.EncodeToString(noise)))
}

// setTokenResponse sets the tokens that the token endpoint returns.
func (f *fixture) setTokenResponse(access, id string) {
	body, err := json.Marshal(map[string]string{"access_token": access, "id_token": id, "refresh_token": "r"})
	if err != nil {
		panic(err)
	}
	f.Kinde.Fault("/oauth2/token", kindetest.Fault{Body: string(body)})
}

// begin starts a sign-in and adds its cookie to r.
func (f *fixture) begin(r *http.Request) session.Attempt {
	a := session.Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: rand.Text() + rand.Text(),
		ReturnURL: pagesOrigin + "/"}
	h := http.Header{}
	if err := f.cookies.Begin(h, r, a); err != nil {
		panic(err)
	}
	r.Header.Set("Cookie", functiontest.Kept(h))
	return a
}

// code returns Kinde's authorization code for the sign-in.
func (f *fixture) code(a session.Attempt) string {
	challenge := sha256.Sum256([]byte(a.Verifier))
	r, err := http.NewRequest(http.MethodGet, f.URL+"/oauth2/auth?"+url.Values{
		"response_type": {"code"}, "client_id": {kindetest.ClientID}, "redirect_uri": {pagesOrigin + "/auth/callback"},
		"scope": {"openid profile email offline"}, "state": {a.State}, "nonce": {a.Nonce},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode(), nil)
	if err != nil {
		panic(err)
	}
	r.AddCookie(f.Kinde.SessionCookie(kindetest.DemoUser))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		panic(err)
	}
	_ = resp.Body.Close()
	to, err := resp.Location()
	if err != nil || !to.Query().Has("code") {
		panic("no code: " + resp.Status)
	}
	return to.Query().Get("code")
}
