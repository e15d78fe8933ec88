package kindetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// tenant is a served Kinde with a clock that the test sets, and a browser.
type tenant struct {
	*Server
	t       *testing.T
	browser *http.Client // keeps cookies, follows no redirect
	mu      sync.Mutex
	ahead   time.Duration
}

func newTenant(t *testing.T, change ...func(*Options)) *tenant {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	tn := &tenant{t: t, browser: &http.Client{
		Jar:           jar,
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	opt := Options{Now: func() time.Time {
		tn.mu.Lock()
		defer tn.mu.Unlock()
		return time.Now().Add(tn.ahead)
	}}
	for _, c := range change {
		c(&opt)
	}
	server, err := Serve(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	tn.Server = server
	return tn
}

// wait advances the tenant's clock.
func (tn *tenant) wait(d time.Duration) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.ahead += d
}

// response is a response with its body.
type response struct {
	status int
	header http.Header
	body   string
}

func (a response) location(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		t.Fatalf("no redirect: got %d %s", a.status, a.body)
	}
	return u
}

func (a response) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("%d %q: got %v", a.status, a.body, err)
	}
	return m
}

func (tn *tenant) do(r *http.Request) response {
	tn.t.Helper()
	res, err := tn.browser.Do(r)
	if err != nil {
		tn.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		tn.t.Fatal(err)
	}
	return response{res.StatusCode, res.Header, string(body)}
}

// get sends a GET with a bearer token, or none when it is empty.
func (tn *tenant) get(target, bearer string) response {
	tn.t.Helper()
	return tn.send("GET", target, bearer, nil)
}

func (tn *tenant) post(target string, form url.Values) response {
	tn.t.Helper()
	return tn.send("POST", target, "", form)
}

func (tn *tenant) send(method, target, bearer string, form url.Values) response {
	tn.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = tn.URL + target
	}
	r, err := http.NewRequestWithContext(tn.t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		tn.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	return tn.do(r)
}

const callback = DefaultSite + "/auth/callback"

// web is the default web client, as x/oauth2 sees it.
func (tn *tenant) web(scopes ...string) *oauth2.Config {
	if scopes == nil {
		scopes = []string{"openid", "profile", "email", "offline"}
	}
	return &oauth2.Config{
		ClientID: ClientID, ClientSecret: ClientSecret, RedirectURL: callback, Scopes: scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL: tn.URL + "/oauth2/auth", TokenURL: tn.URL + "/oauth2/token",
			DeviceAuthURL: tn.URL + "/oauth2/device/auth", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// signIn submits the sign-in page as a user and returns the redirect.
func (tn *tenant) signIn(authURL, userID string) *url.URL {
	tn.t.Helper()
	page := tn.get(authURL, "")
	return tn.post(formAction(tn.t, page), url.Values{"action": {"person"}, "person": {userID}}).location(tn.t)
}

// formAction returns the URL that the sign-in page's forms post to.
func formAction(t *testing.T, page response) string {
	t.Helper()
	_, rest, found := strings.Cut(page.body, `action="/sign-in/`)
	id, _, closed := strings.Cut(rest, `"`)
	if page.status != http.StatusOK || !found || !closed {
		t.Fatalf("no sign-in page: got %d %s", page.status, page.body)
	}
	return "/sign-in/" + id
}

// tokens signs the demo user in and redeems the code.
func (tn *tenant) tokens(scopes ...string) *oauth2.Token {
	tn.t.Helper()
	conf, verifier := tn.web(scopes...), oauth2.GenerateVerifier()
	target := conf.AuthCodeURL("state-1234", oauth2.S256ChallengeOption(verifier),
		oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("nonce", "n-1"))
	u := tn.signIn(target, DemoUser)
	token, err := conf.Exchange(tn.t.Context(), u.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		tn.t.Fatal(err)
	}
	return token
}

// grantForm is a token request of the default web client.
func grantForm(grantType string, more ...string) url.Values {
	form := url.Values{"grant_type": {grantType}, "client_id": {ClientID}, "client_secret": {ClientSecret}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

// oauthCode is the error of a response in OAuth's shape.
func oauthCode(t *testing.T, a response) string {
	t.Helper()
	code, _ := a.json(t)["error"].(string)
	return code
}
