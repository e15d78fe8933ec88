package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/config"
	"kinde-functions/shared/local/kindetest"
)

// Secrets that share no beginning with a word of the report.
const (
	webSecret     = "Zq7wWebXk2mSecretValue81726354"
	machineSecret = "Yp6vM2mJj3nSecretValue91827364"
	redisPassword = "Xo5uRedisHh4bPassw0rd"
)

func recognizable(env map[string]string) map[string]string {
	env = maps.Clone(env)
	env["KINDE_CLIENT_SECRET"], env["KINDE_M2M_CLIENT_SECRET"] = webSecret, machineSecret
	env["SESSION_KEYS"] = newKey() + "," + newKey()
	env["REDIS_URL"] = "redis://:" + redisPassword + "@127.0.0.1:1/0"
	return env
}

// checkHidden fails if a secret, or the beginning of one, is in out.
func checkHidden(t *testing.T, out string, env map[string]string, more ...string) {
	t.Helper()
	secrets := append(more, webSecret, machineSecret, redisPassword)
	secrets = append(secrets, strings.Split(env["SESSION_KEYS"], ",")...)
	for _, secret := range secrets {
		if len(secret) < shortest {
			continue
		}
		for _, part := range []string{secret, secret[:6], strings.ToLower(secret[:12])} {
			if strings.Contains(out, part) || strings.Contains(strings.ToLower(out), strings.ToLower(secret)) {
				t.Errorf("%q is shown:\n%s", part, out)
			}
		}
	}
	if email.MatchString(out) || jwtLike.MatchString(out) {
		t.Errorf("an e-mail or a token is shown:\n%s", out)
	}
}

// everyFormat runs the program in each of its formats and returns all that it wrote.
func everyFormat(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	var all strings.Builder
	for _, more := range [][]string{nil, {"--json"}} {
		_, out, said := command(t, dotenv(env), nil, slices.Concat(more, args)...)
		all.WriteString(out + said)
	}
	var color strings.Builder
	if err := (screen{40, false}).write(&color, runChecks(t.Context(), maps.Clone(env), "")); err != nil {
		t.Error(err)
	}
	return all.String() + color.String()
}

