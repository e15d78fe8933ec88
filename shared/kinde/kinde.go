// Package kinde calls Kinde's endpoints.
//
// It keeps one user's data from another: a user's token is a parameter of each call
// and is never stored. Hosts come from settings and paths from this package, so that
// no caller chooses where a token goes. Responses are validated before they are used.
package kinde

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"kinde-functions/shared/jsonscan"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/text"
)

// ErrUnusable is in the chain of errors for successful responses that do not have the
// documented form.
var ErrUnusable = errors.New("kinde: unusable response")

// KeysPath is where a tenant publishes its signing keys. A request for it must not
// carry an Authorization header: Kinde responds 403.
const KeysPath = "/.well-known/jwks"

// Client calls one tenant.
type Client struct {
	issuer     string
	management string
	out        *outbound.Client
}

// New returns a client. issuer is the tenant's origin and management its
// kinde.com origin, the same unless the tenant has a custom domain.
func New(issuer, management string, out *outbound.Client) *Client {
	return &Client{issuer: issuer, management: management, out: out}
}

// UserProfile returns the profile of the token's user as Kinde sends it
// (GET /oauth2/v2/user_profile).
func (c *Client) UserProfile(ctx context.Context, token string) (json.RawMessage, error) {
	body, err := c.asUser(ctx, token, "/oauth2/v2/user_profile", nil)
	if err != nil {
		return nil, err
	}
	var profile struct{ Sub, ID, Error string }
	if err := json.Unmarshal(body, &profile); err != nil {
		return nil, unusable("the profile is not a JSON object of strings")
	}
	if profile.Sub == "" && profile.ID == "" {
		if profile.Error == "invalid_token" {
			return nil, problem.New(problem.InvalidToken, &Error{Status: http.StatusOK, Codes: []string{profile.Error}})
		}
		return nil, unusable("the profile has neither sub nor id")
	}
	return body, nil
}

// PortalLink requests a one-time link to the self-serve portal
// (GET /account_api/v1/portal_link). subnav names the portal's area and may be empty;
// returnURL is an absolute URL that the caller has validated. The link is an absolute
// URL on the issuer's or the management host; any other is ErrUnusable.
func (c *Client) PortalLink(ctx context.Context, token, subnav, returnURL string) (string, error) {
	query := url.Values{"return_url": {returnURL}}
	if subnav != "" {
		query.Set("subnav", subnav)
	}
	body, err := c.asUser(ctx, token, "/account_api/v1/portal_link", query)
	if err != nil {
		return "", err
	}
	link := ""
	ok := jsonscan.Object(body, func(name, value []byte) bool {
		if string(name) != "url" {
			return true
		}
		decoded, isText := jsonscan.Text(value)
		link = string(decoded)
		return isText
	})
	if !ok {
		return "", unusable("the portal link is not JSON of the shape {url}")
	}
	if !c.own(link) {
		return "", unusable("the portal link is not a URL on the tenant's host")
	}
	return link, nil
}

// asUser sends a GET request to the issuer with the user's token and returns the body
// of a successful response. Its errors are *problem.Error, with an *Error in the chain
// when Kinde responded.
func (c *Client) asUser(ctx context.Context, token, path string, query url.Values) ([]byte, error) {
	target := c.issuer + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	resp, err := c.out.Do(ctx, outbound.Request{Method: http.MethodGet, URL: target, Bearer: token})
	if err != nil {
		return nil, err
	}
	if !succeeded(resp) {
		return nil, refusalOfUser(resp)
	}
	return resp.Body, nil
}

// post sends a form to the issuer.
func (c *Client) post(ctx context.Context, path string, form url.Values) (*outbound.Response, error) {
	return c.out.Do(ctx, outbound.Request{Method: http.MethodPost, URL: c.issuer + path, Form: form})
}

// own reports whether link is an absolute URL on one of the tenant's hosts, by https or
// by the issuer's scheme (config allows http on loopback).
func (c *Client) own(link string) bool {
	u, ok := c.absolute(link)
	if !ok {
		return false
	}
	for _, origin := range []string{c.issuer, c.management} {
		scheme, host, _ := strings.Cut(origin, "://")
		if u.Host == host && (u.Scheme == "https" || u.Scheme == scheme) {
			return true
		}
	}
	return false
}

// absolute parses a link that a browser may be redirected to: absolute, without user
// information, and https, or http where the issuer itself is http.
func (c *Client) absolute(link string) (*url.URL, bool) {
	if len(link) > 8<<10 || !text.IsVisible(link) || strings.Contains(link, `\`) {
		return nil, false
	}
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return nil, false
	}
	return u, u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(c.issuer, "http://")
}

func unusable(why string) *problem.Error {
	return problem.New(problem.UpstreamFailed, fmt.Errorf("%w: %s", ErrUnusable, why))
}
