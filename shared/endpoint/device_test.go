package endpoint

import (
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// Tokens of the device application are accepted by rows with Device alone.
func TestDeviceTokensOpenDeviceRowsAlone(t *testing.T) {
	for path, want := range map[string]int{"/api/user-profile": 200, "/portal": 401} {
		function := strings.TrimPrefix(strings.TrimPrefix(path, "/api"), "/")
		f := start(t, function, nil, "KINDE_DEVICE_CLIENT_ID", kindetest.DeviceClientID)
		for client, want := range map[string]int{kindetest.DeviceClientID: want, kindetest.ClientID: 200} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Authorization", "Bearer   "+f.tenant.Mint(kindetest.ForClient(client))) // RFC 6750: spaces
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, r)
			if w.Code != want || want == 401 && !strings.Contains(w.Body.String(), `"invalid-token"`) {
				t.Errorf("%s, token of %s: got %d %s, want %d", path, client, w.Code, w.Body, want)
			}
		}
	}
}

// One application may be both: its tokens are users'.
func TestSiteApplicationMayServeDevices(t *testing.T) {
	f := start(t, "portal", nil, "KINDE_DEVICE_CLIENT_ID", kindetest.ClientID)
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/portal", nil)
	r.Header.Set("Authorization", "Bearer "+f.tenant.Mint())
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Errorf("got %d %s, want 200", w.Code, w.Body)
	}
}
