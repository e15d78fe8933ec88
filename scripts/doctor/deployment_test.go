package main

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"kinde-functions/scripts/dev/devtest"
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/outbound"
)

// devEnv are settings as scripts/dev has them.
func devEnv(t *testing.T, site string) map[string]string {
	t.Helper()
	env, err := devSettings(t.Context(), map[string]string{"ALLOWED_ORIGINS": "https://app.example"}, site)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func TestADeployment(t *testing.T) {
	site, _ := devtest.Start(t, ".", []string{"SESSION_KEYS=", "ALLOWED_ORIGINS=https://app.example", "REDIS_URL=", "LOG_LEVEL=", "RATE_LIMIT=3/1h"}).Addresses(t)
	t.Run("a good one has nothing to mend", func(t *testing.T) {
		for range 3 { // it would be throttled by RATE_LIMIT if it spent any of it
			for _, changes := range []map[string]string{devEnv(t, site), {}} {
				for id, c := range mends(byID(examine(t.Context(), changes, site))) {
					t.Errorf("%s: %s", id, text(c))
				}
			}
		}
		env := devEnv(t, site)
		checks := byID(examine(t.Context(), env, site))
		for id, c := range checks {
			if c.area() == "deployment" && c.State != isOK {
				t.Errorf("%s: %s", id, text(c))
			}
		}
		status, out, _ := command(t, "ALLOWED_ORIGINS=https://app.example", nil, "--dev", "--url", site)
		unseen(t, out, env, kindetest.ClientSecret, kindetest.M2MClientSecret)
		if status != 0 || !strings.Contains(out, "Nothing to mend: ") {
			t.Errorf("%d %s", status, out)
		}
	})
	for name, row := range spoilt {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := spoil(t, site, row)
			env := devEnv(t, site)
			if row.stranger {
				env = map[string]string{}
			} else {
				env["KINDE_SITE_URL"] = address
			}
			maps.Copy(env, row.env)
			checks := byID(examine(t.Context(), env, address))
			got := checks["deployment."+row.id]
			if got.State != row.state {
				t.Errorf("%s", text(got))
			}
			for _, want := range row.says {
				if !strings.Contains(text(got), want) {
					t.Errorf("%q is not in %s", want, text(got))
				}
			}
		})
	}
}

// spoiling is a fault that something on the way to a good deployment adds to it.
type spoiling struct {
	request  func(*http.Request)
	answer   func(*http.Response)
	instead  http.HandlerFunc // of a path that ends in at
	at       string
	env      map[string]string
	stranger bool // without settings here
	id       string
	state    state
	says     []string
}

