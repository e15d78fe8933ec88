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

// ErrInvalidGrant is in the chain when Kinde refuses a code or a refresh token:
// used, expired, revoked, or rotated by another request.
var ErrInvalidGrant = errors.New("kinde: invalid_grant")

// App is our application at the tenant. Its credentials go into the body: Kinde
// refuses Basic authentication.
type App struct {
	ID, Secret  string
	RedirectURI string
	Scopes      string // separated by spaces
	Audiences   []string
}

// Grant is what the token endpoint gave. Refresh is empty when the scope lacks
// offline.
type Grant struct{ Access, ID, Refresh string }

// AuthorizeURL is where a sign-in begins (RFC 6749 section 4.1.1, RFC 7636
// section 4.3). extra holds further parameters by Kinde's names, each checked
// by the caller; it cannot replace ours.
func (c *Client) AuthorizeURL(app App, state, nonce, challenge string, extra url.Values) string {
	query := url.Values{}
	maps.Copy(query, extra)
	for name, value := range map[string]string{
		"response_type": "code", "client_id": app.ID, "redirect_uri": app.RedirectURI, "scope": app.Scopes,
		"state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
		// Without it Kinde gives no reauth_state for an expired link.
		"supports_reauth": "true",
	} {
		query.Set(name, value)
	}
	if len(app.Audiences) > 0 {
		query["audience"] = app.Audiences
	}
	return c.issuer + "/oauth2/auth?" + query.Encode()
}

// LogoutURL ends the user's session at Kinde, or with all every one of theirs, and leads to
// back, which must be registered there.
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
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {app.RedirectURI}, "code_verifier": {verifier},
	})
	if err == nil && grant.ID == "" {
		err = unusable("the token endpoint gave no ID token: the scope must hold openid")
	}
	return grant, err
}

// Refresh redeems a refresh token (RFC 6749 section 6), which rotates it. Before
// the access token has expired Kinde gives the same one again.
func (c *Client) Refresh(ctx context.Context, app App, refresh string) (Grant, error) {
	return c.grant(ctx, app, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
}

func (c *Client) grant(ctx context.Context, app App, form url.Values) (Grant, error) {
	form.Set("client_id", app.ID)
	form.Set("client_secret", app.Secret)
	resp, err := c.out.Do(ctx, outbound.Request{Method: http.MethodPost, URL: c.issuer + "/oauth2/token", Form: form})
	if err != nil {
		return Grant{}, err
	}
	if resp.Status < 200 || resp.Status > 299 {
		return Grant{}, refusalOfApp(resp)
	}
	var answer struct {
		Access  string `json:"access_token"`
		ID      string `json:"id_token"`
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.Access == "" {
		return Grant{}, unusable("the token endpoint gave no access token")
	}
	return Grant(answer), nil
}

// Revoke ends a token (RFC 7009). hint is access_token, refresh_token or empty. A 503
// of Kinde's says that the token still exists (section 2.2.1): problem.NotRevoked.
func (c *Client) Revoke(ctx context.Context, app App, token, hint string) error {
	form := url.Values{"token": {token}, "client_id": {app.ID}}
	if app.Secret != "" { // the device application has none
		form.Set("client_secret", app.Secret)
	}
	if hint != "" {
		form.Set("token_type_hint", hint)
	}
	resp, err := c.out.Do(ctx, outbound.Request{Method: http.MethodPost, URL: c.issuer + "/oauth2/revoke", Form: form})
	switch {
	case err != nil:
		return err
	case resp.Status == http.StatusServiceUnavailable:
		p := problem.New(problem.NotRevoked, &Error{Status: resp.Status, Codes: codesIn(resp.Body)})
		p.RetryAfter = max(resp.RetryAfter(time.Now()), time.Second)
		return p
	case resp.Status == http.StatusBadRequest && unknownToken(resp):
		return nil // RFC 7009 section 2.2: what is invalid has been ended
	case resp.Status < 200 || resp.Status > 299:
		return refusalOfApp(resp)
	}
	return nil
}

// unknownToken is how Kinde may say that it knows no such token. Which of these words
// it uses, if any, its documents do not say.
func unknownToken(resp *outbound.Response) bool {
	said := &Error{Codes: codesIn(resp.Body)}
	return slices.ContainsFunc([]string{"invalid_token", "token_invalid", "token_not_found", "token_expired", "unknown_token", "invalid_grant"}, said.Has)
}

// refusalOfApp is the problem of an answer to a call with our application's own
// credentials: apart from a grant that is over, a refusal is the deployment's.
func refusalOfApp(resp *outbound.Response) *problem.Error {
	cause := &Error{Status: resp.Status, Codes: codesIn(resp.Body)}
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
	p.Remedy = AppRemedy(cause)
	if code == problem.UpstreamThrottled {
		p.RetryAfter = max(resp.RetryAfter(time.Now()), time.Second)
	}
	return p
}
