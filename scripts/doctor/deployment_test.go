package main

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/scripts/dev/devtest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/outbound"
)

// devEnv returns the settings of scripts/dev.
func devEnv(t *testing.T, site string) map[string]string {
	t.Helper()
	env, err := devSettings(t.Context(), map[string]string{"ALLOWED_ORIGINS": "https://app.example"}, site)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// TestDeployment runs scripts/dev once, as a good deployment and behind proxies that add
// faults.
func TestDeployment(t *testing.T) {
	api := httptest.NewServer(http.NotFoundHandler())
	defer api.Close()
	site, _ := devtest.Start(t, ".", []string{"SESSION_KEYS=", "ALLOWED_ORIGINS=https://app.example", "REDIS_URL=",
		"LOG_LEVEL=",
		"RATE_LIMIT=3/1h", "GATE_KEYS=" + newKey(), "PROXY_APIS=orders=" + api.URL}).Addresses(t)
	t.Run("good one has nothing to fix", func(t *testing.T) { testGoodDeployment(t, site, api.URL) })
	for name, row := range deploymentFaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serveWithFault(t, site, row)
			env := devEnv(t, site)
			if row.unset {
				env = map[string]string{}
			} else {
				env["KINDE_SITE_URL"] = address
			}
			maps.Copy(env, row.env)
			d := newDoctor(env, address)
			d.tokensOnly = row.tokensOnly
			d.functions = []string{"login", "session", "roles", "introspect"} // those with a row in deploymentFaults
			if row.gateFile != "" {
				d.gateFile = []byte(row.gateFile)
			}
			wantCheck(t, byID(d.run(t.Context()))["deployment."+row.id], row.state, row.has...)
		})
	}
}

func testGoodDeployment(t *testing.T, site, api string) {
	for range 3 { // requests that count against RATE_LIMIT would be refused
		for _, env := range []map[string]string{devEnv(t, site), {}} {
			for id, c := range fixes(byID(runChecks(t.Context(), env, site))) {
				t.Errorf("%s: %s", id, text(c))
			}
		}
	}
	env := devEnv(t, site)
	env["PROXY_APIS"] = "orders=" + api
	d := newDoctor(env, site)
	d.gateFile = []byte(membersRule)
	for _, c := range d.run(t.Context()) {
		if c.area() == "deployment" && c.State != isOK {
			t.Errorf("got %s, want ok", text(c))
		}
	}
	status, out, _ := command(t, "ALLOWED_ORIGINS=https://app.example", nil, "--dev", "--url", site)
	checkHidden(t, out, env, kindetest.ClientSecret, kindetest.M2MClientSecret)
	if status != 0 || !strings.Contains(out, "Nothing to fix: ") {
		t.Errorf("got %d %s", status, out)
	}
}

