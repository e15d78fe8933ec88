//go:build unix

package freeze

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
	"kinde-functions/shared/session"
)

// Plain tests freeze each function a few times; the check step, 200 times.
var (
	thaws = flag.Int("thaws", 5, "how often each function is frozen while its connections are closed")
	drops = flag.Int("drops", 1, "how often each function is frozen while its connections are dropped")
	stop  = flag.Duration("stop", 400*time.Millisecond, "how long a function is frozen while connections are dropped")
	all   = flag.Bool("all", false, "freeze every function, not only one that sends a POST and one that sends a GET")
)

const site = "https://site.example"

var key = []byte("0123456789abcdef0123456789abcdef")

// tenant is the embedded Kinde behind a network that can fail.
type tenant struct {
	*kindetest.Kinde
	url     string
	network *lambdarun.Network
}

func startTenant(t *testing.T) *tenant {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	network, err := lambdarun.StartNetwork(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + network.Address()
	kinde, err := kindetest.New(kindetest.Options{Issuer: url, Site: site})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: kinde, ReadHeaderTimeout: time.Minute}
	go server.Serve(listener)
	t.Cleanup(func() { network.Close(); server.Close() })
	return &tenant{kinde, url, network}
}

// function is a function and a request that makes it call Kinde.
type function struct {
	name    string
	always  bool // frozen in plain tests, too
	request func(*testing.T, *tenant) *http.Request
}

var functions = []function{
	{"introspect", true, form("/api/introspect")},
	{"user-profile", true, func(_ *testing.T, k *tenant) *http.Request {
		r := httptest.NewRequest("GET", site+"/api/user-profile", nil)
		r.Header.Set("Authorization", "Bearer "+k.Mint())
		return r
	}},
	{"revoke", false, form("/api/revoke")},
	{"device", false, form("/api/device/authorize")},
	{"session", false, expiredSession},
}

// form is a POST by a user, about a token that is minted for it.
func form(path string) func(*testing.T, *tenant) *http.Request {
	return func(_ *testing.T, k *tenant) *http.Request {
		body := "token=" + k.Mint()
		if strings.Contains(path, "device") {
			body = ""
		}
		r := httptest.NewRequest("POST", site+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+k.Mint())
		return r
	}
}

// expiredSession is a request whose session must be refreshed.
func expiredSession(t *testing.T, k *tenant) *http.Request {
	box, err := session.NewBox([][]byte{key}, k.url, kindetest.ClientID, site)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	tokens := session.Tokens{Access: k.Mint(kindetest.ExpiresIn(-time.Hour)), Refresh: k.MintRefresh()}
	if err := session.NewCookies(site, box, time.Now).Write(h, functiontest.NewSession(tokens)); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", site+"/api/session", nil)
	r.Header.Set("Cookie", functiontest.Kept(h))
	r.Header.Set("X-CSRF", "1")
	return r
}

func (f function) start(t *testing.T, k *tenant) *lambdarun.Function {
	t.Helper()
	binary := filepath.Join(t.TempDir(), f.name)
	if err := lambdarun.Build(t.Context(), "kinde-functions/functions/"+f.name, binary); err != nil {
		t.Fatal(err)
	}
	running, err := lambdarun.Start(t.Context(), lambdarun.Options{
		Binary: binary, MemoryMB: 1024, Timeout: 20 * time.Second, Output: t.Output(), Env: []string{
			"KINDE_ISSUER_URL=" + k.url, "KINDE_CLIENT_ID=" + kindetest.ClientID,
			"KINDE_CLIENT_SECRET=" + kindetest.ClientSecret, "KINDE_SITE_URL=" + site,
			"KINDE_M2M_CLIENT_ID=" + kindetest.M2MClientID, "KINDE_M2M_CLIENT_SECRET=" + kindetest.M2MClientSecret,
			"KINDE_DEVICE_CLIENT_ID=" + kindetest.DeviceClientID,
			"SESSION_KEYS=" + base64.StdEncoding.EncodeToString(key), "RATE_LIMIT=off", "LOG_LEVEL=error",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { running.Close() })
	return running
}

// invoke sends the request to a function that is frozen meanwhile for the time
// stop, with during called in the middle. It returns the response's status and
// the time from the thaw to the response.
func (f function) invoke(t *testing.T, running *lambdarun.Function, k *tenant, stop time.Duration, during func()) (int,
	time.Duration) {
	t.Helper()
	event, err := lambdarun.Event(f.request(t, k), lambdarun.HTTPAPI2)
	if err != nil {
		t.Fatal(err)
	}
	if err := running.Freeze(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(stop / 2)
	during()
	time.Sleep(stop / 2)
	type result struct {
		payload []byte
		err     error
	}
	done := make(chan result, 1)
	go func() { // so that the event waits when the function thaws
		payload, err := running.Invoke(t.Context(), event)
		done <- result{payload, err}
	}()
	time.Sleep(2 * time.Millisecond)
	begin := time.Now()
	if err := running.Thaw(); err != nil {
		t.Fatal(err)
	}
	r := <-done
	took := time.Since(begin)
	if r.err != nil {
		t.Fatal(r.err)
	}
	var response struct{ StatusCode int }
	if err := json.Unmarshal(r.payload, &response); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, took
}

func TestFrozenFunctionLosesNoRequest(t *testing.T) {
	for _, f := range functions {
		if !f.always && !*all {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			k := startTenant(t)
			running := f.start(t, k)
			nothing := func() {}
			if status, _ := f.invoke(t, running, k, 0, nothing); status != http.StatusOK {
				t.Fatalf("before a freeze: got status %d, want 200", status)
			}
			lost := 0
			for range *thaws {
				if status, _ := f.invoke(t, running, k, 10*time.Millisecond, k.network.Hangup); status != http.StatusOK {
					lost++
				}
			}
			if lost > 0 {
				t.Errorf("connections closed: got %d of %d requests lost, want 0", lost, *thaws)
			}
			for range *drops {
				status, took := f.invoke(t, running, k, *stop, k.network.Drop)
				if status != http.StatusOK || took > time.Second {
					t.Errorf("connections dropped: got status %d after %v, want 200 within a second", status, took)
				}
			}
		})
	}
}
