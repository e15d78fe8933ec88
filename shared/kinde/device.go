package kinde

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

const (
	// defaultInterval is what a device waits between polls when it is told nothing
	// (RFC 8628 section 3.2).
	defaultInterval = 5 * time.Second
	longestInterval = 15 * time.Minute
	longestDevice   = 24 * time.Hour
)

// DeviceGrant is a device flow that has begun.
type DeviceGrant struct {
	Answer   json.RawMessage // Kinde's, as sent
	Code     string          // device_code
	Interval time.Duration   // between polls
	Life     time.Duration   // of the code
}

// AuthorizeDevice begins a device flow (RFC 8628 section 3.1). Scopes are separated
// by spaces.
func (c *Client) AuthorizeDevice(ctx context.Context, clientID, scopes string, audiences []string) (DeviceGrant, error) {
	form := url.Values{"client_id": {clientID}, "scope": {scopes}}
	if len(audiences) > 0 {
		form["audience"] = audiences
	}
	resp, err := c.out.Do(ctx, outbound.Request{Method: http.MethodPost, URL: c.issuer + "/oauth2/device/auth", Form: form})
	if err != nil {
		return DeviceGrant{}, err
	}
	if resp.Status < 200 || resp.Status > 299 {
		return DeviceGrant{}, refusalOfDevice(resp)
	}
	var answer struct {
		DeviceCode string          `json:"device_code"`
		UserCode   string          `json:"user_code"`
		URI        string          `json:"verification_uri"`
		ExpiresIn  json.RawMessage `json:"expires_in"`
		Interval   json.RawMessage
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.DeviceCode == "" || answer.UserCode == "" || answer.URI == "" {
		return DeviceGrant{}, unusable("the device authorization lacks device_code, user_code or verification_uri")
	}
	grant := DeviceGrant{Answer: resp.Body, Code: answer.DeviceCode, Interval: seconds(answer.Interval, longestInterval), Life: seconds(answer.ExpiresIn, longestDevice)}
	if grant.Interval == 0 {
		grant.Interval = defaultInterval
	}
	return grant, nil
}

// seconds reads a number of seconds, which some write as text; zero for what is none,
// at most longest.
func seconds(value json.RawMessage, longest time.Duration) time.Duration {
	n, err := strconv.ParseFloat(strings.Trim(string(value), `"`), 64)
	if err != nil || math.IsNaN(n) {
		return 0
	}
	return time.Duration(min(max(n, 0), longest.Seconds()) * float64(time.Second))
}

// The answers to a device's poll that are no trouble (RFC 8628 section 3.5).
var (
	ErrAuthorizationPending = errors.New("kinde: authorization_pending")
	ErrSlowDown             = errors.New("kinde: slow_down")
	ErrAccessDenied         = errors.New("kinde: access_denied")
	ErrExpiredToken         = errors.New("kinde: expired_token")
)

// PollDevice asks for a device's tokens (RFC 8628 section 3.4) and gives Kinde's
// answer as sent. Its errors are the four above, a code that Kinde does not know
// among the expired ones, or problems.
func (c *Client) PollDevice(ctx context.Context, clientID, code string) (json.RawMessage, error) {
	resp, err := c.out.Do(ctx, outbound.Request{Method: http.MethodPost, URL: c.issuer + "/oauth2/token", Form: url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {clientID}, "device_code": {code},
	}})
	if err != nil {
		return nil, err
	}
	if resp.Status >= 200 && resp.Status <= 299 {
		return deviceTokens(resp.Body)
	}
	refusal := &Error{Status: resp.Status, Codes: codesIn(resp.Body)}
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
	return nil, refusalOfDevice(resp)
}

// RefreshDevice renews a device's tokens (RFC 6749 section 6) and returns Kinde's
// response as sent. Its errors are ErrInvalidGrant for a refresh token that Kinde
// refuses, and problems.
func (c *Client) RefreshDevice(ctx context.Context, clientID, refresh string) (json.RawMessage, error) {
	resp, err := c.out.Do(ctx, outbound.Request{Method: http.MethodPost, URL: c.issuer + "/oauth2/token", Form: url.Values{
		"grant_type": {"refresh_token"}, "client_id": {clientID}, "refresh_token": {refresh},
	}})
	if err != nil {
		return nil, err
	}
	if resp.Status < 200 || resp.Status > 299 {
		return nil, refusalOfDevice(resp) // ErrInvalidGrant in its chain
	}
	return deviceTokens(resp.Body)
}

// deviceTokens checks that the token endpoint's response holds an access token.
func deviceTokens(body []byte) (json.RawMessage, error) {
	var answer struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Token == "" {
		return nil, unusable("the token endpoint gave no access token to a device")
	}
	return body, nil
}

// refusalOfDevice is refusalOfApp for the device application, which has no secret.
func refusalOfDevice(resp *outbound.Response) *problem.Error {
	p := refusalOfApp(resp)
	p.Remedy = DeviceRemedy(&Error{Status: resp.Status, Codes: codesIn(resp.Body)})
	return p
}