var deploymentFaults = map[string]deploymentFault{
	"as it is":    {id: "login-redirect", state: isOK},
	"no tenant":   {unset: true, id: "tenant", state: isSkipped, has: []string{"it signs in at http://127.0.0.1:"}},
	"its address": {id: "https", state: isOK},

	"functions are not there": {at: "/api/health", instead: page, id: "health", state: toFix,
		has: []string{"responds 200", "netlify deploy --build --prod"}},
	"settings missing": {at: "/api/health", instead: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"version":"dev","missing":["KINDE_SITE_URL"],"wrong":["REDIS_URL"]}`)
	}, id: "health", state: toFix, has: []string{"KINDE_SITE_URL is missing, REDIS_URL is wrong",
		"netlify env:set KINDE_SITE_URL", "your_redis_url --secret --context production"}},
	"health misconfigured": {at: "/api/health", instead: problemOf(500, "misconfigured"), id: "health", state: toFix,
		has: []string{"ALLOWED_ORIGINS"}},

	"sessions off": {at: "/api/health", instead: healthWithout("sessions", "KINDE_CLIENT_SECRET", "SESSION_KEYS"),
		unset: true,
		id:    "capabilities", state: toFix, has: []string{"no user can sign in there: KINDE_CLIENT_SECRET and " +
			"SESSION_KEYS is not set",
			"your_client_secret", "openssl rand", "doctor --tokens-only --url http"}},
	"sessions off, tokens only": {at: "/api/health", instead: healthWithout("sessions", "SESSION_KEYS"), unset: true,
		tokensOnly: true,
		id:         "capabilities", state: isOK, has: []string{"sessions (SESSION_KEYS)"}},
	"capability off that is not set here": {at: "/api/health", instead: healthWithout("own-apis", "PROXY_APIS"),
		id: "capabilities", state: isOK, has: []string{"own-apis (PROXY_APIS)"}},
	"capability off that is set here": {at: "/api/health", instead: healthWithout("device", "KINDE_DEVICE_CLIENT_ID"),
		id: "capabilities", state: toFix, has: []string{"set up here and off there: device", "your_device_client_id"}},
	"health of an older version": {at: "/api/health", instead: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"version":"v1","missing":[],"wrong":[]}`)
	}, id: "capabilities", state: isNote, has: []string{"Deploy the version"}},
	"sign-in misconfigured": {at: "/auth/login", instead: problemOf(500, "misconfigured"), unset: true,
		id: "function.login", state: toFix, has: []string{"no user can sign in there without", "SESSION_KEYS"}},
	"sign-in misconfigured, tokens only": {at: "/auth/login", instead: problemOf(500, "misconfigured"), unset: true,
		tokensOnly: true,
		id:         "function.login", state: isNote},

	"webhooks refuse a foreign key": {at: webhookPath, instead: refusesForeignEvents, id: "webhooks", state: isOK,
		has: []string{"foreign key is refused"}},
	"webhooks accept a foreign key": {at: webhookPath, instead: func(http.ResponseWriter, *http.Request) {},
		id: "webhooks", state: toFix, has: []string{"foreign key is accepted: 200"}},
	"webhooks not there": {at: webhookPath, instead: http.NotFound, id: "webhooks", state: isSkipped,
		has: []string{"not installed"}},
	"webhooks misconfigured": {at: webhookPath, instead: problemOf(500, "misconfigured"), id: "webhooks", state: isSkipped,
		has: []string{"off there"}},
	"webhooks with a bug": {at: webhookPath, instead: problemOf(500, "internal"), id: "webhooks", state: toFix,
		has: []string{"500 internal, want 401"}},

	"proxy refuses": {at: "/api/proxy/orders", instead: noStore(problemOf(401, "no-token")), env: ownAPI, id: "own-apis",
		state: isOK,
		has:   []string{"orders: refused without a credential, and no-store"}},
	"proxy that may be cached": {at: "/api/proxy/orders", instead: problemOf(401, "no-token"), env: ownAPI, id: "own-apis",
		state: toFix,
		has:   []string{"not no-store", "CachingDisabled"}},
	"proxy without a function": {at: "/api/proxy/orders", instead: http.NotFound, env: ownAPI, id: "own-apis",
		state: toFix,
		has:   []string{"404, want 401 no-token", "PROXY_APIS"}},
	"proxy open to anyone": {at: "/api/proxy/orders", instead: page, env: ownAPI, id: "own-apis", state: toFix,
		has: []string{"without a credential: 200"}},

	"protected pages refused": {at: "", under: "/members", instead: toGateOf, gateFile: membersRule, id: "protected-pages",
		state: isOK,
		has:   []string{"redirected to /auth/gate"}},
	"protected page in capitals": {at: "/MEMBERS/", instead: page, gateFile: membersRule, id: "protected-pages",
		state: isNote,
		has:   []string{"1 served the page", "/MEMBERS/"}},
	"gate.json malformed": {gateFile: `{"rules": 1}`, id: "protected-pages", state: toFix, has: []string{"gate.json"}},
	"gate.json empty":     {gateFile: `{"rules": []}`, id: "protected-pages", state: isSkipped},

	"function not deployed": {at: "/.netlify/functions/roles", instead: http.NotFound, id: "function.roles", state: toFix,
		has: []string{"PUT /.netlify/functions/roles: 404, want 405 method-not-allowed", "redirect in netlify.toml"}},
	"function misconfigured": {at: "/api/roles", instead: problemOf(500, "misconfigured"), id: "function.roles",
		state: toFix, has: []string{"netlify logs:function roles"}},
	"function with a bug": {at: "/api/session", instead: problemOf(500, "internal"), id: "function.session",
		state: toFix, has: []string{"500 internal, want"}},
	"open to anyone": {at: "/api/roles", instead: func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			page(w, r)
			return
		}
		problemOf(405, "method-not-allowed")(w, r)
	}, id: "function.roles", state: toFix, has: []string{"GET /api/roles: 200, want 401 no-token"}},
	"part that is not used": {at: "/api/introspect", instead: problemOf(500, "misconfigured"), unset: true,
		id: "function.introspect", state: isNote, has: []string{"KINDE_M2M_CLIENT_SECRET your_m2m_client_secret --secret " +
			"--context production"}},
	"part that is set here": {at: "/api/introspect", instead: problemOf(500, "misconfigured"), id: "function.introspect",
		state: toFix, has: []string{"set here and not there"}},
	"sessions are off there": {at: "/auth/login", instead: problemOf(500, "misconfigured"), unset: true,
		id: "login-redirect", state: isSkipped, has: []string{"because of deployment.function.login"}},

	"a header lost": {response: header("Referrer-Policy", ""), id: "headers", state: toFix,
		has: []string{"Referrer-Policy is missing", "a proxy"}},
	"a header changed": {response: header("Cache-Control", "public, max-age=60"), id: "headers", state: toFix,
		has: []string{"Cache-Control"}},
	"an old answer": {response: header("Age", "12"), id: "cache", state: toFix,
		has: []string{"served by a cache", "CachingDisabled"}},
	"a fresh answer": {response: header("Age", "0"), id: "cache", state: isOK},
	"a hit": {response: header("Cache-Status", `"Edge"; fwd=miss, "Durable"; hit; ttl=5`), id: "cache",
		state: toFix},
	"a miss": {response: header("Cache-Status", `"Edge"; fwd=miss`), id: "cache", state: isOK},
	"one answer twice": {response: header("X-Request-Id", "same"), id: "cache", state: toFix,
		has: []string{"the same response"}},

	"no HttpOnly": {response: cookie("HttpOnly", "X"), id: "login-cookie", state: toFix,
		has: []string{"it lacks HttpOnly"}},
	"no SameSite": {response: cookie("SameSite=Lax", "SameSite=None"), id: "login-cookie", state: toFix,
		has: []string{"SameSite=Lax"}},
	"a domain": {response: cookie("Path=/", "Path=/a; Domain=example.com"), id: "login-cookie", state: toFix,
		has: []string{"Path=/", "no Domain"}},
	"no cookie": {response: header("Set-Cookie", ""), id: "login-cookie", state: toFix,
		has: []string{"sets no cookie"}},
	"no PKCE": {response: func(r *http.Response) {
		r.Header.Set("Location", strings.Replace(r.Header.Get("Location"), "code_challenge", "x", 2))
	}, id: "login-redirect", state: toFix, has: []string{"code_challenge, code_challenge_method"}},
	"not registered": {id: "callback-url", state: toFix, has: []string{"Invalid callback URL", "/auth/callback"}},

	"another tenant": {env: map[string]string{"KINDE_ISSUER_URL": "https://other.kinde.com",
		"KINDE_CLIENT_SECRET": ""}, id: "tenant", state: isNote, has: []string{"https://other.kinde.com"}},
	"another application": {env: map[string]string{"KINDE_CLIENT_ID": "another"}, id: "tenant", state: isNote,
		has: []string{"another application"}},
	"another site": {env: map[string]string{"KINDE_SITE_URL": "https://pages.example"}, id: "pages",
		state: isSkipped, has: []string{"KINDE_SITE_URL"}},
	"any host": {request: func(r *http.Request) { r.Host = "" }, id: "wrong-host", state: toFix,
		has: []string{"KINDE_SITE_URL"}},
	"wrong host": {at: "/auth/login", instead: func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			problemOf(400, "wrong-host")(w, r)
			return
		}
		problemOf(405, "method-not-allowed")(w, r)
	}, id: "login-redirect", state: toFix, has: []string{"the deployment's KINDE_SITE_URL is another address"}},
	"no viewer function": {at: "/auth/login", instead: func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet:
			problemOf(405, "method-not-allowed")(w, r)
		case r.Header.Get("X-Viewer-Host") == r.Host:
			w.Header().Set("Location", "https://acme.kinde.com/oauth2/auth")
			w.WriteHeader(http.StatusFound)
		default:
			problemOf(400, "wrong-host")(w, r)
		}
	}, id: "login-redirect", state: toFix, has: []string{"clients set X-Viewer-Host", "ViewerFunctionArn"}},

	"a forwarded host": {at: "/auth/login", instead: func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			problemOf(405, "method-not-allowed")(w, r)
		} else if host := r.Header.Get("X-Forwarded-Host"); host != "" {
			w.Header().Set("Location", "https://"+host+"/oauth2/auth")
			w.WriteHeader(http.StatusFound)
		} else {
			problemOf(400, "wrong-host")(w, r)
		}
	}, id: "wrong-host", state: toFix, has: []string{"X-Forwarded-Host decides"}},

	"CORS for all": {response: header("Access-Control-Allow-Origin", "*"), id: "cors-stranger", state: toFix,
		has: []string{"every origin may call"}},
	"CORS for none": {response: header("Access-Control-Allow-Origin", ""), id: "cors-allowed", state: toFix,
		has: []string{"netlify env:set ALLOWED_ORIGINS https://app.example"}},
	"CORS with cookies": {response: header("Access-Control-Allow-Credentials", "true"), id: "cors-allowed", state: toFix,
		has: []string{"cookies may be sent"}},
	"CORS as it is": {id: "cors-stranger", state: isOK},

	"no policy": {response: header("Content-Security-Policy", ""), id: "pages", state: toFix,
		has: []string{"[[headers]]"}},
	"a weak policy": {response: header("Content-Security-Policy", "upgrade-insecure-requests"), id: "pages", state: toFix,
		has: []string{"every script"}},
	"no access page": {at: "/access/", instead: http.NotFound, id: "access-page", state: toFix, has: []string{"public/"}},
	"another page":   {at: "/access/", instead: page, id: "access-page", state: toFix},
}

func TestUnreachableDeploymentStopsAtHealth(t *testing.T) {
	for name, address := range map[string]string{"nothing": "http://127.0.0.1:1", "in the open": "http://doctor.invalid"} {
		checks := byID(runChecks(t.Context(), map[string]string{}, address))
		if c := checks["deployment.health"]; c.State != toFix ||
			!strings.Contains(text(c), "curl -i "+address+"/api/health") {
			t.Errorf("%s: %s", name, text(c))
		}
		if c := checks["deployment.headers"]; c.State != isSkipped || c.Found != "because of deployment.health" {
			t.Errorf("%s: %s", name, text(c))
		}
		if https := checks["deployment.https"].State; (https == toFix) != (name == "in the open") {
			t.Errorf("%s: https %s", name, https)
		}
	}
}

func TestFetchIsBounded(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := bytes.Repeat([]byte("x"), 1<<16); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	d := &doctor{out: outbound.New(attempt)}
	got, err := d.fetch(t.Context(), request{url: endless.URL})
	if err != nil || len(got.body) != maxPage {
		t.Errorf("got %v, want %d bytes", err, maxPage)
	}
}
