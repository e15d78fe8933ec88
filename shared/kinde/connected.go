package kinde

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

// The Management API's scopes for connected apps.
const (
	ReadConnectedApps   = "read:connected_apps"
	CreateConnectedApps = "create:connected_apps"
)

// maxSessionID is the longest session_id that is kept, in bytes: it must fit a cookie.
const maxSessionID = 512

// Connection is a connection that the user has not agreed to yet. URL is the page that
// asks for consent; SessionID identifies the connection from then on.
type Connection struct {
	URL       string
	SessionID string
}

// Connect starts a user's connection to a third party's app
// (GET /api/v1/connected_apps/auth_url). app is its key_code_ref. orgCode and
// callback, an absolute URL that the caller has validated, may be empty.
func (c *Client) Connect(ctx context.Context, m *Machine, app, userID, orgCode, callback string) (Connection, error) {
	query := url.Values{"key_code_ref": {app}, "user_id": {userID}}
	if orgCode != "" {
		query.Set("org_code", orgCode)
	}
	if callback != "" {
		query.Set("override_callback_url", callback)
	}
	resp, err := c.manage(ctx, m, http.MethodGet, "/api/v1/connected_apps/auth_url", query)
	if err != nil {
		return Connection{}, err
	}
	if !succeeded(resp) {
		return Connection{}, refusedConnection(resp, ReadConnectedApps)
	}
	var started struct {
		URL       string `json:"url"`
		SessionID string `json:"session_id"`
	}
	if json.Unmarshal(resp.Body, &started) != nil || started.SessionID == "" || len(started.SessionID) > maxSessionID {
		return Connection{}, unusable("the connection has no session_id, or one that is too long for a cookie")
	}
	if _, ok := c.absolute(started.URL); !ok { // its host is the third party's
		return Connection{}, unusable("the connection's url is not an absolute https URL")
	}
	return Connection(started), nil
}

// AppToken is a third party's token, as Kinde sends it.
type AppToken struct {
	AccessToken string  `json:"access_token"`
	Expiry      *string `json:"access_token_expiry"` // nil: Kinde sent none, or not a string
}

// ConnectedToken returns the third party's token (GET /api/v1/connected_apps/token),
// which Kinde renews as needed. The error is problem.NotConnected when the user has
// not agreed or has withdrawn consent.
func (c *Client) ConnectedToken(ctx context.Context, m *Machine, sessionID string) (AppToken, error) {
	resp, err := c.manage(ctx, m, http.MethodGet, "/api/v1/connected_apps/token", url.Values{"session_id": {sessionID}})
	switch {
	case err != nil:
		return AppToken{}, err
	case unknownSession(resp):
		return AppToken{}, problem.New(problem.NotConnected, errorOf(resp))
	case resp.Status == http.StatusBadRequest,
		resp.Status == http.StatusNotFound && !errorOf(resp).Has("ROUTE_NOT_FOUND"):
		return AppToken{}, problem.New(problem.UpstreamFailed, &Error{Status: resp.Status})
	case !succeeded(resp):
		return AppToken{}, refusalOfMachine(resp, ReadConnectedApps)
	}
	var sent struct {
		AccessToken string          `json:"access_token"`
		Expiry      json.RawMessage `json:"access_token_expiry"`
	}
	if json.Unmarshal(resp.Body, &sent) != nil || sent.AccessToken == "" {
		return AppToken{}, unusable("the connection's token is missing")
	}
	token := AppToken{AccessToken: sent.AccessToken}
	if json.Unmarshal(sent.Expiry, &token.Expiry) != nil {
		token.Expiry = nil // the token itself is still usable
	}
	return token, nil
}

// Disconnect ends a connection (POST /api/v1/connected_apps/revoke). It succeeds for a
// connection that Kinde does not know. Kinde's refusal is ambiguous, so Disconnect
// confirms it by asking for the connection's token.
func (c *Client) Disconnect(ctx context.Context, m *Machine, sessionID string) error {
	query := url.Values{"session_id": {sessionID}}
	resp, err := c.manage(ctx, m, http.MethodPost, "/api/v1/connected_apps/revoke", query)
	switch {
	case err != nil || succeeded(resp):
		return err
	case !unknownSession(resp):
		return refusalOfMachine(resp, CreateConnectedApps)
	}
	_, err = c.ConnectedToken(ctx, m, sessionID)
	if p, failed := errors.AsType[*problem.Error](err); failed && p.Code == problem.NotConnected {
		return nil
	}
	if err == nil {
		err = problem.New(problem.UpstreamFailed, errorOf(resp))
	}
	return err
}

// manage calls the Management API as the machine.
func (c *Client) manage(
	ctx context.Context, m *Machine, method, path string, query url.Values,
) (*outbound.Response, error) {
	return m.do(ctx, outbound.Request{Method: method, URL: c.management + path + "?" + query.Encode()})
}

func succeeded(resp *outbound.Response) bool { return resp.Status >= 200 && resp.Status <= 299 }

// unknownSession reports whether the response says that there is no such connection,
// as opposed to a path that does not exist or a page that is not Kinde's.
func unknownSession(resp *outbound.Response) bool {
	refusal := errorOf(resp)
	return (resp.Status == http.StatusBadRequest || resp.Status == http.StatusNotFound) &&
		!refusal.Has("ROUTE_NOT_FOUND") && (len(refusal.Codes) > 0 || len(bytes.TrimSpace(resp.Body)) == 0)
}

// refusedConnection is refusalOfMachine with a remedy for an app or a callback URL that
// Kinde does not know.
func refusedConnection(resp *outbound.Response, scope string) *problem.Error {
	p := refusalOfMachine(resp, scope)
	cause := errorOf(resp)
	switch {
	case resp.Status != http.StatusBadRequest && resp.Status != http.StatusNotFound || cause.Has("ROUTE_NOT_FOUND"):
	case cause.Has("OVERRIDE_CALLBACK_URL_INVALID"):
		p.Remedy = "Kinde refuses the return_url: allow it for the connected app in Kinde"
	default:
		p.Remedy = "Kinde does not know the app, or not for this user: " +
			"compare CONNECTED_APPS with the app's key code ref in Kinde"
	}
	return p
}
