package main

import (
	"maps"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// setting is a change to good settings, and the result that the check id must have.
type setting struct {
	changes []string
	id      string
	state   state
	has     []string
}

// settingFaults returns changes to the form of settings.
func settingFaults(p *tenant) map[string]setting {
	return map[string]setting{
		"slash": {[]string{"KINDE_ISSUER_URL", p.URL + "/"}, "KINDE_ISSUER_URL", toFix,
			[]string{"ends in a slash", "netlify env:set KINDE_ISSUER_URL " + p.URL + `"`}},
		"space": {[]string{"KINDE_ISSUER_URL", p.URL + " "}, "KINDE_ISSUER_URL", toFix,
			[]string{"space", "env:set KINDE_ISSUER_URL " + p.URL + `"`}},
		"capitals": {[]string{"KINDE_SITE_URL", "https://Site.Example"}, "KINDE_SITE_URL", toFix,
			[]string{"lower case", "env:set KINDE_SITE_URL https://site.example"}},
		"audience as URL": {[]string{"KINDE_MANAGEMENT_URL", p.URL + "/api"}, "KINDE_MANAGEMENT_URL", toFix,
			[]string{"env:set KINDE_MANAGEMENT_URL " + p.URL + `"`}},
		"missing": {[]string{"KINDE_CLIENT_ID", ""}, "KINDE_CLIENT_ID", toFix,
			[]string{"not set, and needed", "Client ID"}},
		"line break": {[]string{"KINDE_CLIENT_SECRET", "abcdefgh\n"}, "KINDE_CLIENT_SECRET", toFix,
			[]string{"again without the space or line break", "--secret"}},
		"half": {[]string{"KINDE_M2M_CLIENT_SECRET", ""}, "KINDE_M2M_CLIENT_SECRET", toFix,
			[]string{"not set, and needed", "machine-to-machine"}},
		"keys alone": {[]string{"KINDE_CLIENT_SECRET", ""}, "KINDE_CLIENT_SECRET", toFix,
			[]string{"not set, and needed"}},
		"no site":     {[]string{"KINDE_SITE_URL", ""}, "KINDE_SITE_URL", isNote, []string{"Netlify sets URL"}},
		"site by URL": {[]string{"KINDE_SITE_URL", "", "URL", site}, "KINDE_SITE_URL", isOK, []string{"URL is used"}},
		"origins": {[]string{"ALLOWED_ORIGINS", "https://a.example,*"}, "ALLOWED_ORIGINS", toFix,
			[]string{"entry 2", "no star"}},
		"redis": {[]string{"REDIS_URL", "redis://host:6379/nine"}, "REDIS_URL", toFix,
			[]string{"must end with the host"}},
		"rate": {[]string{"RATE_LIMIT", "100"}, "RATE_LIMIT", toFix, []string{"100/15m"}},
		"every other": {[]string{"UPSTREAM_TIMEOUT", "5", "LOG_LEVEL", "loud", "AFTER_PORTAL_PATH", "access",
			"CONNECTED_APPS", "a b"}, "CONNECTED_APPS", toFix, []string{"key code ref"}},
	}
}

// valueFaults returns changes to keys and secrets.
func valueFaults(p *tenant) map[string]setting {
	const jwtLike = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJrcCJ9.c2lnbmF0dXJl"
	return map[string]setting{
		"short key": {[]string{"SESSION_KEYS", "c2hvcnQ="}, "SESSION_KEYS", toFix,
			[]string{"32 bytes", "openssl rand -base64 32"}},
		"repeated key": {[]string{"SESSION_KEYS", p.env["SESSION_KEYS"] + "," + p.env["SESSION_KEYS"]},
			"SESSION_KEYS", toFix, []string{"entry 2 repeats"}},
		"typed key": {[]string{"SESSION_KEYS", newKey() + ",MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
			"session-keys-random", toFix, []string{"entry 2", "openssl rand"}},
		"pattern key": {[]string{"SESSION_KEYS", "AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM="},
			"session-keys-random", toFix, nil},
		"secret as id": {[]string{"KINDE_CLIENT_ID", kindetest.ClientSecret}, "public-values", toFix,
			[]string{"KINDE_CLIENT_ID holds", "make a new one"}},
		"secret among scopes": {[]string{"PROTECTED_RESOURCE_SCOPES", "read aB3" + strings.Repeat("xY4z", 12)},
			"public-values", toFix, []string{"PROTECTED_RESOURCE_SCOPES"}},
		"token": {[]string{"INTROSPECTION_PERMISSION", jwtLike}, "public-values", toFix,
			[]string{"INTROSPECTION_PERMISSION"}},
		"published": {[]string{"NEXT_PUBLIC_KINDE_SECRET", kindetest.ClientSecret}, "public-values", toFix,
			[]string{"NEXT_PUBLIC_KINDE_SECRET", "site builders"}},
		"published by name":    {[]string{"VITE_CLIENT_SECRET", "x"}, "public-values", toFix, []string{"VITE_CLIENT_SECRET"}},
		"published and public": {[]string{"VITE_KINDE_ISSUER", p.URL}, "public-values", isOK, nil},
	}
}

// pairFaults returns changes to settings that belong together.
func pairFaults(p *tenant) map[string]setting {
	return map[string]setting{
		"one id for two": {[]string{"KINDE_DEVICE_CLIENT_ID", kindetest.ClientID}, "applications", toFix,
			[]string{"KINDE_DEVICE_CLIENT_ID is the same as KINDE_CLIENT_ID"}},
		"one secret for two": {[]string{"KINDE_M2M_CLIENT_SECRET", kindetest.ClientSecret}, "applications", toFix,
			[]string{"KINDE_M2M_CLIENT_SECRET is the same"}},
		"apps, no machine": {[]string{"KINDE_M2M_CLIENT_ID", "", "KINDE_M2M_CLIENT_SECRET", ""}, "pairs", toFix,
			[]string{"CONNECTED_APPS", "your_m2m_client_id"}},
		"permission alone": {[]string{"KINDE_M2M_CLIENT_ID", "", "KINDE_M2M_CLIENT_SECRET", "", "CONNECTED_APPS", "",
			"INTROSPECTION_PERMISSION", "x"}, "pairs", isNote, nil},
		"custom, no machine": {[]string{"KINDE_ISSUER_URL", "https://auth.invalid", "KINDE_M2M_CLIENT_ID", "",
			"KINDE_M2M_CLIENT_SECRET", "", "CONNECTED_APPS", ""}, "management-url", isNote, nil},
		"custom, machine": {[]string{"KINDE_ISSUER_URL", "https://auth.invalid"}, "management-url", toFix,
			[]string{"KINDE_MANAGEMENT_URL https://your_subdomain.kinde.com"}},
		"custom, both custom": {[]string{"KINDE_ISSUER_URL", "https://auth.invalid", "KINDE_MANAGEMENT_URL",
			"https://auth.invalid"}, "management-url", toFix, []string{"not a kinde.com address"}},
		"custom, right": {[]string{"KINDE_ISSUER_URL", "https://auth.invalid", "KINDE_MANAGEMENT_URL", p.URL},
			"management-url", isOK, nil},

		"site is tenant": {[]string{"KINDE_SITE_URL", p.URL}, "site-and-origins", toFix,
			[]string{"the tenant and not the site"}},
		"preview": {[]string{"KINDE_SITE_URL", "https://deploy-preview-1--acme.netlify.app"},
			"site-and-origins", isNote, []string{"deploy preview"}},
		"own origin":     {[]string{"ALLOWED_ORIGINS", site}, "site-and-origins", isNote, []string{"always allowed"}},
		"tenant allowed": {[]string{"ALLOWED_ORIGINS", p.URL}, "site-and-origins", toFix, []string{"ALLOWED_ORIGINS"}},
		"localhost": {[]string{"ALLOWED_ORIGINS", "http://localhost:3000"}, "site-and-origins", isNote,
			[]string{"users' own machines"}},
		"path": {[]string{"AFTER_LOGIN_PATH", "/a/../b"}, "return-paths", toFix,
			[]string{"AFTER_LOGIN_PATH", "dot segment"}},
		"apis without audience": {[]string{"PROXY_APIS", "a=" + p.URL}, "pairs", isNote, []string{"KINDE_AUDIENCE is not"}},
	}
}

// signInFaults returns changes to what sign-in needs, and names that no function reads.
func signInFaults(p *tenant) map[string]setting {
	return map[string]setting{
		"no keys": {[]string{"SESSION_KEYS", ""}, "sign-in", toFix,
			[]string{"SESSION_KEYS is not set: no user can sign in", "openssl rand", "--tokens-only"}},
		"no secret and no keys": {[]string{"SESSION_KEYS", "", "KINDE_CLIENT_SECRET", ""}, "sign-in", toFix,
			[]string{"KINDE_CLIENT_SECRET and SESSION_KEYS are not set: no user can sign in", "your_client_secret",
				"--tokens-only"}},
		"keys without secret": {[]string{"KINDE_CLIENT_SECRET", ""}, "sign-in", isSkipped,
			[]string{"because of settings.KINDE_CLIENT_SECRET"}},
		"secret and keys": {nil, "sign-in", isOK, nil},

		"misspelled, meant one set": {[]string{"KINDE_CLIENTID", "x", "KINDE_ELSE", "y"}, "unknown", isNote,
			[]string{"KINDE_CLIENTID, KINDE_ELSE", "KINDE_CLIENT_ID is set", "Remove KINDE_ELSE"}},
		"misspelled, meant one unset": {[]string{"SESSION_KEYS", "", "SESSION_KEY", newKey(), "REDIS_URI", "x"}, "unknown",
			toFix,
			[]string{"REDIS_URI (meant is REDIS_URL?), SESSION_KEY (meant is SESSION_KEYS?)", "Rename SESSION_KEY",
				"openssl rand"}},
		"name of another SDK": {[]string{"KINDE_ISSUER_URL", "", "KINDE_DOMAIN", p.URL}, "unknown", toFix,
			[]string{"KINDE_DOMAIN (meant is KINDE_ISSUER_URL?)"}},
		"client id alone": {[]string{"KINDE_ISSUER_URL", ""}, "KINDE_ISSUER_URL", toFix,
			[]string{"scripts/dev then runs its embedded Kinde"}},
		"scope by the SDK's name": {[]string{"KINDE_SCOPE", "openid offline"}, "unknown", isOK, nil},
	}
}

func TestFaultsOfSettingsAreFound(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	rows := settingFaults(p)
	for _, more := range []map[string]setting{valueFaults(p), pairFaults(p), signInFaults(p)} {
		maps.Copy(rows, more)
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCheck(t, p.check(t, row.changes...)["settings."+row.id], row.state, row.has...)
		})
	}
}

