//go:build realtools

package openapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/route"
)

// devicesTo are the ways in which a device comes.
func devicesTo(row route.Route) []visit {
	if !strings.HasSuffix(row.Pattern, "/token") {
		return []visit{asItIs}
	}
	return []visit{
		asItIs, // with a code that nobody gave
		polling(func(*party, string) error { return nil }),
		polling(func(p *party, shown string) error { return p.Kinde.ApproveDevice(shown, kindetest.DemoPerson) }),
		polling(func(p *party, shown string) error { return p.Kinde.DenyDevice(shown) }),
		polling(func(p *party, _ string) error {
			p.Kinde.Fault("/oauth2/token", kindetest.Fault{Status: http.StatusBadRequest, Body: `{"error":"slow_down"}`})
			return nil
		}),
	}
}

// polling begins a flow, does to it what answer does to the code that a person is
// shown, and polls.
func polling(answer func(p *party, shown string) error) visit {
	return func(p *party, r *http.Request) {
		resp, err := http.PostForm(p.URL+"/oauth2/device/auth",
			url.Values{"client_id": {kindetest.DeviceClientID}, "scope": {"openid offline"}})
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		var flow struct {
			Code  string `json:"device_code"`
			Shown string `json:"user_code"`
		}
		if err = json.NewDecoder(resp.Body).Decode(&flow); err == nil {
			err = answer(p, flow.Shown)
		}
		if err != nil {
			panic(err)
		}
		poll(r, flow.Code)
	}
}

func poll(r *http.Request, code string) { carry(r, `{"device_code":"`+code+`"}`) }
