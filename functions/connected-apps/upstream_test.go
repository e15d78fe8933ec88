package main

import (
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// refuse returns Kinde's refusal with a code.
func refuse(status int, code string) kindetest.Fault {
	return kindetest.Fault{Status: status, Body: kindetest.ErrorBody(kindetest.ShapeA, code, "m")}
}

func respond(body string) kindetest.Fault { return kindetest.Fault{Body: body} }

func TestUpstreamFailures(t *testing.T) {
	notFound := kindetest.Fault{Status: 404, Body: kindetest.ErrorBody(kindetest.ShapeB, "ROUTE_NOT_FOUND", "m")}
	const misconfigured, failed = "upstream-misconfigured", "upstream-failed"
	missing := kindetest.Fault{Status: 404, Body: "<html>not found</html>"}
	for name, row := range map[string]struct {
		path, target string
		fault        kindetest.Fault
		status       int
		code, remedy string
	}{
		"link without the scope": {"auth_url", connect, refuse(403, "INVALID_CREDENTIALS"), 502, misconfigured,
			"read:connected_apps"},
		"token without the scope": {"token", token, kindetest.Fault{Status: 403}, 502, misconfigured, "read:connected_apps"},
		"revoke without the scope": {"revoke", revoke, kindetest.Fault{Status: 403}, 502, misconfigured,
			"create:connected_apps"},
		"another audience": {"token", token, refuse(403, "MISSING_AUDIENCE"), 502, misconfigured,
			"KINDE_MANAGEMENT_URL"},
		"an app unknown at Kinde": {"auth_url", connect, refuse(404, "CONNECTED_APP_NOT_FOUND"), 502, misconfigured,
			"CONNECTED_APPS"},
		"a refused return URL": {"auth_url", connect, refuse(400, "OVERRIDE_CALLBACK_URL_INVALID"), 502, misconfigured,
			"return_url"},
		"a wrong path": {"token", token, notFound, 502, misconfigured, "wrong path"},
		"a url without scheme": {"auth_url", connect, respond(`{"url":"//third.example/x","session_id":"s"}`), 502, failed,
			""},
		"a script URL": {"auth_url", connect, respond(`{"url":"javascript:alert(1)","session_id":"s"}`), 502, failed,
			""},
		"no session":          {"auth_url", connect, respond(`{"url":"https://third.example/x"}`), 502, failed, ""},
		"no token":            {"token", token, respond(`{"access_token":""}`), 502, failed, ""},
		"a failed revocation": {"revoke", revoke, refuse(400, "THIRD_PARTY_REVOKE_FAILED"), 502, failed, ""},
		"another page":        {"token", token, missing, 502, failed, ""},
		"500":                 {"revoke", revoke, kindetest.Fault{Status: 500}, 502, failed, ""},
		"throttled":           {"revoke", revoke, kindetest.Fault{Status: 429}, 429, "upstream-throttled", ""},
		"timeout":             {"token", token, kindetest.Fault{Hang: true}, 504, "upstream-timeout", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t)
			b.decide(b.begin(), "approve")
			b.Fault("/api/v1/connected_apps/"+row.path, row.fault)
			method := map[bool]string{true: "POST", false: "GET"}[row.target == revoke]
			b.wantCode(method, row.target, row.status, row.code)
			if !strings.Contains(b.Log(), row.remedy) {
				t.Errorf("got the log %s, want %q in it", b.Log(), row.remedy)
			}
			if b.cookies["__Host-connection-"+app] == "" {
				t.Error("the connection is lost")
			}
		})
	}
}
