package kindetest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// startDevice requests a device code.
func (tn *tenant) startDevice() (deviceCode, userCode string) {
	tn.t.Helper()
	got := tn.post("/oauth2/device/auth", url.Values{"client_id": {DeviceClientID}, "scope": {"openid"}}).json(tn.t)
	return got["device_code"].(string), got["user_code"].(string)
}

// poll requests the device's tokens and returns the error code, empty for none.
func (tn *tenant) poll(deviceCode string) string {
	tn.t.Helper()
	got := tn.post("/oauth2/token", url.Values{"grant_type": {grantDevice}, "client_id": {DeviceClientID},
		"device_code": {deviceCode}})
	if got.status == http.StatusOK {
		return ""
	}
	if got.status != http.StatusBadRequest {
		tn.t.Errorf("poll: got %d %s", got.status, got.body)
	}
	return oauthCode(tn.t, got)
}

func TestDevicePolling(t *testing.T) {
	tn := newTenant(t)
	code, userCode := tn.startDevice()
	step := func(wait time.Duration, want string) {
		t.Helper()
		tn.wait(wait)
		if got := tn.poll(code); got != want {
			t.Errorf("after %s: %q, want %q", wait, got, want)
		}
	}
	step(0, "authorization_pending")
	step(5*time.Second, "authorization_pending")
	step(4*time.Second, "slow_down") // the interval is 10 s now
	step(9*time.Second, "slow_down") // and 15
	step(15*time.Second, "authorization_pending")
	if err := tn.Kinde.ApproveDevice(userCode, DemoUser); err != nil {
		t.Fatal(err)
	}
	step(15*time.Second, "")
	step(15*time.Second, "invalid_grant") // used once
}

func TestDeviceEnds(t *testing.T) {
	tn := newTenant(t)
	denied, userCode := tn.startDevice()
	if err := tn.Kinde.DenyDevice(userCode); err != nil {
		t.Fatal(err)
	}
	if got := tn.poll(denied); got != "access_denied" {
		t.Errorf("denied: got %q", got)
	}
	late, userCode := tn.startDevice()
	tn.wait(DefaultDeviceTTL)
	if got := tn.poll(late); got != "expired_token" {
		t.Errorf("expired: got %q", got)
	}
	if err := tn.Kinde.ApproveDevice(userCode, DemoUser); err == nil {
		t.Error("an expired code was approved")
	}
}

func TestDeviceAuthRefuses(t *testing.T) {
	tn := newTenant(t)
	for name, tt := range map[string]struct {
		form url.Values
		code string
	}{
		"no client":     {url.Values{"scope": {"openid"}}, "invalid_client"},
		"other type":    {url.Values{"client_id": {ClientID}}, "unauthorized_client"},
		"foreign scope": {url.Values{"client_id": {DeviceClientID}, "scope": {"read:users"}}, "invalid_scope"},
	} {
		if got := tn.post("/oauth2/device/auth", tt.form); oauthCode(t, got) != tt.code {
			t.Errorf("%s: got %s", name, got.body)
		}
	}
	got := tn.post("/oauth2/device/auth", url.Values{"client_id": {DeviceClientID}}).json(t)
	if got["device_code"] == nil || got["expires_in"] != 600.0 || got["interval"] != 5.0 ||
		got["verification_uri"] != tn.URL+"/device" {
		t.Errorf("got %v, want a request of ten minutes", got)
	}
	if qr, _ := got["qr_code"].(string); !strings.HasPrefix(qr, "data:image/png;base64,") {
		t.Errorf("got qr_code %.40q, want a data URL", qr)
	}
}

func TestDevicePage(t *testing.T) {
	tn := newTenant(t)
	code, userCode := tn.startDevice()
	if page := tn.get("/device", ""); !strings.Contains(page.body, `name="user_code"`) ||
		strings.Contains(page.body, DemoUser) {
		t.Error("without a code: got a page without the form for one")
	}
	if page := tn.get("/device?user_code=WRONGXXX", ""); page.status != http.StatusNotFound {
		t.Errorf("unknown code: got %d", page.status)
	}
	typed := strings.ToLower(userCode[:4]) + " - " + userCode[4:]
	page := tn.get("/device?user_code="+url.QueryEscape(typed), "")
	if page.status != http.StatusOK || !strings.Contains(page.body, userCode[:4]+"-"+userCode[4:]) ||
		!strings.Contains(page.body, DeviceClientID) {
		t.Fatalf("got %d %s", page.status, page.body)
	}
	response := func(action, user string) response {
		return tn.post("/device", url.Values{"user_code": {typed}, "action": {action}, "person": {user}})
	}
	if got := response("approve", "kp_unknown"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("no user chosen: got %d, want 422", got.status)
	}
	if got := response("deny", ""); got.status != http.StatusOK {
		t.Errorf("deny: got %d", got.status)
	}
	if got := response("approve", DemoUser); got.status != http.StatusNotFound {
		t.Errorf("second form: got %d, want 404", got.status)
	}
	if got := tn.poll(code); got != "access_denied" {
		t.Errorf("poll: got %q", got)
	}
}
