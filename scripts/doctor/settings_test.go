package main

import (
	"maps"
	"strings"
	"testing"

	"kinde-functions/shared/kindetest"
)

// One fault in otherwise good settings: which check says what, and how it is mended.
// setting is a change to good settings, and what the check of that id must say of it.
type setting struct {
	changes []string
	id      string
	state   state
	says    []string
}

// settingFaults are changes to a patient's settings.
func settingFaults(p *patient) map[string]setting {
	const jwtLike = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJrcCJ9.c2lnbmF0dXJl"
	return map[string]setting{
		"slash":           {[]string{"KINDE_ISSUER_URL", p.URL + "/"}, "KINDE_ISSUER_URL", toMend, []string{"ends in a slash", "netlify env:set KINDE_ISSUER_URL " + p.URL + `"`}},
		"space":           {[]string{"KINDE_ISSUER_URL", p.URL + " "}, "KINDE_ISSUER_URL", toMend, []string{"space", "env:set KINDE_ISSUER_URL " + p.URL + `"`}},
		"capitals":        {[]string{"KINDE_SITE_URL", "https://Site.Example"}, "KINDE_SITE_URL", toMend, []string{"lower case", "env:set KINDE_SITE_URL https://site.example"}},
		"audience as URL": {[]string{"KINDE_MANAGEMENT_URL", p.URL + "/api"}, "KINDE_MANAGEMENT_URL", toMend, []string{"env:set KINDE_MANAGEMENT_URL " + p.URL + `"`}},
		"missing":         {[]string{"KINDE_CLIENT_ID", ""}, "KINDE_CLIENT_ID", toMend, []string{"not set, and needed", "Client ID"}},
		"line break":      {[]string{"KINDE_CLIENT_SECRET", "abcdefgh\n"}, "KINDE_CLIENT_SECRET", toMend, []string{"again without the space or line break", "--secret"}},
		"half":            {[]string{"KINDE_M2M_CLIENT_SECRET", ""}, "KINDE_M2M_CLIENT_SECRET", toMend, []string{"not set, and needed", "machine-to-machine"}},
		"keys alone":      {[]string{"KINDE_CLIENT_SECRET", ""}, "KINDE_CLIENT_SECRET", toMend, []string{"not set, and needed"}},
		"no site":         {[]string{"KINDE_SITE_URL", ""}, "KINDE_SITE_URL", isNote, []string{"on Netlify URL serves"}},
		"site by URL":     {[]string{"KINDE_SITE_URL", "", "URL", site}, "KINDE_SITE_URL", isOK, []string{"URL serves"}},
		"origins":         {[]string{"ALLOWED_ORIGINS", "https://a.example,*"}, "ALLOWED_ORIGINS", toMend, []string{"entry 2", "no star"}},
		"redis":           {[]string{"REDIS_URL", "redis://host:6379/nine"}, "REDIS_URL", toMend, []string{"must end with the host"}},
		"rate":            {[]string{"RATE_LIMIT", "100"}, "RATE_LIMIT", toMend, []string{"100/15m"}},
		"every other":     {[]string{"UPSTREAM_TIMEOUT", "5", "LOG_LEVEL", "loud", "AFTER_PORTAL_PATH", "access", "CONNECTED_APPS", "a b"}, "CONNECTED_APPS", toMend, []string{"key code ref"}},

		"short key":    {[]string{"SESSION_KEYS", "c2hvcnQ="}, "SESSION_KEYS", toMend, []string{"32 bytes", "openssl rand -base64 32"}},
		"repeated key": {[]string{"SESSION_KEYS", p.env["SESSION_KEYS"] + "," + p.env["SESSION_KEYS"]}, "SESSION_KEYS", toMend, []string{"entry 2 repeats"}},
		"typed key":    {[]string{"SESSION_KEYS", newKey() + ",MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}, "session-keys-random", toMend, []string{"entry 2", "openssl rand"}},
		"pattern key":  {[]string{"SESSION_KEYS", "AAECAwABAgMAAQIDAAECAwABAgMAAQIDAAECAwABAgM="}, "session-keys-random", toMend, nil},
		"no keys":      {[]string{"SESSION_KEYS", ""}, "pairs", isNote, []string{"no cookie sessions", "openssl rand"}},

		"secret as id":         {[]string{"KINDE_CLIENT_ID", kindetest.ClientSecret}, "public-values", toMend, []string{"KINDE_CLIENT_ID holds", "make a new one"}},
		"secret among scopes":  {[]string{"PROTECTED_RESOURCE_SCOPES", "read aB3" + strings.Repeat("xY4z", 12)}, "public-values", toMend, []string{"PROTECTED_RESOURCE_SCOPES"}},
		"token":                {[]string{"INTROSPECTION_PERMISSION", jwtLike}, "public-values", toMend, []string{"INTROSPECTION_PERMISSION"}},
		"published":            {[]string{"NEXT_PUBLIC_KINDE_SECRET", kindetest.ClientSecret}, "public-values", toMend, []string{"NEXT_PUBLIC_KINDE_SECRET", "site builders"}},
		"published by name":    {[]string{"VITE_CLIENT_SECRET", "x"}, "public-values", toMend, []string{"VITE_CLIENT_SECRET"}},
		"published and public": {[]string{"VITE_KINDE_ISSUER", p.URL}, "public-values", isOK, nil},

		"one id for two":      {[]string{"KINDE_DEVICE_CLIENT_ID", kindetest.ClientID}, "applications", toMend, []string{"KINDE_DEVICE_CLIENT_ID is the same as KINDE_CLIENT_ID"}},
		"one secret for two":  {[]string{"KINDE_M2M_CLIENT_SECRET", kindetest.ClientSecret}, "applications", toMend, []string{"KINDE_M2M_CLIENT_SECRET is the same"}},
		"apps, no machine":    {[]string{"KINDE_M2M_CLIENT_ID", "", "KINDE_M2M_CLIENT_SECRET", ""}, "pairs", toMend, []string{"CONNECTED_APPS", "your_m2m_client_id"}},
		"permission alone":    {[]string{"KINDE_M2M_CLIENT_ID", "", "KINDE_M2M_CLIENT_SECRET", "", "CONNECTED_APPS", "", "INTROSPECTION_PERMISSION", "x"}, "pairs", isNote, nil},
		"custom, no machine":  {[]string{"KINDE_ISSUER_URL", "https://auth.invalid", "KINDE_M2M_CLIENT_ID", "", "KINDE_M2M_CLIENT_SECRET", "", "CONNECTED_APPS", ""}, "management-url", isNote, nil},
		"custom, machine":     {[]string{"KINDE_ISSUER_URL", "https://auth.invalid"}, "management-url", toMend, []string{"KINDE_MANAGEMENT_URL https://your_subdomain.kinde.com"}},
		"custom, both custom": {[]string{"KINDE_ISSUER_URL", "https://auth.invalid", "KINDE_MANAGEMENT_URL", "https://auth.invalid"}, "management-url", toMend, []string{"not a kinde.com address"}},
		"custom, right":       {[]string{"KINDE_ISSUER_URL", "https://auth.invalid", "KINDE_MANAGEMENT_URL", p.URL}, "management-url", isOK, nil},

		"site is tenant": {[]string{"KINDE_SITE_URL", p.URL}, "site-and-origins", toMend, []string{"the tenant and not the site"}},
		"preview":        {[]string{"KINDE_SITE_URL", "https://deploy-preview-1--acme.netlify.app"}, "site-and-origins", isNote, []string{"deploy preview"}},
		"own origin":     {[]string{"ALLOWED_ORIGINS", site}, "site-and-origins", isNote, []string{"needs no mention"}},
		"tenant allowed": {[]string{"ALLOWED_ORIGINS", p.URL}, "site-and-origins", toMend, []string{"ALLOWED_ORIGINS"}},
		"localhost":      {[]string{"ALLOWED_ORIGINS", "http://localhost:3000"}, "site-and-origins", isNote, []string{"visitors' own machines"}},
		"path":           {[]string{"AFTER_LOGIN_PATH", "/a/../b"}, "return-paths", toMend, []string{"AFTER_LOGIN_PATH", "dot segment"}},
		"misspelt":       {[]string{"KINDE_CLIENTID", "x", "Redis_URL", "y"}, "unknown", isNote, []string{"KINDE_CLIENTID, Redis_URL"}},
	}
}

func TestSettings(t *testing.T) {
	const prefix = "settings."
	p := newPatient(t, kindetest.Options{})
	for name, row := range settingFaults(p) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := p.examined(t, row.changes...)[prefix+row.id]
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

func TestSettingsSayHowToSetEachOfThem(t *testing.T) {
	for _, name := range settingNames() {
		steps := howToSet(name)
		if name != "INTROSPECTION_PERMISSION" && !strings.HasPrefix(steps[len(steps)-1].Run, "netlify env:set "+name+" ") {
			t.Errorf("%s: %v", name, steps)
		}
	}
}

func TestNoSettings(t *testing.T) {
	status, out, _ := command(t, "LOG_LEVEL=debug\n", nil)
	if status != 1 || !strings.Contains(out, "KINDE_ISSUER_URL=https://your_subdomain.kinde.com") || !strings.Contains(out, "1 to mend") {
		t.Errorf("%d %s", status, out)
	}
	if status, out, said := command(t, "KINDE_CLIENT_ID=good\nbr0ken line\n", nil); status != 2 || out != "" || !strings.Contains(said, "line 2") || strings.Contains(said, "br0ken") {
		t.Errorf("%d %s %s", status, out, said)
	}
}

// Settings of .env count, and the environment's before them.
func TestSettingsOfFileAndEnvironment(t *testing.T) {
	p := newPatient(t, kindetest.Options{})
	env := maps.Clone(p.env)
	delete(env, "KINDE_CLIENT_SECRET")
	if status, out, _ := command(t, dotenv(env), map[string]string{"KINDE_CLIENT_SECRET": kindetest.ClientSecret}); status != 0 {
		t.Errorf("%d %s", status, out)
	}
	if status, out, _ := command(t, dotenv(p.env), map[string]string{"KINDE_CLIENT_SECRET": "other-than-that"}); status != 1 || !strings.Contains(out, "invalid_client") {
		t.Errorf("%d %s", status, out)
	}
}
