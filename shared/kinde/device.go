package kinde

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kinde-functions/shared/problem"
)

const (
	// defaultInterval is the time between polls when the response names none
	// (RFC 8628 section 3.2).
	defaultInterval = 5 * time.Second
	longestInterval = 15 * time.Minute
	longestDevice   = 24 * time.Hour
)

// DeviceGrant is a started device flow.
type DeviceGrant struct {
	Response json.RawMessage // Kinde's, as sent
	Code     string          // device_code
	Interval time.Duration   // between polls
	Life     time.Duration   // of the code
}

// AuthorizeDevice starts a device flow (RFC 8628 section 3.1). Scopes are separated
// by spaces.
func (c *Client) AuthorizeDevice(
	ctx context.Context, clientID, scopes string, audiences []string,
) (DeviceGrant, error) {
	form := url.Values{"client_id": {clientID}, "scope": {scopes}}
	if len(audiences) > 0 {
		form["audience"] = audiences
	}
	resp, err := c.post(ctx, "/oauth2/device/auth", form)
	if err != nil {
		return DeviceGrant{}, err
	}
	if !succeeded(resp) {
		return DeviceGrant{}, refusalOfApp(resp, DeviceRemedy)
	}
	var started struct {
		DeviceCode string          `json:"device_code"`
		UserCode   string          `json:"user_code"`
		URI        string          `json:"verification_uri"`
		ExpiresIn  json.RawMessage `json:"expires_in"`
		Interval   json.RawMessage
	}
	if json.Unmarshal(resp.Body, &started) != nil ||
		started.DeviceCode == "" || started.UserCode == "" || started.URI == "" {
		return DeviceGrant{}, unusable("the device authorization lacks device_code, user_code or verification_uri")
	}
	return DeviceGrant{
		Response: resp.Body, Code: started.DeviceCode,
		Interval: cmp.Or(seconds(started.Interval, longestInterval), defaultInterval),
		Life:     seconds(started.ExpiresIn, longestDevice),
	}, nil
}

// seconds reads a number of seconds, written as a JSON number or as a string. It
// returns at most longest, and zero for anything else.
func seconds(value json.RawMessage, longest time.Duration) time.Duration {
	n, err := strconv.ParseFloat(strings.Trim(string(value), `"`), 64)
	if err != nil || math.IsNaN(n) {
		return 0
	}
	return time.Duration(min(max(n, 0), longest.Seconds()) * float64(time.Second))
}

// The refusals that are part of the device flow (RFC 8628 section 3.5).
var (
	ErrAuthorizationPending = errors.New("kinde: authorization_pending")
	ErrSlowDown             = errors.New("kinde: slow_down")
	ErrAccessDenied         = errors.New("kinde: access_denied")
	ErrExpiredToken         = errors.New("kinde: expired_token")
)

// PollDevice requests a device's tokens (RFC 8628 section 3.4) and returns Kinde's
// response as sent. Its errors are the four above or problems; a code that Kinde does
// not know is ErrExpiredToken.
func (c *Client) PollDevice(ctx context.Context, clientID, code string) (json.RawMessage, error) {
	resp, err := c.post(ctx, "/oauth2/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {clientID}, "device_code": {code},
	})
	if err != nil {
		return nil, err
	}
	if succeeded(resp) {
		return deviceTokens(resp.Body)
	}
	refusal := errorOf(resp)
	switch {
	case resp.Status >= 500 || resp.Status == http.StatusTooManyRequests:
	case refusal.Has("authorization_pending"):
		return nil, ErrAuthorizationPending
	case refusal.Has("slow_down"):
		return nil, ErrSlowDown
	case refusal.Has("access_denied"):
		return nil, ErrAccessDenied
	case refusal.Has("expired_token"), refusal.Has("invalid_grant"):
		return nil, ErrExpiredToken
	case refusal.Has("server_error"):
		return nil, problem.New(problem.UpstreamFailed, refusal)
	}
	return nil, refusalOfApp(resp, DeviceRemedy)
}

// RefreshDevice renews a device's tokens (RFC 6749 section 6) and returns Kinde's
// response as sent. Its errors are ErrInvalidGrant for a refresh token that Kinde
// refuses, and problems.
func (c *Client) RefreshDevice(ctx context.Context, clientID, refresh string) (json.RawMessage, error) {
	resp, err := c.post(ctx, "/oauth2/token", url.Values{
		"grant_type": {"refresh_token"}, "client_id": {clientID}, "refresh_token": {refresh},
	})
	if err != nil {
		return nil, err
	}
	if !succeeded(resp) {
		return nil, refusalOfApp(resp, DeviceRemedy) // ErrInvalidGrant in its chain
	}
	return deviceTokens(resp.Body)
}

// deviceTokens checks that the token endpoint's response holds an access token.
func deviceTokens(body []byte) (json.RawMessage, error) {
	var tokens struct {
		Access string `json:"access_token"`
	}
	if json.Unmarshal(body, &tokens) != nil || tokens.Access == "" {
		return nil, unusable("the token endpoint sent the device no access token")
	}
	return body, nil
}