func problemOf(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"code":"`+code+`"}`)
	}
}

// header spoils one of every answer.
func header(name, value string) func(*http.Response) {
	return func(r *http.Response) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
}

func cookie(old, new string) func(*http.Response) {
	return func(r *http.Response) {
		if line := r.Header.Get("Set-Cookie"); line != "" {
			r.Header.Set("Set-Cookie", strings.Replace(line, old, new, 1))
		}
	}
}

var page = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<h1>Welcome</h1>") }

var spoilt = map[string]spoiling{
	"as it is":    {id: "login-redirect", state: isOK},
	"no tenant":   {stranger: true, id: "tenant", state: isSkipped, says: []string{"it signs in at http://127.0.0.1:"}},
	"its address": {id: "https", state: isOK},

	"functions are not there": {at: "/api/health", instead: page, id: "health", state: toMend, says: []string{"answered 200", "netlify deploy --build --prod"}},
	"settings missing": {at: "/api/health", instead: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"version":"dev","missing":["KINDE_SITE_URL"],"wrong":["REDIS_URL"]}`)
	}, id: "health", state: toMend, says: []string{"KINDE_SITE_URL is missing, REDIS_URL is wrong", "netlify env:set KINDE_SITE_URL", "your_redis_url --secret --context production"}},
	"health misconfigured": {at: "/api/health", instead: problemOf(500, "misconfigured"), id: "health", state: toMend, says: []string{"ALLOWED_ORIGINS"}},

	"function not deployed":  {at: "/.netlify/functions/roles", instead: http.NotFound, id: "function.roles", state: toMend, says: []string{"PUT /.netlify/functions/roles: 404 in place of 405", "redirect in netlify.toml"}},
	"function misconfigured": {at: "/api/roles", instead: problemOf(500, "misconfigured"), id: "function.roles", state: toMend, says: []string{"netlify logs:function roles"}},
	"function with a bug":    {at: "/api/session", instead: problemOf(500, "internal"), id: "function.session", state: toMend, says: []string{"500 internal in place of"}},
	"open to anyone": {at: "/api/roles", instead: func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			page(w, r)
			return
		}
		problemOf(405, "method-not-allowed")(w, r)
	}, id: "function.roles", state: toMend, says: []string{"GET /api/roles: 200 in place of 401 no-token"}},
	"part that is not used":  {at: "/api/introspect", instead: problemOf(500, "misconfigured"), stranger: true, id: "function.introspect", state: isNote, says: []string{"KINDE_M2M_CLIENT_SECRET your_m2m_client_secret --secret --context production"}},
	"part that is set here":  {at: "/api/introspect", instead: problemOf(500, "misconfigured"), id: "function.introspect", state: toMend, says: []string{"set here and not there"}},
	"sessions are off there": {at: "/auth/login", instead: problemOf(500, "misconfigured"), stranger: true, id: "login-redirect", state: isSkipped, says: []string{"because of deployment.function.login"}},

	"a header lost":    {answer: header("Referrer-Policy", ""), id: "headers", state: toMend, says: []string{"Referrer-Policy is missing", "a proxy"}},
	"a header changed": {answer: header("Cache-Control", "public, max-age=60"), id: "headers", state: toMend, says: []string{"Cache-Control"}},
	"an old answer":    {answer: header("Age", "12"), id: "cache", state: toMend, says: []string{"answered by a cache", "CachingDisabled"}},
	"a fresh answer":   {answer: header("Age", "0"), id: "cache", state: isOK},
	"a hit":            {answer: header("Cache-Status", `"Edge"; fwd=miss, "Durable"; hit; ttl=5`), id: "cache", state: toMend},
	"a miss":           {answer: header("Cache-Status", `"Edge"; fwd=miss`), id: "cache", state: isOK},
	"one answer twice": {answer: header("X-Request-Id", "same"), id: "cache", state: toMend, says: []string{"the same answer"}},

	"no HttpOnly": {answer: cookie("HttpOnly", "X"), id: "login-cookie", state: toMend, says: []string{"it lacks HttpOnly"}},
	"no SameSite": {answer: cookie("SameSite=Lax", "SameSite=None"), id: "login-cookie", state: toMend, says: []string{"SameSite=Lax"}},
	"a domain":    {answer: cookie("Path=/", "Path=/a; Domain=example.com"), id: "login-cookie", state: toMend, says: []string{"Path=/", "no Domain"}},
	"no cookie":   {answer: header("Set-Cookie", ""), id: "login-cookie", state: toMend, says: []string{"sets no cookie"}},
	"no PKCE": {answer: func(r *http.Response) {
		r.Header.Set("Location", strings.Replace(r.Header.Get("Location"), "code_challenge", "x", 2))
	}, id: "login-redirect", state: toMend, says: []string{"code_challenge, code_challenge_method"}},
	"not registered": {id: "callback-url", state: toMend, says: []string{"Invalid callback URL", "/auth/callback"}},

	"another tenant":      {env: map[string]string{"KINDE_ISSUER_URL": "https://other.kinde.com", "KINDE_CLIENT_SECRET": ""}, id: "tenant", state: isNote, says: []string{"https://other.kinde.com"}},
	"another application": {env: map[string]string{"KINDE_CLIENT_ID": "another"}, id: "tenant", state: isNote, says: []string{"another application"}},
	"another site":        {env: map[string]string{"KINDE_SITE_URL": "https://pages.example"}, id: "pages", state: isSkipped, says: []string{"KINDE_SITE_URL"}},
	"any host":            {request: func(r *http.Request) { r.Host = "" }, id: "wrong-host", state: toMend, says: []string{"KINDE_SITE_URL"}},
	"wrong host": {at: "/auth/login", instead: func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			problemOf(400, "wrong-host")(w, r)
			return
		}
		problemOf(405, "method-not-allowed")(w, r)
	}, id: "login-redirect", state: toMend, says: []string{"the deployment's KINDE_SITE_URL is another address"}},

	"a forwarded host": {at: "/auth/login", instead: func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			problemOf(405, "method-not-allowed")(w, r)
		} else if host := r.Header.Get("X-Forwarded-Host"); host != "" {
			w.Header().Set("Location", "https://"+host+"/oauth2/auth")
			w.WriteHeader(http.StatusFound)
		} else {
			problemOf(400, "wrong-host")(w, r)
		}
	}, id: "wrong-host", state: toMend, says: []string{"X-Forwarded-Host steers"}},

	"CORS for all":      {answer: header("Access-Control-Allow-Origin", "*"), id: "cors-stranger", state: toMend, says: []string{"every origin may call"}},
	"CORS for none":     {answer: header("Access-Control-Allow-Origin", ""), id: "cors-allowed", state: toMend, says: []string{"netlify env:set ALLOWED_ORIGINS https://app.example"}},
	"CORS with cookies": {answer: header("Access-Control-Allow-Credentials", "true"), id: "cors-allowed", state: toMend, says: []string{"cookies may be sent"}},
	"CORS as it is":     {id: "cors-stranger", state: isOK},

	"no policy":      {answer: header("Content-Security-Policy", ""), id: "pages", state: toMend, says: []string{"[[headers]]"}},
	"a weak policy":  {answer: header("Content-Security-Policy", "upgrade-insecure-requests"), id: "pages", state: toMend, says: []string{"every script"}},
	"no access page": {at: "/access/", instead: http.NotFound, id: "access-page", state: toMend, says: []string{"public/"}},
	"another page":   {at: "/access/", instead: page, id: "access-page", state: toMend},
}

