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

	"kinde-functions/shared/functiontest"
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/session"
)

// party is who takes part in a run beside the functions and schemathesis.
type party struct {
	*kindetest.Server
	cookies *session.Cookies
	agreed  string // a connection that lasts as long as the run
	forward string // where events are forwarded to
}

var sessionKey = []byte("0123456789abcdef0123456789abcdef")

func invite(t *testing.T) *party {
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
	p := &party{Server: tenant, cookies: session.NewCookies(pagesOrigin, box, time.Now), forward: receiver(t)}
	p.agreed = p.connection()
	p.keep()
	return p
}

// keep makes the tenant call every token and connection revoked and revoke none: a run
// goes on with those whose end it asks for.
func (p *party) keep() {
	p.Kinde.Fault("/oauth2/revoke", kindetest.Fault{Status: http.StatusOK})
	p.Kinde.Fault("/api/v1/connected_apps/revoke", kindetest.Fault{Status: http.StatusOK})
}

// settings are the functions' environment. The person has what is asked for in it:
// no token of schemathesis's making is theirs.
func (p *party) settings() []string {
	env := []string{
		"SESSION_KEYS=" + base64.StdEncoding.EncodeToString(sessionKey),
		"INTROSPECTION_PERMISSION=view_reports", "PROTECTED_RESOURCE_SCOPES=openid profile",
		"WEBHOOK_FORWARD_URL=" + p.forward, "WEBHOOK_FORWARD_SECRET=whsec_" + base64.StdEncoding.EncodeToString(sessionKey),
	}
	for name, value := range p.Env() {
		env = append(env, name+"="+value)
	}
	return env
}

// session is the value of a session's cookie.
func (p *party) session(t *testing.T) string {
	t.Helper()
	h := http.Header{}
	if err := p.cookies.Write(h,
		functiontest.NewSession(session.Tokens{Access: p.Kinde.Mint(), Refresh: p.Kinde.MintRefresh()})); err != nil {
		t.Fatal(err)
	}
	value, whole := strings.CutPrefix(functiontest.Kept(h), "__Host-session=")
	if !whole || strings.Contains(value, ";") {
		t.Fatal("the session does not fit one cookie")
	}
	return value
}

func (p *party) bring(r *http.Request, tokens session.Tokens) {
	h := http.Header{}
	if err := p.cookies.Write(h, functiontest.NewSession(tokens)); err != nil {
		panic(err)
	}
	with("Cookie", functiontest.Kept(h), "X-CSRF", "1")(p, r)
}

func (p *party) expired(refresh string) session.Tokens {
	return session.Tokens{Access: p.Kinde.Mint(kindetest.ExpiresIn(-time.Minute)), Refresh: refresh}
}

// tooLarge is a good access token that no session has room for.
func (p *party) tooLarge() string {
	noise := make([]byte, 6000)
	_, _ = rand.Read(noise) // never fails
	return p.Kinde.Mint(kindetest.With("noise", base64.StdEncoding.EncodeToString(noise)))
}

// grants makes the token endpoint give these tokens.
func (p *party) grants(access, id string) {
	body, err := json.Marshal(map[string]string{"access_token": access, "id_token": id, "refresh_token": "r"})
	if err != nil {
		panic(err)
	}
	p.Kinde.Fault("/oauth2/token", kindetest.Fault{Body: string(body)})
}

// begin begins a sign-in in the browser that sends r.
func (p *party) begin(r *http.Request) session.Attempt {
	a := session.Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: rand.Text() + rand.Text(),
		ReturnURL: pagesOrigin + "/"}
	h := http.Header{}
	if err := p.cookies.Begin(h, r, a); err != nil {
		panic(err)
	}
	r.Header.Set("Cookie", functiontest.Kept(h))
	return a
}

// code is what the tenant gives a person for that sign-in.
func (p *party) code(a session.Attempt) string {
	challenge := sha256.Sum256([]byte(a.Verifier))
	r, err := http.NewRequest(http.MethodGet, p.URL+"/oauth2/auth?"+url.Values{
		"response_type": {"code"}, "client_id": {kindetest.ClientID}, "redirect_uri": {pagesOrigin + "/auth/callback"},
		"scope": {"openid profile email offline"}, "state": {a.State}, "nonce": {a.Nonce},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode(), nil)
	if err != nil {
		panic(err)
	}
	r.AddCookie(p.Kinde.SessionCookie(kindetest.DemoPerson))
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
