//go:build realtools

package openapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/route"
)

// deviceScenariosOf returns the scenarios of a device's requests.
func deviceScenariosOf(row route.Route) []scenario {
	if !strings.HasSuffix(row.Pattern, "/token") {
		return []scenario{unchanged}
	}
	return []scenario{
		unchanged, // an unknown code
		pollAfter(func(*fixture, string) error { return nil }),
		pollAfter(func(f *fixture, code string) error { return f.Kinde.ApproveDevice(code, kindetest.DemoUser) }),
		pollAfter(func(f *fixture, code string) error { return f.Kinde.DenyDevice(code) }),
		pollAfter(func(f *fixture, _ string) error {
			f.Kinde.Fault("/oauth2/token", kindetest.Fault{Status: http.StatusBadRequest, Body: `{"error":"slow_down"}`})
			return nil
		}),
	}
}

// pollAfter starts a flow, calls decide with its user code, and polls.
func pollAfter(decide func(f *fixture, userCode string) error) scenario {
	return func(f *fixture, r *http.Request) {
		resp, err := http.PostForm(f.URL+"/oauth2/device/auth",
			url.Values{"client_id": {kindetest.DeviceClientID}, "scope": {"openid offline"}})
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		var flow struct {
			DeviceCode string `json:"device_code"`
			UserCode   string `json:"user_code"`
		}
		if err = json.NewDecoder(resp.Body).Decode(&flow); err == nil {
			err = decide(f, flow.UserCode)
		}
		if err != nil {
			panic(err)
		}
		poll(r, flow.DeviceCode)
	}
}

func poll(r *http.Request, code string) { setBody(r, `{"device_code":"`+code+`"}`) }
