package kinde

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

// ErrInvalidGrant is in the chain when Kinde refuses a code or a refresh token because
// it is used, expired, revoked or rotated by another request.
var ErrInvalidGrant = errors.New("kinde: invalid_grant")

// App is the site's application at the tenant. Its credentials are sent in the body:
// Kinde refuses Basic authentication.
type App struct {
	ID, Secret  string
	RedirectURI string
	Scopes      string // separated by spaces
	Audiences   []string
}

// Grant holds the tokens of a response of the token endpoint. Refresh is empty when the
// scope lacks offline.
type Grant struct{ Access, ID, Refresh string }

// AuthorizeURL returns the URL that starts a sign-in (RFC 6749 section 4.1.1, RFC 7636
// section 4.3). extra holds further parameters by Kinde's names, validated by the
// caller; it cannot replace those set here.
func (c *Client) AuthorizeURL(app App, state, nonce, challenge string, extra url.Values) string {
	query := url.Values{}
	maps.Copy(query, extra)
	for name, value := range map[string]string{
		"response_type": "code", "client_id": app.ID, "redirect_uri": app.RedirectURI, "scope": app.Scopes,
		"state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
		// Without it Kinde sends no reauth_state for an expired link.
		"supports_reauth": "true",
	} {
		query.Set(name, value)
	}
	if len(app.Audiences) > 0 {
		query["audience"] = app.Audiences
	}
	return c.issuer + "/oauth2/auth?" + query.Encode()
}

// LogoutURL returns the URL that ends the user's session at Kinde, or all of their
// sessions, and redirects to back, which must be registered at Kinde.
func (c *Client) LogoutURL(back string, all bool) string {
	query := url.Values{"redirect": {back}}
	if all {
		query.Set("all_sessions", "true")
	}
	return c.issuer + "/logout?" + query.Encode()
}

// Exchange redeems a code (RFC 6749 section 4.1.3) with its PKCE verifier.
func (c *Client) Exchange(ctx context.Context, app App, code, verifier string) (Grant, error) {
	grant, err := c.grant(ctx, app, url.Values{
		"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {app.RedirectURI}, "code_verifier": {verifier},
	})
	if err == nil && grant.ID == "" {
		err = unusable("the token endpoint sent no ID token: the scope must hold openid")
	}
	return grant, err
}

// Refresh redeems a refresh token (RFC 6749 section 6), which rotates it. Until the
// access token has expired, Kinde returns the same one.
func (c *Client) Refresh(ctx context.Context, app App, refresh string) (Grant, error) {
	return c.grant(ctx, app, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
}

func (c *Client) grant(ctx context.Context, app App, form url.Values) (Grant, error) {
	form.Set("client_id", app.ID)
	form.Set("client_secret", app.Secret)
	resp, err := c.post(ctx, "/oauth2/token", form)
	if err != nil {
		return Grant{}, err
	}
	if !succeeded(resp) {
		return Grant{}, refusalOfApp(resp, AppRemedy)
	}
	var tokens struct {
		Access  string `json:"access_token"`
		ID      string `json:"id_token"`
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(resp.Body, &tokens) != nil || tokens.Access == "" {
		return Grant{}, unusable("the token endpoint sent no access token")
	}
	return Grant(tokens), nil
}

// Revoke revokes a token (RFC 7009). hint is access_token, refresh_token or empty. A 503
// means that the token still exists (section 2.2.1): problem.NotRevoked.
func (c *Client) Revoke(ctx context.Context, app App, token, hint string) error {
	form := url.Values{"token": {token}, "client_id": {app.ID}}
	if app.Secret != "" { // the device application has none
		form.Set("client_secret", app.Secret)
	}
	if hint != "" {
		form.Set("token_type_hint", hint)
	}
	resp, err := c.post(ctx, "/oauth2/revoke", form)
	switch {
	case err != nil:
		return err
	case resp.Status == http.StatusServiceUnavailable:
		p := problem.New(problem.NotRevoked, errorOf(resp))
		p.RetryAfter = max(resp.RetryAfter(time.Now()), time.Second)
		return p
	case resp.Status == http.StatusBadRequest && unknownToken(resp):
		return nil // RFC 7009 section 2.2: an invalid token needs no revocation
	case !succeeded(resp):
		return refusalOfApp(resp, AppRemedy)
	}
	return nil
}

// unknownToken reports whether the response says that Kinde does not know the token.
// Kinde does not document a code for it, so all that are in use elsewhere count.
func unknownToken(resp *outbound.Response) bool {
	refusal := errorOf(resp)
	return slices.ContainsFunc([]string{
		"invalid_token", "token_invalid", "token_not_found", "token_expired", "unknown_token", "invalid_grant",
	}, refusal.Has)
}

// refusalOfApp returns the problem for a refused call with an application's own
// credentials. Unless the grant is invalid, the deployment is at fault.
func refusalOfApp(resp *outbound.Response, remedy func(*Error) string) *problem.Error {
	cause := errorOf(resp)
	var chained error = cause
	code := problem.UpstreamMisconfigured
	switch {
	case resp.Status == http.StatusTooManyRequests:
		code = problem.UpstreamThrottled
	case resp.Status >= 500:
		code = problem.UpstreamFailed
	case cause.Has("invalid_grant"):
		code = problem.UpstreamFailed
		chained = errors.Join(ErrInvalidGrant, cause)
	}
	p := problem.New(code, chained)
	p.Remedy = remedy(cause)
	if code == problem.UpstreamThrottled {
		p.RetryAfter = max(resp.RetryAfter(time.Now()), time.Second)
	}
	return p
}
