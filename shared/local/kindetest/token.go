package kindetest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// token handles POST /oauth2/token, all grants.
func (k *Kinde) token(w http.ResponseWriter, r *http.Request) {
	response, err := k.redeem(r)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, response)
}

// tokenResponse is RFC 6749 section 5.1's.
type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
}

func (k *Kinde) redeem(r *http.Request) (*tokenResponse, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("The body must be application/x-www-form-urlencoded.")
	}
	client, err := k.authenticate(r)
	if err != nil {
		return nil, err
	}
	kind := r.PostForm.Get("grant_type")
	switch {
	case kind == "":
		return nil, invalidRequest("grant_type is missing.")
	case !slices.Contains([]string{grantCode, grantRefresh, grantMachine, grantDevice}, kind):
		return nil, oauthFault(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported.")
	case !slices.Contains(grantsOf[client.Type], kind):
		return nil, oauthFault(http.StatusBadRequest, "unauthorized_client",
			"The application's type does not allow this grant.")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch kind {
	case grantCode:
		return k.redeemCode(client, r)
	case grantRefresh:
		return k.redeemRefresh(client, r)
	case grantMachine:
		return k.redeemMachine(client, r)
	default:
		return k.redeemDevice(client, r)
	}
}

// redeemCode handles RFC 6749 section 4.1.3 with RFC 7636 section 4.6. Using a code twice
// revokes the tokens that it was redeemed for.
func (k *Kinde) redeemCode(client Client, r *http.Request) (*tokenResponse, error) {
	form := r.PostForm
	code, ok := k.codes.get(form.Get("code"), k.opt.Now())
	if !ok || code.grant.client.ID != client.ID || code.grant.issuer != k.issuerOf(r) {
		return nil, invalidGrant("The authorization code is unknown or has expired.")
	}
	if code.used {
		k.revokeGrant(code.grant)
		return nil, invalidGrant("The authorization code has been used before.")
	}
	code.used = true
	if form.Get("redirect_uri") != code.redirectURI {
		return nil, invalidGrant("redirect_uri differs from the one of the authorization request.")
	}
	if !provesVerifier(code.challenge, form.Get("code_verifier")) {
		return nil, invalidGrant("The PKCE code verifier does not match the challenge.")
	}
	return k.issue(code.grant), nil
}

func provesVerifier(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	made := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(made), []byte(challenge)) == 1
}

// refreshToken is one link in a grant's chain of refresh tokens.
type refreshToken struct {
	grant   *grant
	issued  time.Time
	expires time.Time
	rotated time.Time // zero until it is used
}

// redeemRefresh rotates: each use returns a new refresh token, and the used one stays
// valid for RefreshOverlap. Later use is refused, but the newer tokens of the chain stay
// valid.
func (k *Kinde) redeemRefresh(client Client, r *http.Request) (*tokenResponse, error) {
	now := k.opt.Now()
	old, ok := k.refresh.get(r.PostForm.Get("refresh_token"), now)
	if ok {
		if p := k.user(old.grant.sub); p != nil && p.Suspended {
			return nil, invalidGrant("The user is suspended.")
		}
	}
	if !ok || old.grant.revoked || old.grant.client.ID != client.ID || old.grant.issuer != k.issuerOf(r) {
		return nil, invalidGrant("The refresh token is unknown, expired or revoked.")
	}
	if !old.rotated.IsZero() && now.Sub(old.rotated) >= k.opt.RefreshOverlap {
		return nil, invalidGrant("The refresh token has been used before.")
	}
	if old.rotated.IsZero() {
		old.rotated = now
	}
	old.grant.nonce = "" // it belonged to the first ID token
	return k.issue(old.grant), nil
}

// redeemMachine handles RFC 6749 section 4.4 with Kinde's audience parameter.
func (k *Kinde) redeemMachine(client Client, r *http.Request) (*tokenResponse, error) {
	audience := r.PostForm.Get("audience")
	if audience == "" {
		return nil, invalidRequest("audience is missing.")
	}
	allowed := slices.Clone(client.Audiences)
	for i, aud := range allowed {
		if aud == ManagementAudience {
			allowed[i] = k.managementAudience()
		}
	}
	if !slices.Contains(allowed, audience) {
		return nil, oauthFault(http.StatusBadRequest, "unauthorized_client",
			"The application is not authorized for this audience.")
	}
	scopes := client.Scopes
	if asked := words(r.PostForm["scope"]); len(asked) > 0 {
		granted, refused := client.grantable(asked)
		if refused {
			return nil, oauthFault(http.StatusBadRequest, "invalid_scope",
				"A requested scope is not assigned to the application.")
		}
		scopes = granted
	}
	return k.issue(&grant{issuer: k.issuerOf(r), client: client, scopes: scopes, audience: []string{audience}}), nil
}

// issue returns the tokens of a grant. The access token is the same until it expires.
// k.mu is held.
func (k *Kinde) issue(g *grant) *tokenResponse {
	now := k.opt.Now()
	if _, revoked := k.revoked.get(digest(g.access), now); g.access == "" || revoked || !now.Before(g.until) {
		g.access, g.until = k.sign(k.accessClaims(g, k.cachedClaims(g))), now.Add(k.opt.AccessTTL)
	}
	a := &tokenResponse{
		AccessToken: g.access, ExpiresIn: int64(g.until.Sub(now).Seconds()),
		TokenType: "bearer", Scope: strings.Join(g.scopes, " "),
	}
	if g.sub != "" && slices.Contains(g.scopes, "openid") {
		a.IDToken = k.sign(k.idClaims(g, g.access))
	}
	if g.sub != "" && slices.Contains(g.scopes, "offline") {
		a.RefreshToken = randomText()
		expires := now.Add(k.opt.RefreshTTL)
		k.refresh.put(a.RefreshToken, &refreshToken{grant: g, issued: now, expires: expires}, expires)
	}
	return a
}

// revokeGrant revokes a grant's refresh tokens and its current access token.
// k.mu is held.
func (k *Kinde) revokeGrant(g *grant) {
	g.revoked = true
	if g.access != "" {
		k.revoked.put(digest(g.access), struct{}{}, g.until)
	}
}