// spoil puts a proxy with a fault in front of a good deployment, whose own address it
// replaces by its own.
func spoil(t *testing.T, site string, how spoiling) (address string) {
	t.Helper()
	target, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	own := ""
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			if how.request != nil {
				how.request(r.Out)
			}
			if r.Out.Host == strings.TrimPrefix(own, "http://") || r.Out.Host == "" {
				r.Out.Host = target.Host
			}
		},
		ModifyResponse: func(r *http.Response) error {
			location := r.Header.Get("Location")
			r.Header.Set("Location", strings.ReplaceAll(location, url.QueryEscape(site), url.QueryEscape(own)))
			if location == "" {
				r.Header.Del("Location")
			}
			if how.answer != nil {
				how.answer(r)
			}
			return nil
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if how.instead != nil && strings.HasSuffix(r.URL.Path, how.at) {
			how.instead(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	own = server.URL
	return own
}

func TestADeploymentThatIsNotThere(t *testing.T) {
	for name, address := range map[string]string{"nothing": "http://127.0.0.1:1", "in the open": "http://doctor.invalid"} {
		checks := byID(examine(t.Context(), map[string]string{}, address))
		if c := checks["deployment.health"]; c.State != toMend || !strings.Contains(text(c), "curl -i "+address+"/api/health") {
			t.Errorf("%s: %s", name, text(c))
		}
		if c := checks["deployment.headers"]; c.State != isSkipped || c.Found != "because of deployment.health" {
			t.Errorf("%s: %s", name, text(c))
		}
		if https := checks["deployment.https"].State; (https == toMend) != (name == "in the open") {
			t.Errorf("%s: https %s", name, https)
		}
	}
}

// A page without end costs the doctor a bounded number of bytes, and one that hangs a
// bounded time.
func TestLookIsBounded(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := bytes.Repeat([]byte("x"), 1<<16); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	d := &doctor{out: outbound.New(attempt)}
	got, err := d.look(t.Context(), visit{url: endless.URL})
	if err != nil || len(got.body) != maxPage {
		t.Errorf("%v, not %d bytes", err, maxPage)
	}
}
