//go:build realtools

package redis

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
	"kinde-functions/shared/session"
)

const (
	site      = "https://site.example"
	processes = 4
	requests  = 25
)

var key = []byte("0123456789abcdef0123456789abcdef")

// startRedis runs a redis-server without persistence. It returns its URL and a function
// that stops it.
func startRedis(t testing.TB, options ...string) (url string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	return "redis://" + address, runRedis(t, address, options...)
}

// runRedis runs a redis-server at an address and returns a function that stops it.
func runRedis(t testing.TB, address string, options ...string) (stop func()) {
	t.Helper()
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command("redis-server", append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "",
		"--appendonly", "no", "--dir", t.TempDir()}, options...)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { server.Process.Kill(); server.Wait() })
	t.Cleanup(stop)
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return stop
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("redis-server does not accept connections")
	return nil
}

// fleet is a function in several processes, with an embedded Kinde.
type fleet struct {
	t        *testing.T
	tenant   *kindetest.Server
	handlers []http.Handler
	log      *functiontest.Log
}

func start(t *testing.T, tenant *kindetest.Server, function, redisURL string) *fleet {
	t.Helper()
	f := &fleet{t: t, tenant: tenant, log: &functiontest.Log{}}
	binary := filepath.Join(t.TempDir(), function)
	if err := lambdarun.Build(t.Context(), "kinde-functions/functions/"+function, binary); err != nil {
		t.Fatal(err)
	}
	env := []string{"SESSION_KEYS=" + base64.StdEncoding.EncodeToString(key), "REDIS_URL=" + redisURL}
	for name, value := range tenant.Env() {
		env = append(env, name+"="+value)
	}
	for range processes {
		instance, err := lambdarun.Start(t.Context(), lambdarun.Options{Binary: binary, Env: env, Output: f.log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { instance.Close() })
		f.handlers = append(f.handlers, lambdarun.Handler(instance, lambdarun.Netlify))
	}
	return f
}

func newTenant(t *testing.T, overlap time.Duration) *kindetest.Server {
	t.Helper()
	tenant, err := kindetest.Serve(kindetest.Options{Site: site, RefreshOverlap: overlap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	tenant.Kinde.Fault("/oauth2/token", kindetest.Fault{Delay: 200 * time.Millisecond})
	return tenant
}

func (f *fleet) cookies() *session.Cookies {
	box, err := session.NewBox([][]byte{key}, f.tenant.URL, kindetest.ClientID, site)
	if err != nil {
		f.t.Fatal(err)
	}
	return session.NewCookies(site, box, time.Now)
}

func (f *fleet) cookie(tokens session.Tokens) string {
	h := http.Header{}
	if err := f.cookies().Write(h, functiontest.NewSession(tokens)); err != nil {
		f.t.Fatal(err)
	}
	return functiontest.Kept(h)
}

func (f *fleet) send(i int, method, target, cookie string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, site+target, nil)
	r.Header.Set("Cookie", cookie)
	r.Header.Set("X-CSRF", "1")
	w := httptest.NewRecorder()
	f.handlers[i%len(f.handlers)].ServeHTTP(w, r)
	return w
}

// sendInParallel sends requests with one session and counts the statuses.
func (f *fleet) sendInParallel(cookie string) map[int]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	statuses := map[int]int{}
	for i := range requests {
		wg.Go(func() {
			w := f.send(i, "GET", "/api/session", cookie)
			mu.Lock()
			defer mu.Unlock()
			statuses[w.Code]++
		})
	}
	wg.Wait()
	return statuses
}

func expired(tenant *kindetest.Server) session.Tokens {
	return session.Tokens{Access: tenant.Kinde.Mint(kindetest.ExpiresIn(-time.Minute)),
		Refresh: tenant.Kinde.MintRefresh()}
}

func TestProcessesShareRefreshes(t *testing.T) {
	for name, row := range map[string]struct {
		redis     bool
		overlap   time.Duration
		refreshes int  // at most
		refused   bool // some requests get 409
	}{
		"with Redis, no overlap at Kinde":    {true, -1, 1, false},
		"with Redis and an overlap":          {true, time.Minute, 1, false},
		"without Redis, with an overlap":     {false, time.Minute, requests, false},
		"without Redis, no overlap at Kinde": {false, -1, requests, true},
	} {
		t.Run(name, func(t *testing.T) {
			redisURL := ""
			if row.redis {
				redisURL, _ = startRedis(t)
			}
			tenant := newTenant(t, row.overlap)
			f := start(t, tenant, "session", redisURL)
			statuses := f.sendInParallel(f.cookie(expired(tenant)))
			calls := len(tenant.Kinde.Calls("/oauth2/token"))
			t.Logf("got statuses %v, %d refreshes", statuses, calls)
			if calls > row.refreshes || statuses[200]+statuses[409] != requests || statuses[200] == 0 ||
				!row.refused && statuses[200] != requests {
				t.Errorf("got statuses %v, %d refreshes, want at most %d", statuses, calls, row.refreshes)
			}
		})
	}
}

func TestSignOutAppliesToAllProcesses(t *testing.T) {
	redisURL, _ := startRedis(t)
	tenant := newTenant(t, 0)
	sessions, logout := start(t, tenant, "session", redisURL), start(t, tenant, "logout", redisURL)
	cookie := sessions.cookie(session.Tokens{Access: tenant.Kinde.Mint(), Refresh: tenant.Kinde.MintRefresh()})
	if w := sessions.send(0, "GET", "/api/session", cookie); !strings.Contains(w.Body.String(), `"authenticated":true`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := logout.send(0, "POST", "/auth/logout", cookie); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for i := range processes {
		if w := sessions.send(i, "GET", "/api/session", cookie); w.Code != 200 ||
			!strings.Contains(w.Body.String(), `"authenticated":false`) {
			t.Errorf("process %d: got %d %s, want a copy of the cookie refused", i, w.Code, w.Body)
		}
	}
}

// Copies may be from before a refresh, or have a refresh token that Kinde did not revoke.
func TestSignOutAppliesToRefreshableCopies(t *testing.T) {
	redisURL, _ := startRedis(t)
	tenant := newTenant(t, time.Minute)
	sessions, logout := start(t, tenant, "session", redisURL), start(t, tenant, "logout", redisURL)
	old := sessions.cookie(expired(tenant))
	renewed := functiontest.Kept(sessions.send(0, "GET", "/api/session", old).Header())
	if w := logout.send(0, "POST", "/auth/logout", renewed); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	tenant.Kinde.Fault("/oauth2/revoke", kindetest.Fault{Status: 503})
	unrevoked := sessions.cookie(expired(tenant))
	if w := logout.send(1, "POST", "/auth/logout", unrevoked); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for name, cookie := range map[string]string{"from before the refresh": old, "not revoked": unrevoked} {
		if w := sessions.send(2, "GET", "/api/session", cookie); !strings.Contains(w.Body.String(), `"authenticated":false`) {
			t.Errorf("%s: got %d %s, want authenticated false", name, w.Code, w.Body)
		}
	}
}

func TestSessionsWorkWithoutRedis(t *testing.T) {
	redisURL, stop := startRedis(t)
	tenant := newTenant(t, time.Minute)
	f := start(t, tenant, "session", redisURL)
	stop()
	for i := range 2 * processes {
		begin := time.Now()
		if w := f.send(i, "GET", "/api/session", f.cookie(expired(tenant))); w.Code != 200 {
			t.Errorf("got %d %s, want 200", w.Code, w.Body)
		}
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("took %v, want at most 3s", took)
		}
	}
	if n := strings.Count(f.log.String(), `"msg":"store"`); n != processes {
		t.Errorf("got %d warnings, want one of each process: %s", n, f.log.String())
	}
	if strings.Contains(f.log.String(), fmt.Sprint(redisURL)) {
		t.Error("got the URL of Redis in the log")
	}
}
