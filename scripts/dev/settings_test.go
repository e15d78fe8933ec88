package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/local/kindetest"
)

func from(env map[string]string) workplace.Lookup {
	return func(name string) (string, bool) {
		value, set := env[name]
		return value, set
	}
}

func TestLoadSettings(t *testing.T) {
	root := t.TempDir()
	put(t, root, ".env", "KINDE_ISSUER_URL=https://file.kinde.com\nKINDE_CLIENT_ID=file\n"+
		"FUTURE_SETTING=file\nLOG_LEVEL=debug\n")
	got, err := loadSettings(root, from(map[string]string{
		"KINDE_CLIENT_ID": "environment", "LOG_LEVEL": "", "HTTPS_PROXY": "http://proxy.test",
		"FUTURE_SETTING": "environment", "HOME": "/home/x", "AWS_SECRET_ACCESS_KEY": "s3cret",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := settings{
		"KINDE_ISSUER_URL": "https://file.kinde.com", "KINDE_CLIENT_ID": "environment", "LOG_LEVEL": "",
		"FUTURE_SETTING": "environment", "HTTPS_PROXY": "http://proxy.test",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !got.hasTenant() {
		t.Error("KINDE_ISSUER_URL in .env does not count")
	}
	// An empty variable selects the embedded Kinde without an edit of .env.
	if got, err = loadSettings(root, from(map[string]string{"KINDE_ISSUER_URL": ""})); err != nil || got.hasTenant() {
		t.Errorf("tenant %v, error %v with an empty KINDE_ISSUER_URL", got.hasTenant(), err)
	}
	if got, err = loadSettings(t.TempDir(), from(nil)); err != nil || len(got) != 0 {
		t.Errorf("settings %v, error %v without .env", got, err)
	}
	put(t, root, ".env", "broken")
	if _, err = loadSettings(root, from(nil)); err == nil {
		t.Error("no error for a broken .env")
	}
}

// parse undoes what os/exec takes.
// sample is the sample API's origin.
const sample = "http://127.0.0.1:1"

func parse(env []string) map[string]string {
	out := map[string]string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		out[name] = value
	}
	return out
}

func TestEnvironmentForATenant(t *testing.T) {
	s := settings{
		"KINDE_ISSUER_URL": "https://t.kinde.com", "KINDE_CLIENT_ID": "id", "KINDE_CLIENT_SECRET": "s3cret",
		"RATE_LIMIT": "off",
	}
	got := parse(s.environment(nil, "http://localhost:8888", sample))
	if len(got["SESSION_KEYS"]) != 44 {
		t.Errorf("SESSION_KEYS has %d characters, want base64 of 32 bytes", len(got["SESSION_KEYS"]))
	}
	if again := parse(s.environment(nil, "", sample)); again["SESSION_KEYS"] == got["SESSION_KEYS"] {
		t.Error("SESSION_KEYS is the same in two runs")
	}
	delete(got, "SESSION_KEYS")
	want := map[string]string{
		"KINDE_ISSUER_URL": "https://t.kinde.com", "KINDE_CLIENT_ID": "id", "KINDE_SITE_URL": "http://localhost:8888",
		"KINDE_CLIENT_SECRET": "s3cret", "RATE_LIMIT": "off", "PATH": "/usr/local/bin:/usr/bin:/bin",
		"TZ": ":UTC", "PROXY_APIS": "sample=" + sample,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s["SESSION_KEYS"], s["KINDE_SITE_URL"] = "mine", "https://mine.test"
	got = parse(s.environment(nil, "http://localhost:8888", sample))
	if got["SESSION_KEYS"] != "mine" || got["KINDE_SITE_URL"] != "https://mine.test" {
		t.Errorf("got %v, want the developer's own settings", got)
	}
	got = parse(settings{"KINDE_ISSUER_URL": "https://t.kinde.com"}.environment(nil, "", sample))
	if got["SESSION_KEYS"] != "" {
		t.Error("SESSION_KEYS without a client secret keeps every function from serving")
	}
}

func TestEnvironmentForTheEmbeddedKinde(t *testing.T) {
	kinde, err := kindetest.Serve(kindetest.Options{Site: "http://localhost:8888"})
	if err != nil {
		t.Fatal(err)
	}
	defer kinde.Close()
	s := settings{
		"KINDE_AUDIENCE": "of another tenant", "KINDE_CLIENT_ID": "another", "LOG_LEVEL": "debug",
		"KINDE_SCOPES": "openid read:reports", "PROXY_APIS": "mine=https://api.test",
	}
	got := parse(s.environment(kinde, "http://localhost:8888", sample))
	for name, want := range map[string]string{
		"KINDE_ISSUER_URL": kinde.URL, "KINDE_CLIENT_ID": kindetest.ClientID, "KINDE_CLIENT_SECRET": kindetest.ClientSecret,
		"KINDE_M2M_CLIENT_ID": kindetest.M2MClientID, "KINDE_DEVICE_CLIENT_ID": kindetest.DeviceClientID,
		"KINDE_SITE_URL": "http://localhost:8888", "LOG_LEVEL": "debug", "KINDE_AUDIENCE": "",
		"KINDE_SCOPES": "openid read:reports", "PROXY_APIS": "mine=https://api.test",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	if got["CONNECTED_APPS"] == "" || len(got["SESSION_KEYS"]) != 44 {
		t.Errorf("CONNECTED_APPS or SESSION_KEYS is missing: %v", slices.Sorted(maps.Keys(got)))
	}
}

func TestWarn(t *testing.T) {
	screen := &screenshot{}
	s := settings{"KINDE_ISSUER_URL": "https://t.kinde.com/s3cret", "KINDE_SITE_URL": "https://live.test"}
	s.warn(&terminal{out: screen}, "http://localhost:8888")
	for _, want := range []string{
		"KINDE_ISSUER_URL ", "KINDE_CLIENT_ID is not set", "KINDE_CLIENT_SECRET is not set, so users cannot sign in",
		"KINDE_SITE_URL is https://live.test",
	} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("got %q, want %q", screen, want)
		}
	}
	if strings.Contains(screen.String(), "s3cret") {
		t.Errorf("got %q, want no value", screen)
	}
	quiet := &screenshot{}
	s = settings{"KINDE_ISSUER_URL": "https://t.kinde.com", "KINDE_CLIENT_ID": "id", "KINDE_CLIENT_SECRET": "secret"}
	s.warn(&terminal{out: quiet}, "http://localhost:8888")
	if quiet.String() != "" {
		t.Errorf("got %q for settings that work, want nothing", quiet)
	}
}
