//go:build realtools

package hosts

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// tokenCalls introspect and revoke tokens, and call the sample API and connected apps.
func tokenCalls(good string) []call {
	const introspect, revoke, resource = "/api/introspect", "/api/revoke", "/api/protected-resource"
	const app = "/api/connected-apps/" + kindetest.SampleDrive
	limited := map[string]string{"Ratelimit-Policy": `"default";q=100;w=900`}
	code := func(code string) map[string]any { return map[string]any{"code": code} }
	return []call{
		{name: "introspect own token", method: "POST", path: introspect, token: good, status: 200, header: limited,
			body: map[string]any{"active": true, "client_id": kindetest.ClientID}},
		{name: "introspect another token", method: "POST", path: introspect, token: good, form: "token=x",
			status: 403, body: code("not-your-token")},
		{name: "introspect without a credential", method: "POST", path: introspect, form: "token=" + good,
			status: 401, body: code("no-token")},
		{name: "revoke an unknown token", method: "POST", path: revoke, token: good, form: "token=a%2Bb%26c",
			status: 200, header: limited},
		{name: "protected resource", path: resource + "?check=remote", token: good, status: 200, header: limited,
			body: map[string]any{"message": "Access granted"}},
		{name: "protected resource with a malformed token", path: resource, token: "x.y.z", status: 401,
			body: code("invalid-token"), header: map[string]string{"Www-Authenticate": `Bearer error="invalid_token"`}},
		{name: "device token for an unknown code", method: "POST", path: "/api/device/token", form: "device_code=x",
			status: 400, body: map[string]any{"error": "expired_token"}},
		{name: "device token without a code", method: "POST", path: "/api/device/token",
			status: 400, body: code("invalid-parameter")},
		{name: "connect an app", path: app + "/connect?return_url=%2Ffiles%3Fa%3Db", token: good, accept: "application/json",
			status: 200, holds: `"connection":"`},
		{name: "token of an app that is not connected", path: app + "/token?connection=x", token: good,
			status: 404, body: code("not-connected")},
		{name: "revoke an unknown app", method: "POST", path: "/api/connected-apps/nothing/revoke", token: good,
			status: 404, body: code("unknown-app")},
		{name: "token of another user's app", path: app + "/token?user_id=kp_1", token: good,
			status: 400, body: code("invalid-parameter")},
	}
}

// testDevice signs a user in at a device and calls the sample API as the device does.
func (s served) testDevice(t *testing.T) {
	var started struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
	}
	form := "scope=" + url.QueryEscape("openid "+kindetest.SampleScope)
	s.decode(t, call{method: "POST", path: "/api/device/authorize", form: form}, &started)
	if err := s.kinde.Kinde.ApproveDevice(started.UserCode, kindetest.AdminUser); err != nil {
		t.Fatal(err)
	}
	var tokens struct {
		Access string `json:"access_token"`
	}
	form = url.Values{"device_code": {started.DeviceCode}}.Encode()
	s.decode(t, call{method: "POST", path: "/api/device/token", form: form}, &tokens)
	s.check(t, call{path: "/api/protected-resource", token: tokens.Access, status: 200,
		holds: `"sub":"` + kindetest.AdminUser})
}

// decode sends a request and decodes its successful response.
func (s served) decode(t *testing.T, c call, into any) {
	t.Helper()
	res, body := s.send(t, c)
	if err := json.Unmarshal(body, into); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: got status %d, body %.300s, want 200", c.path, res.StatusCode, body)
	}
}
