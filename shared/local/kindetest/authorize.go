package kindetest

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	pendingTTL = 30 * time.Minute
	codeTTL    = 5 * time.Minute
	sessionTTL = 24 * time.Hour
	// minState is the least number of characters that Kinde accepts as state.
	minState = 8
)

// authRequest is a valid authorization request (RFC 6749 section 4.1.1).
type authRequest struct {
	client      Client
	issuer      string
	redirectURI string
	state       string
	nonce       string
	challenge   string
	prompt      string
	scopes      []string
	audience    []string
	org         string
	params      url.Values
}

// callbackURL is the redirect URI with the parameters of a response added.
func (a *authRequest) callbackURL(response url.Values) string {
	if a.state != "" {
		response.Set("state", a.state)
	}
	joint := "?"
	if strings.Contains(a.redirectURI, "?") {
		joint = "&"
	}
	return a.redirectURI + joint + response.Encode()
}

func (a *authRequest) refuse(w http.ResponseWriter, code, description string) {
	redirect(w, http.StatusFound, a.callbackURL(url.Values{"error": {code}, "error_description": {description}}))
}

// redirect sends target unchanged; http.Redirect would clean its path.
func redirect(w http.ResponseWriter, status int, target string) {
	w.Header().Set("Location", target)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

// authorize handles GET /oauth2/auth. It shows the sign-in page, or redirects with a code
// when the user is signed in at the tenant and no prompt requires the page.
func (k *Kinde) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	client, ok := k.client(query.Get("client_id"))
	if !ok || (client.Type != Web && client.Type != SPA) {
		renderMessage(w, http.StatusBadRequest, "Unknown application",
			"No web or single-page application with this client_id is registered here.", query.Get("client_id"))
		return
	}
	if !client.takes(query.Get("redirect_uri")) {
		renderMessage(w, http.StatusBadRequest, "Invalid callback URL",
			"The redirect_uri is not among the application's allowed callback URLs. Register exactly:",
			query.Get("redirect_uri"))
		return
	}
	a := &authRequest{
		client: client, issuer: k.issuerOf(r), redirectURI: query.Get("redirect_uri"), state: query.Get("state"),
		nonce: query.Get("nonce"), challenge: query.Get("code_challenge"), prompt: query.Get("prompt"),
		audience: client.authorized(words(query["audience"])), org: query.Get("org_code"), params: query,
	}
	if code, description := a.check(); code != "" {
		a.refuse(w, code, description)
		return
	}
	a.resume()
	if expiredLink(query) {
		a.expireLink(w)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	session, signedIn := k.signedIn(r)
	known := signedIn != nil && signedIn.membership(a.org) != nil && query.Get("is_create_org") == "" &&
		query.Get("invitation_code") == ""
	switch {
	case known && (a.prompt == "" || a.prompt == "none"):
		redirect(w, http.StatusFound, k.grantCode(a, session, a.org))
	case a.prompt == "none":
		a.refuse(w, "login_required", "The user is not signed in.")
	default:
		id := randomText()
		k.pending.put(id, a, k.opt.Now().Add(pendingTTL))
		k.renderSignIn(w, id, a, "")
	}
}

// check returns the error of a request whose redirect URI is registered.
func (a *authRequest) check() (code, description string) {
	q := a.params
	var refused bool
	a.scopes, refused = a.client.grantable(words(q["scope"]))
	switch {
	case q.Get("response_type") != "code":
		return "unsupported_response_type", "Only response_type=code is supported."
	case len(a.state) < minState:
		return "invalid_state", "state must have 8 characters or more."
	case a.challenge == "" && a.client.Secret == "":
		return "invalid_request", "Public clients must send a code_challenge."
	case a.challenge != "" && q.Get("code_challenge_method") != "S256":
		return "invalid_request", "code_challenge_method must be S256."
	case a.challenge != "" && len(a.challenge) != 43:
		return "invalid_request", "code_challenge is not an S256 challenge."
	case !slices.Contains([]string{"", "login", "create", "none", "select_account", "consent"}, a.prompt):
		return "invalid_request", "prompt must be login, create, none, select_account or consent."
	case refused:
		return "invalid_scope", "A requested scope is not assigned to the application."
	}
	return "", ""
}

// words splits a parameter that is sent as several values or as one with spaces.
func words(values []string) []string { return strings.Fields(strings.Join(values, " ")) }

// With these e-mail addresses as login_hint, the sign-in link has expired: with the first
// until the sign-in restarts, with the second always.
const (
	ExpiredLinkHint       = "link-expired@example.test"
	AlwaysExpiredLinkHint = "link-always-expired@example.test"
)

func expiredLink(q url.Values) bool {
	hint := q.Get("login_hint")
	return hint == AlwaysExpiredLinkHint || hint == ExpiredLinkHint && q.Get("reauth_state") == ""
}

// reauthState is the content of reauth_state, base64 of a JSON object: parameters for the
// restarted request.
type reauthState struct {
	LoginHint string `json:"login_hint,omitempty"`
	OrgCode   string `json:"org_code,omitempty"`
}

// expireLink refuses a request because its sign-in link has expired. Kinde sends
// reauth_state only in response to supports_reauth=true.
func (a *authRequest) expireLink(w http.ResponseWriter) {
	response := url.Values{"error": {"login_link_expired"}, "error_description": {"The sign-in link has expired."}}
	if a.params.Get("supports_reauth") == "true" {
		state, _ := json.Marshal(reauthState{a.params.Get("login_hint"), a.org}) // strings always marshal
		response.Set("reauth_state", base64.StdEncoding.EncodeToString(state))
	}
	redirect(w, http.StatusFound, a.callbackURL(response))
}

// resume adds the parameters in reauth_state. It ignores an invalid one.
func (a *authRequest) resume() {
	raw, err := base64.StdEncoding.DecodeString(a.params.Get("reauth_state"))
	if err != nil {
		return
	}
	var state reauthState
	if json.Unmarshal(raw, &state) == nil {
		a.org = cmp.Or(a.org, state.OrgCode)
		a.params.Set("login_hint", cmp.Or(a.params.Get("login_hint"), state.LoginHint))
	}
}

// codeGrant is the grant behind an authorization code (RFC 6749 section 4.1.2).
type codeGrant struct {
	grant       *grant
	redirectURI string
	challenge   string
	used        bool
}

// grantCode issues a code and returns the callback URL with it; k.mu is held.
func (k *Kinde) grantCode(a *authRequest, session *tenantSession, org string) string {
	now := k.opt.Now()
	if m := k.user(session.user).membership(org); m != nil {
		org = m.OrgCode
	}
	session.client, session.org = a.client.ID, org
	code := randomText()
	k.codes.put(code, &codeGrant{
		redirectURI: a.redirectURI, challenge: a.challenge,
		grant: &grant{
			issuer: a.issuer, client: a.client, sub: session.user, org: org, session: session.id,
			scopes: a.scopes, audience: a.audience, nonce: a.nonce, signedIn: session.started,
		},
	}, now.Add(codeTTL))
	return a.callbackURL(url.Values{"code": {code}, "scope": {strings.Join(a.scopes, " ")}})
}
