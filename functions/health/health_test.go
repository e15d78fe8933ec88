package main

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"

	"kinde-functions/shared/config"
)

type status struct {
	Version        string
	Missing, Wrong []string
	Off            map[string][]string
}

// get returns the response in an environment with these settings alone.
func get(t *testing.T, settings map[string]string) (got status) {
	t.Helper()
	for _, setting := range config.All() {
		t.Setenv(setting.Name(), settings[setting.Name()])
	}
	for _, name := range []string{"URL", "KINDE_SCOPE", "KINDE_FUNCTIONS_SET"} {
		t.Setenv(name, settings[name])
	}
	w := httptest.NewRecorder()
	function.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/api/health", nil))
	var members map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &members); w.Code != 200 || err != nil || len(members) != 4 {
		t.Fatalf("got %d %s, want 200", w.Code, w.Body)
	}
	for name, value := range members {
		if string(value) == "null" {
			t.Errorf("%s: got null, want a list", name)
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Version != "dev" {
		t.Fatalf("got %v %s", err, w.Body)
	}
	return got
}

func TestHealthServesWithFaultySettings(t *testing.T) {
	got := get(t, nil)
	if !slices.Equal(got.Missing, []string{"KINDE_ISSUER_URL", "KINDE_CLIENT_ID", "KINDE_SITE_URL"}) ||
		len(got.Wrong) != 0 {
		t.Errorf("nothing set: got %+v", got)
	}
	got = get(t, map[string]string{
		"KINDE_ISSUER_URL": "https://acme.kinde.com", "KINDE_CLIENT_ID": "c", "URL": "https://site.example",
	})
	if len(got.Missing)+len(got.Wrong) != 0 {
		t.Errorf("required ones set: got %+v", got)
	}
	got = get(t, map[string]string{
		"KINDE_ISSUER_URL": "https://acme.kinde.com/", "KINDE_CLIENT_ID": "c", "KINDE_SITE_URL": "https://site.example",
		"LOG_LEVEL": "loud", "ALLOWED_ORIGINS": "*", "UPSTREAM_TIMEOUT": "5", "PREVIEW_ORIGINS": "https://*",
	})
	slices.Sort(got.Wrong)
	want := []string{"ALLOWED_ORIGINS", "KINDE_ISSUER_URL", "LOG_LEVEL", "PREVIEW_ORIGINS", "UPSTREAM_TIMEOUT"}
	if len(got.Missing) != 0 || !slices.Equal(got.Wrong, want) {
		t.Errorf("malformed ones: got %+v", got)
	}
}

// A site without SESSION_KEYS serves tokens alone: nothing is missing, and sign-in is off.
func TestHealthListsDisabledCapabilities(t *testing.T) {
	got := get(t, map[string]string{
		"KINDE_ISSUER_URL": "https://acme.kinde.com", "KINDE_CLIENT_ID": "c", "URL": "https://site.example",
		"KINDE_CLIENT_SECRET": "s", "KINDE_DEVICE_CLIENT_ID": "d",
	})
	if len(got.Missing) != 0 || !slices.Equal(got.Off["sessions"], []string{"SESSION_KEYS"}) {
		t.Errorf("got %+v", got)
	}
	for _, name := range []string{"device", "revocation"} {
		if _, off := got.Off[name]; off {
			t.Errorf("%s is off: %v", name, got.Off[name])
		}
	}
	got = get(t, map[string]string{"KINDE_FUNCTIONS_SET": "KINDE_ISSUER_URL,KINDE_CLIENT_ID,KINDE_SITE_URL," +
		"KINDE_CLIENT_SECRET,SESSION_KEYS"})
	if len(got.Missing) != 0 || got.Off["sessions"] != nil || reflect.DeepEqual(got.Off, map[string][]string{}) {
		t.Errorf("settings of other functions: got %+v", got)
	}
}
