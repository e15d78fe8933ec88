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
	readConnectedApps   = "read:connected_apps"
	createConnectedApps = "create:connected_apps"
)

// maxSessionID is the longest session_id that is kept, in bytes: it must fit a cookie.
const maxSessionID = 512

// Connection is the beginning of one: where the person goes to agree, and the handle
// by which Kinde knows the connection afterwards.
type Connection struct {
	URL       string
	SessionID string
}

// Connect asks for a person's connection to a third party's app
// (GET /api/v1/connected_apps/auth_url). app is its key_code_ref; orgCode and
// callback, the checked absolute URL to return to, may be empty.
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
		return Connection{}, refusedConnection(resp, readConnectedApps)
	}
	var answer struct {
		URL       string `json:"url"`
		SessionID string `json:"session_id"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.SessionID == "" || len(answer.SessionID) > maxSessionID {
		return Connection{}, unusable("the connection has no session_id, or a longer one than can be kept")
	}
	if _, ok := c.absolute(answer.URL); !ok { // its host is the third party's
		return Connection{}, unusable("the connection's url is not an absolute https URL")
	}
	return Connection(answer), nil
}

// AppToken is a third party's token, as Kinde sends it.
type AppToken struct {
	AccessToken string  `json:"access_token"`
	Expiry      *string `json:"access_token_expiry"` // nil: Kinde names none, or not as a text
}

// ConnectedToken gives the third party's token (GET /api/v1/connected_apps/token),
// which Kinde renews as needed; problem.NotConnected when the person has not agreed,
// or has taken it back.
func (c *Client) ConnectedToken(ctx context.Context, m *Machine, sessionID string) (AppToken, error) {
	resp, err := c.manage(ctx, m, http.MethodGet, "/api/v1/connected_apps/token", url.Values{"session_id": {sessionID}})
	switch {
	case err != nil:
		return AppToken{}, err
	case unknownSession(resp):
		return AppToken{}, problem.New(problem.NotConnected, &Error{Status: resp.Status, Codes: codesIn(resp.Body)})
	case resp.Status == http.StatusBadRequest || resp.Status == http.StatusNotFound && !(&Error{Codes: codesIn(resp.Body)}).Has("ROUTE_NOT_FOUND"):
		return AppToken{}, problem.New(problem.UpstreamFailed, &Error{Status: resp.Status})
	case !succeeded(resp):
		return AppToken{}, refusalOfMachine(resp, readConnectedApps)
	}
	var answer struct {
		AccessToken string          `json:"access_token"`
		Expiry      json.RawMessage `json:"access_token_expiry"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.AccessToken == "" {
		return AppToken{}, unusable("the connection's token is missing")
	}
	token := AppToken{AccessToken: answer.AccessToken}
	if json.Unmarshal(answer.Expiry, &token.Expiry) != nil {
		token.Expiry = nil // a good token is none the worse for it
	}
	return token, nil
}

// Disconnect ends a connection (POST /api/v1/connected_apps/revoke). One that Kinde
// does not know has ended; a refusal that may mean that is taken for it only when the
// connection gives no token any more.
func (c *Client) Disconnect(ctx context.Context, m *Machine, sessionID string) error {
	resp, err := c.manage(ctx, m, http.MethodPost, "/api/v1/connected_apps/revoke", url.Values{"session_id": {sessionID}})
	switch {
	case err != nil || succeeded(resp):
		return err
	case !unknownSession(resp):
		return refusalOfMachine(resp, createConnectedApps)
	}
	_, err = c.ConnectedToken(ctx, m, sessionID)
	if p, failed := errors.AsType[*problem.Error](err); failed && p.Code == problem.NotConnected {
		return nil
	}
	if err == nil {
		err = problem.New(problem.UpstreamFailed, &Error{Status: resp.Status, Codes: codesIn(resp.Body)})
	}
	return err
}

// manage calls the Management API as the machine.
func (c *Client) manage(ctx context.Context, m *Machine, method, path string, query url.Values) (*outbound.Response, error) {
	return m.do(ctx, outbound.Request{Method: method, URL: c.management + path + "?" + query.Encode()})
}

func succeeded(resp *outbound.Response) bool { return resp.Status >= 200 && resp.Status <= 299 }

// unknownSession is how Kinde says that there is no such connection. A path that does
// not exist is another matter, and so is a page that is no answer of Kinde's.
func unknownSession(resp *outbound.Response) bool {
	said := &Error{Codes: codesIn(resp.Body)}
	return (resp.Status == http.StatusBadRequest || resp.Status == http.StatusNotFound) &&
		!said.Has("ROUTE_NOT_FOUND") && (len(said.Codes) > 0 || len(bytes.TrimSpace(resp.Body)) == 0)
}

// refusedConnection is refusalOfMachine, with what to do about an app or an address
// that Kinde does not know.
func refusedConnection(resp *outbound.Response, scope string) *problem.Error {
	p := refusalOfMachine(resp, scope)
	cause := &Error{Status: resp.Status, Codes: codesIn(resp.Body)}
	switch {
	case resp.Status != http.StatusBadRequest && resp.Status != http.StatusNotFound || cause.Has("ROUTE_NOT_FOUND"):
	case cause.Has("OVERRIDE_CALLBACK_URL_INVALID"):
		p.Remedy = "Kinde does not take the return_url: allow it for the connected app in Kinde"
	default:
		p.Remedy = "Kinde does not know the app, or not for this person: compare CONNECTED_APPS with the app's key code ref in Kinde"
	}
	return p
}
