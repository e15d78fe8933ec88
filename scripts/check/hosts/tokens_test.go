//go:build realtools

package hosts

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"kinde-functions/shared/kindetest"
)

// tokenCalls ask about tokens, end one and call the sample API.
func tokenCalls(good string) []call {
	const introspect, revoke, resource = "/api/introspect", "/api/revoke", "/api/protected-resource"
	limited := map[string]string{"Ratelimit-Policy": `"default";q=100;w=900`}
	return []call{
		{name: "introspect", method: "POST", path: introspect, token: good, status: 200, body: map[string]any{"active": true, "client_id": kindetest.ClientID}, header: limited},
		{name: "introspect another's token", method: "POST", path: introspect, token: good, form: "token=x", status: 403, body: map[string]any{"code": "not-your-token"}},
		{name: "introspect for nobody", method: "POST", path: introspect, form: "token=" + good, status: 401, body: map[string]any{"code": "no-token"}},
		{name: "revoke a token that nobody knows", method: "POST", path: revoke, token: good, form: "token=a%2Bb%26c", status: 200, header: limited},
		{name: "protected resource", path: resource + "?check=remote", token: good, status: 200, body: map[string]any{"message": "Access granted"}, header: limited},
		{name: "protected resource for a token that is none", path: resource, token: "x.y.z", status: 401, body: map[string]any{"code": "invalid-token"},
			header: map[string]string{"Www-Authenticate": `Bearer error="invalid_token"`}},
		{name: "a poll with a code that nobody knows", method: "POST", path: "/api/device/token", form: "device_code=x", status: 400, body: map[string]any{"error": "expired_token"}},
		{name: "connecting an app", path: "/api/connected-apps/" + kindetest.SampleDrive + "/connect?return_url=%2Ffiles%3Fa%3Db", token: good, accept: "application/json", status: 200, holds: `"connection":"`},
		{name: "an app that is not connected", path: "/api/connected-apps/" + kindetest.SampleDrive + "/token?connection=x", token: good, status: 404, body: map[string]any{"code": "not-connected"}},
		{name: "an app that is not in the list", method: "POST", path: "/api/connected-apps/nothing/revoke", token: good, status: 404, body: map[string]any{"code": "unknown-app"}},
		{name: "somebody else's connection", path: "/api/connected-apps/" + kindetest.SampleDrive + "/token?user_id=kp_1", token: good, status: 400, body: map[string]any{"code": "invalid-parameter"}},
		{name: "a poll without a code", method: "POST", path: "/api/device/token", status: 400, body: map[string]any{"code": "invalid-parameter"}},
	}
}

// checkDevice signs a person in at a device, and calls the sample API as it would.
func (s served) checkDevice(t *testing.T) {
	res, body := s.send(t, call{method: "POST", path: "/api/device/authorize", form: "scope=" + url.QueryEscape("openid "+kindetest.SampleScope)})
	var begun struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
	}
	if err := json.Unmarshal(body, &begun); err != nil || res.StatusCode != http.StatusOK || begun.DeviceCode == "" {
		t.Fatalf("status %d, body %.300s", res.StatusCode, body)
	}
	if err := s.kinde.Kinde.ApproveDevice(begun.UserCode, kindetest.AdminPerson); err != nil {
		t.Fatal(err)
	}
	res, body = s.send(t, call{method: "POST", path: "/api/device/token", form: url.Values{"device_code": {begun.DeviceCode}}.Encode()})
	var tokens struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &tokens); err != nil || res.StatusCode != http.StatusOK || tokens.Access == "" {
		t.Fatalf("status %d, body %.300s", res.StatusCode, body)
	}
	s.check(t, call{path: "/api/protected-resource", token: tokens.Access, status: 200, holds: `"sub":"` + kindetest.AdminPerson})
}
