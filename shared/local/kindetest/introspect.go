package kindetest

import (
	"net/http"
	"time"
)

// introspection is Kinde's response about an active token (RFC 7662 section 2.2).
type introspection struct {
	Active   bool     `json:"active"`
	Aud      []string `json:"aud"`
	ClientID string   `json:"client_id"`
	Exp      int64    `json:"exp"`
	Iat      int64    `json:"iat"`
}

// introspect handles POST /oauth2/introspect. The caller's bearer may be any
// access token of the tenant, from either host; the token asked about is
// active only on the host that minted it.
func (k *Kinde) introspect(w http.ResponseWriter, r *http.Request) {
	if _, err := k.bearerOf(r, k.opt.Issuer, k.opt.Management); err != nil {
		writeError(w, oauthFault(http.StatusUnauthorized, "request_unauthorized", "A valid bearer token is required."))
		return
	}
	token := r.PostForm.Get("token")
	if token == "" {
		writeError(w, oauthFault(http.StatusUnauthorized, "invalid_request", "token is missing."))
		return
	}
	issuer := k.issuerOf(r)
	if b, err := k.verify(token, issuer); err == nil {
		writeJSON(w, http.StatusOK, introspection{true, nonNil(b.audience), b.client, b.expires, b.issued})
		return
	}
	k.mu.Lock()
	rt, ok := k.liveRefresh(token)
	k.mu.Unlock()
	if !ok || rt.grant.issuer != issuer {
		writeJSON(w, http.StatusOK, map[string]bool{"active": false})
		return
	}
	writeJSON(w, http.StatusOK, introspection{true, nonNil(rt.grant.audience), rt.grant.client.ID, rt.expires.Unix(),
		rt.issued.Unix()})
}

// liveRefresh returns a refresh token that is still valid; k.mu is held.
func (k *Kinde) liveRefresh(raw string) (*refreshToken, bool) {
	now := k.opt.Now()
	rt, ok := k.refresh.get(raw, now)
	if !ok || rt.grant.revoked || !rt.rotated.IsZero() && now.Sub(rt.rotated) >= k.opt.RefreshOverlap {
		return nil, false
	}
	return rt, true
}

// revoke handles POST /oauth2/revoke (RFC 7009). The response is 200 without a body, for
// unknown tokens too. Another client's token is not revoked. Revoking a refresh token
// ends its grant.
func (k *Kinde) revoke(w http.ResponseWriter, r *http.Request) {
	client, err := k.authenticate(r)
	if err != nil {
		writeError(w, err)
		return
	}
	token := r.PostForm.Get("token")
	if token == "" {
		writeError(w, badRequest("TOKEN_MISSING", "Token is missing"))
		return
	}
	b, verifyErr := k.verify(token, k.issuerOf(r))
	k.mu.Lock()
	defer k.mu.Unlock()
	if rt, ok := k.refresh.get(token, k.opt.Now()); ok && rt.grant.client.ID == client.ID {
		k.revokeGrant(rt.grant)
	}
	if verifyErr == nil && b.client == client.ID {
		k.revoked.put(digest(token), struct{}{}, time.Unix(b.expires, 0))
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}
