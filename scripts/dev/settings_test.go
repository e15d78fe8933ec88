package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/kindetest"
)

func from(env map[string]string) workplace.Lookup {
	return func(name string) (string, bool) {
		value, set := env[name]
		return value, set
	}
}

func TestLoadSettings(t *testing.T) {
	root := t.TempDir()
	put(t, root, ".env", "KINDE_ISSUER_URL=https://file.kinde.com\nKINDE_CLIENT_ID=file\nFUTURE_SETTING=file\nLOG_LEVEL=debug\n")
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
		t.Errorf("settings %q, want %q", got, want)
	}
	if !got.hasTenant() {
		t.Error("KINDE_ISSUER_URL in .env does not count")
	}
	// An empty variable sends one back to the embedded Kinde without an edit.
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
func parse(env []string) map[string]string {
	out := map[string]string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		out[name] = value
	}
	return out
}

func TestEnvironmentForATenant(t *testing.T) {
	s := settings{"KINDE_ISSUER_URL": "https://t.kinde.com", "KINDE_CLIENT_ID": "id", "KINDE_CLIENT_SECRET": "s3cret", "RATE_LIMIT": "off"}
	got := parse(s.environment(nil, "http://localhost:8888"))
	if len(got["SESSION_KEYS"]) != 44 {
		t.Errorf("SESSION_KEYS has %d characters, want base64 of 32 bytes", len(got["SESSION_KEYS"]))
	}
	if again := parse(s.environment(nil, "")); again["SESSION_KEYS"] == got["SESSION_KEYS"] {
		t.Error("SESSION_KEYS is the same in two runs")
	}
	delete(got, "SESSION_KEYS")
	want := map[string]string{
		"KINDE_ISSUER_URL": "https://t.kinde.com", "KINDE_CLIENT_ID": "id", "KINDE_SITE_URL": "http://localhost:8888",
		"KINDE_CLIENT_SECRET": "s3cret", "RATE_LIMIT": "off", "PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": ":UTC",
	}
	if !maps.Equal(got, want) {
		t.Errorf("environment %v, want %v", got, want)
	}
	s["SESSION_KEYS"], s["KINDE_SITE_URL"] = "mine", "https://mine.test"
	if got = parse(s.environment(nil, "http://localhost:8888")); got["SESSION_KEYS"] != "mine" || got["KINDE_SITE_URL"] != "https://mine.test" {
		t.Errorf("the caller's own settings were replaced: %v", got)
	}
	if got = parse(settings{"KINDE_ISSUER_URL": "https://t.kinde.com"}.environment(nil, "")); got["SESSION_KEYS"] != "" {
		t.Error("SESSION_KEYS without a client secret keeps every function from serving")
	}
}

func TestEnvironmentForTheEmbeddedKinde(t *testing.T) {
	kinde, err := kindetest.Serve(kindetest.Options{Site: "http://localhost:8888"})
	if err != nil {
		t.Fatal(err)
	}
	defer kinde.Close()
	s := settings{"KINDE_AUDIENCE": "of another tenant", "KINDE_CLIENT_ID": "another", "LOG_LEVEL": "debug", "KINDE_SCOPES": "openid read:reports"}
	got := parse(s.environment(kinde, "http://localhost:8888"))
	for name, want := range map[string]string{
		"KINDE_ISSUER_URL": kinde.URL, "KINDE_CLIENT_ID": kindetest.ClientID, "KINDE_CLIENT_SECRET": kindetest.ClientSecret,
		"KINDE_M2M_CLIENT_ID": kindetest.M2MClientID, "KINDE_DEVICE_CLIENT_ID": kindetest.DeviceClientID,
		"KINDE_SITE_URL": "http://localhost:8888", "LOG_LEVEL": "debug", "KINDE_AUDIENCE": "", "KINDE_SCOPES": "openid read:reports",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
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
	for _, want := range []string{"KINDE_ISSUER_URL ", "KINDE_CLIENT_ID is not set", "KINDE_CLIENT_SECRET is not set: nobody can sign in", "KINDE_SITE_URL is https://live.test"} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("screen %q, want %q on it", screen, want)
		}
	}
	if strings.Contains(screen.String(), "s3cret") {
		t.Errorf("screen %q shows a value", screen)
	}
	quiet := &screenshot{}
	settings{"KINDE_ISSUER_URL": "https://t.kinde.com", "KINDE_CLIENT_ID": "id", "KINDE_CLIENT_SECRET": "secret"}.warn(&terminal{out: quiet}, "http://localhost:8888")
	if quiet.String() != "" {
		t.Errorf("screen %q over settings that work", quiet)
	}
}