func TestReportHoldsNoSecret(t *testing.T) {
	own := clients(kindetest.ClientID, func(c *kindetest.Client) { c.Secret = webSecret })
	isMachine := func(c kindetest.Client) bool { return c.ID == kindetest.M2MClientID }
	own[slices.IndexFunc(own, isMachine)].Secret = machineSecret
	for name, change := range map[string]func(p *tenant, env map[string]string){
		"all is well":       func(*tenant, map[string]string) {},
		"wrong secrets":     func(_ *tenant, env map[string]string) { env["KINDE_CLIENT_SECRET"] = webSecret + "x" },
		"in a public place": func(_ *tenant, env map[string]string) { env["KINDE_CLIENT_ID"] = webSecret },
		"in the site": func(_ *tenant, env map[string]string) {
			env["KINDE_SITE_URL"] = "https://x:" + webSecret + "@site.example"
		},
		"in the issuer": func(_ *tenant, env map[string]string) {
			env["KINDE_ISSUER_URL"] = "https://t.kinde.com?k=" + machineSecret
		},
		"as a name":      func(_ *tenant, env map[string]string) { env["KINDE_X_"+webSecret] = "1" },
		"malformed":      func(_ *tenant, env map[string]string) { env["REDIS_URL"] = "redis://" + redisPassword + "@h" },
		"malformed keys": func(_ *tenant, env map[string]string) { env["SESSION_KEYS"] += "," + webSecret },
		"scopes":         func(_ *tenant, env map[string]string) { env["KINDE_SCOPES"] = "openid " + webSecret },
		"echoed by a server": func(p *tenant, _ map[string]string) {
			p.Kinde.SetQuirks(kindetest.Quirks{DiscoveryIssuer: "https://" + webSecret + "/dana@example.com"})
		},
		"echoed as a host": func(p *tenant, _ map[string]string) {
			p.Kinde.SetQuirks(kindetest.Quirks{DiscoveryIssuer: "https://" + webSecret + ".example"})
		},
		"echoed as a code": func(p *tenant, _ map[string]string) {
			p.Kinde.Fault("/oauth2/", kindetest.Fault{Status: 400,
				Body: kindetest.ErrorBody(kindetest.ShapeC, webSecret, "dana@example.com")})
		},
		"echoed in a redirect": func(p *tenant, _ map[string]string) {
			p.Kinde.Fault("/oauth2/auth", kindetest.Fault{Status: 302,
				Header: http.Header{"Location": {site + "/auth/callback?error=" + machineSecret}}})
			p.Kinde.Fault("/.well-known/jwks", kindetest.Fault{Status: 302,
				Header: http.Header{"Location": {"https://" + webSecret + "/"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTenant(t, kindetest.Options{Clients: own})
			env := recognizable(p.env)
			change(p, env)
			checkHidden(t, everyFormat(t, env), env)
		})
	}
}

func TestReportHoldsNoCookieOfDeployment(t *testing.T) {
	const value, code = "Wn4tCookieGg5vValue", "Vm3sCodeFf6cValue"
	hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "login-x="+value+"; Path=/")
		w.Header().Set("X-Request-Id", value)
		w.Header().Set("Location", "http://"+value+".invalid/oauth2/auth?state="+value+"&code="+code)
		switch r.URL.Path {
		case "/api/health":
			_ = json.NewEncoder(w).Encode(map[string]any{"version": "\x1b[31mred " + webSecret,
				"missing": []string{"\x1b[2J" + webSecret}, "wrong": []string{"dana@example.com"}})
		case "/auth/login":
			w.WriteHeader(http.StatusFound)
		default:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusInternalServerError)
			_ = json.NewEncoder(w).Encode(map[string]string{"code": webSecret})
		}
	}))
	defer hostile.Close()
	p := newTenant(t, kindetest.Options{})
	env := recognizable(p.env)
	out := everyFormat(t, env, "--url", hostile.URL)
	checkHidden(t, out, env, code)
	if strings.Contains(out, value) && !strings.Contains(out, "signs in at") {
		t.Errorf("a cookie's value is shown:\n%s", out)
	}
	if plain, _, _ := strings.Cut(out, "\x1b[1mSettings"); strings.Contains(plain, "\x1b") {
		t.Error("a server's escape sequence reaches the terminal")
	}
}

// Every secret setting is hidden and compared with the public ones, also one that is newer
// than this test.
func TestSecretSettingsAreHidden(t *testing.T) {
	const value = "Uk2hNewerEe5wSecretValue19283746"
	names := 0
	for _, setting := range config.All() {
		if !setting.Secret() {
			continue
		}
		names++
		env := map[string]string{setting.Name(): value}
		for _, shown := range []string{"x " + value + " y", strings.ToLower(value) + ".example"} {
			if got := hider(env)(shown); strings.Contains(strings.ToLower(got), strings.ToLower(value[:6])) {
				t.Errorf("%s: got %q, want it hidden", setting.Name(), got)
			}
		}
		p := newTenant(t, kindetest.Options{})
		if c := p.check(t, setting.Name(), value)["settings.public-values"]; c.State != isOK {
			t.Errorf("%s is taken for public: %s", setting.Name(), text(c))
		}
		if c := p.check(t, setting.Name(), value, "VITE_ANY", value)["settings.public-values"]; c.State != toFix {
			t.Errorf("%s in a published name: %s", setting.Name(), text(c))
		}
	}
	if names == 0 {
		t.Error("no setting is secret")
	}
}

func TestHiderReplacesControlCharacters(t *testing.T) {
	got := hider(nil)("a\x1b[2Jb\x07c\nd\u009b1me\u202ef →")
	if got != "a?[2Jb?c?d?1me?f →" {
		t.Errorf("%q", got)
	}
}
