//go:build realtools

package redis

import (
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// postInParallel posts a form to all processes and counts the responses by body.
func (f *fleet) postInParallel(target string, form url.Values, header ...string) map[string]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	bodies := map[string]int{}
	for i := range requests {
		wg.Go(func() {
			r := httptest.NewRequest("POST", site+target, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			w := httptest.NewRecorder()
			f.handlers[i%len(f.handlers)].ServeHTTP(w, r)
			mu.Lock()
			defer mu.Unlock()
			bodies[w.Body.String()]++
		})
	}
	wg.Wait()
	return bodies
}

// Kinde's plans limit the machine tokens of a month. Processes share one through Redis,
// where it is sealed.
func TestColdStartsShareMachineToken(t *testing.T) {
	redisURL, _ := startRedis(t)
	tenant := newTenant(t, 0)
	for range 2 { // fresh processes each time
		f := start(t, tenant, "introspect", redisURL)
		bodies := f.postInParallel("/api/introspect", nil, "Authorization", "Bearer "+tenant.Kinde.Mint())
		if len(bodies) != 1 {
			t.Errorf("got responses %v, want one", bodies)
		}
	}
	if calls := tenant.Kinde.Calls("/oauth2/token"); len(calls) != 1 {
		t.Errorf("got %d token requests, want 1", len(calls))
	}
	address, _ := strings.CutPrefix(redisURL, "redis://")
	host, port, _ := strings.Cut(address, ":")
	const script = `local all = ""
		for _, k in ipairs(redis.call("KEYS", "kinde:value:*")) do
			all = all .. k .. " " .. redis.call("GET", k) .. "\n"
		end
		return all`
	stored, err := exec.Command("redis-cli", "-h", host, "-p", port, "EVAL", script, "0").CombinedOutput()
	if err != nil || !strings.Contains(string(stored), "kinde:value:") {
		t.Fatalf("got %v, %s, want a value", err, stored)
	}
	if strings.Contains(string(stored), "eyJ") || strings.Contains(string(stored), kindetest.M2MClientID) {
		t.Errorf("got %s, want neither the token nor the client", stored)
	}
}

func TestProcessesPollKindeOncePerInterval(t *testing.T) {
	redisURL, _ := startRedis(t)
	tenant := newTenant(t, 0)
	f := start(t, tenant, "device", redisURL)
	code := begin(t, f)
	tenant.Kinde.ForgetCalls()
	bodies := f.postInParallel("/api/device/token", url.Values{"device_code": {code}})
	if n := len(tenant.Kinde.Calls("/oauth2/token")); n != 1 || bodies[`{"error":"authorization_pending"}`] != 1 ||
		bodies[`{"error":"slow_down"}`] != requests-1 {
		t.Errorf("got %d polls at Kinde, responses %v, want 1", n, bodies)
	}
}

func begin(t *testing.T, f *fleet) (code string) {
	t.Helper()
	r := httptest.NewRequest("POST", site+"/api/device/authorize", nil)
	w := httptest.NewRecorder()
	f.handlers[0].ServeHTTP(w, r)
	_, rest, found := strings.Cut(w.Body.String(), `"device_code":"`)
	code, _, ended := strings.Cut(rest, `"`)
	if w.Code != 200 || !found || !ended {
		t.Fatalf("got %d %s, want a device code", w.Code, w.Body)
	}
	return code
}
