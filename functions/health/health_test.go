package main

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"
)

func report(t *testing.T, settings map[string]string) (missing, wrong []string) {
	t.Helper()
	for _, name := range []string{"KINDE_ISSUER_URL", "KINDE_CLIENT_ID", "KINDE_SITE_URL", "URL", "UPSTREAM_TIMEOUT", "LOG_LEVEL", "ALLOWED_ORIGINS"} {
		t.Setenv(name, settings[name])
	}
	w := httptest.NewRecorder()
	function.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/api/health", nil))
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &answer); w.Code != 200 || err != nil || len(answer) != 3 || string(answer["version"]) != `"dev"` {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for name, list := range map[string]*[]string{"missing": &missing, "wrong": &wrong} {
		if err := json.Unmarshal(answer[name], list); err != nil || *list == nil {
			t.Fatalf("%s: %s", name, answer[name])
		}
	}
	return missing, wrong
}

func TestHealthNamesSettingsAndServesWhateverIsWrong(t *testing.T) {
	missing, wrong := report(t, nil)
	if !slices.Equal(missing, []string{"KINDE_ISSUER_URL", "KINDE_CLIENT_ID", "KINDE_SITE_URL"}) || len(wrong) != 0 {
		t.Errorf("missing %v wrong %v", missing, wrong)
	}
	missing, wrong = report(t, map[string]string{"KINDE_ISSUER_URL": "https://acme.kinde.com", "KINDE_CLIENT_ID": "c", "URL": "https://site.example"})
	if len(missing)+len(wrong) != 0 {
		t.Errorf("missing %v wrong %v", missing, wrong)
	}
	missing, wrong = report(t, map[string]string{"KINDE_ISSUER_URL": "https://acme.kinde.com/", "KINDE_CLIENT_ID": "c", "KINDE_SITE_URL": "https://site.example",
		"LOG_LEVEL": "loud", "ALLOWED_ORIGINS": "*", "UPSTREAM_TIMEOUT": "5"})
	slices.Sort(wrong)
	if len(missing) != 0 || !slices.Equal(wrong, []string{"ALLOWED_ORIGINS", "KINDE_ISSUER_URL", "LOG_LEVEL", "UPSTREAM_TIMEOUT"}) {
		t.Errorf("missing %v wrong %v", missing, wrong)
	}
}
