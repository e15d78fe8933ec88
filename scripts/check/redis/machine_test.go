//go:build realtools

package redis

import (
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"kinde-functions/shared/kindetest"
)

// inParallel sends a form from many requests over all processes, and gives how often
// each answer came.
func (f *fleet) inParallel(target string, form url.Values, header ...string) map[string]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	came := map[string]int{}
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
			came[w.Body.String()]++
		})
	}
	wg.Wait()
	return came
}

// Plans cap how many machine tokens are issued in a month: many cold starts spend one.
// It lies in the Redis sealed.
func TestColdStartsShareTheMachinesToken(t *testing.T) {
	redisURL, _ := startRedis(t)
	tenant := newTenant(t, 0)
	for range 2 { // fresh processes each time
		f := start(t, tenant, "introspect", redisURL)
		came := f.inParallel("/api/introspect", nil, "Authorization", "Bearer "+tenant.Kinde.Mint())
		if len(came) != 1 {
			t.Errorf("answers %v", came)
		}
	}
	if calls := tenant.Kinde.Calls("/oauth2/token"); len(calls) != 1 {
		t.Errorf("%d machine tokens asked for", len(calls))
	}
	address, _ := strings.CutPrefix(redisURL, "redis://")
	host, port, _ := strings.Cut(address, ":")
	const script = `local all = ""
		for _, k in ipairs(redis.call("KEYS", "kinde:value:*")) do
			all = all .. k .. " " .. redis.call("GET", k) .. "\n"
		end
		return all`
	kept, err := exec.Command("redis-cli", "-h", host, "-p", port, "EVAL", script, "0").CombinedOutput()
	if err != nil || !strings.Contains(string(kept), "kinde:value:") {
		t.Fatalf("%v %s", err, kept)
	}
	if strings.Contains(string(kept), "eyJ") || strings.Contains(string(kept), kindetest.M2MClientID) {
		t.Errorf("a token or a name lies open: %s", kept)
	}
}

// One device code is polled once in an interval, by however many instances.
func TestInstancesPollOnceInAnInterval(t *testing.T) {
	redisURL, _ := startRedis(t)
	tenant := newTenant(t, 0)
	f := start(t, tenant, "device", redisURL)
	code := begin(t, f)
	tenant.Kinde.ForgetCalls()
	came := f.inParallel("/api/device/token", url.Values{"device_code": {code}})
	if n := len(tenant.Kinde.Calls("/oauth2/token")); n != 1 || came[`{"error":"authorization_pending"}`] != 1 ||
		came[`{"error":"slow_down"}`] != requests-1 {
		t.Errorf("%d polls at Kinde, answers %v", n, came)
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
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return code
}