func TestHowToSetCoversSettings(t *testing.T) {
	for _, name := range settingNames() {
		steps := howToSet(name)
		if name != "INTROSPECTION_PERMISSION" && !strings.HasPrefix(steps[len(steps)-1].Run, "netlify env:set "+name+" ") {
			t.Errorf("%s: got %v, want netlify env:set at the end", name, steps)
		}
	}
}

func TestWithoutSettingsNamesThoseToSet(t *testing.T) {
	status, out, _ := command(t, "LOG_LEVEL=debug\n", nil)
	if status != 1 || !strings.Contains(out, "KINDE_ISSUER_URL=https://your_subdomain.kinde.com") ||
		!strings.Contains(out, "1 to fix") {
		t.Errorf("got %d %s", status, out)
	}
}

func TestMalformedEnvFileIsNotQuoted(t *testing.T) {
	status, out, said := command(t, "KINDE_CLIENT_ID=good\nbr0ken line\n", nil)
	if status != 2 || out != "" || !strings.Contains(said, ".env: a line is not NAME=value") ||
		strings.Contains(said, "br0ken") {
		t.Errorf("got %d %s %s", status, out, said)
	}
}

// Without a client secret and session keys no user can sign in, which must not pass as
// success.
func TestTokensOnlyIsOptIn(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	env := maps.Clone(p.env)
	env["KINDE_CLIENT_SECRET"], env["SESSION_KEYS"] = "", ""
	status, out, _ := command(t, dotenv(env), nil)
	if one := strings.Join(strings.Fields(out), " "); status != 1 || !strings.Contains(one, "FIX") ||
		!strings.Contains(one, "no user can sign in") {
		t.Errorf("without --tokens-only: got %d %s", status, out)
	}
	if status, out, _ := command(t, dotenv(env), nil, "--tokens-only"); status != 0 ||
		!strings.Contains(out, "access tokens alone") {
		t.Errorf("with --tokens-only: got %d %s", status, out)
	}
}

// A misspelled name in the environment is found as one in .env is.
func TestMisspelledNameOfEnvironment(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	env := maps.Clone(p.env)
	delete(env, "SESSION_KEYS")
	status, out, _ := command(t, dotenv(env), map[string]string{"SESSION_KEY": newKey(), "PATH": "/bin", "EDITOR": "vi"})
	if status != 1 || !strings.Contains(out, "SESSION_KEY (meant is SESSION_KEYS?)") || strings.Contains(out, "EDITOR") {
		t.Errorf("got %d %s", status, out)
	}
}

func TestEnvironmentOverridesEnvFile(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	env := maps.Clone(p.env)
	delete(env, "KINDE_CLIENT_SECRET")
	if status, out, _ := command(t, dotenv(env),
		map[string]string{"KINDE_CLIENT_SECRET": kindetest.ClientSecret}); status != 0 {
		t.Errorf("got %d %s", status, out)
	}
	if status, out, _ := command(t, dotenv(p.env),
		map[string]string{"KINDE_CLIENT_SECRET": "other-than-that"}); status != 1 ||
		!strings.Contains(out, "invalid_client") {
		t.Errorf("got %d %s", status, out)
	}
}
