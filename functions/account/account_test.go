package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

func start(t *testing.T) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{})
}

// get returns the members of a successful response.
func get(t *testing.T, f *functiontest.Fixture, target string) map[string]json.RawMessage {
	t.Helper()
	w := f.SignedIn(target)
	var members map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &members); w.Code != 200 || err != nil {
		t.Fatalf("%s: got %d %s, want 200", target, w.Code, w.Body)
	}
	return members
}

func names[V any](m map[string]V) []string {
	var found []string
	for name := range m {
		found = append(found, name)
	}
	slices.Sort(found)
	return found
}

var all = []string{"entitlements", "feature_flags", "permissions", "profile", "properties", "roles"}

func TestAllPartsByDefault(t *testing.T) {
	f := start(t)
	parts := get(t, f, "/api/account")
	if got := names(parts); !slices.Equal(got, all) {
		t.Errorf("got parts %v, want %v", got, all)
	}
	var entitlements struct {
		Data struct {
			OrgCode      string `json:"org_code"`
			Entitlements []struct {
				Key string `json:"feature_key"`
			}
		}
		Metadata map[string]any
	}
	if err := json.Unmarshal(parts["entitlements"], &entitlements); err != nil ||
		len(entitlements.Data.Entitlements) != 23 ||
		entitlements.Data.OrgCode != kindetest.DemoOrg || entitlements.Metadata["has_more"] != false {
		t.Errorf("got entitlements %s, want all 23", parts["entitlements"])
	}
	var profile struct{ Sub string }
	if err := json.Unmarshal(parts["profile"], &profile); err != nil || profile.Sub != kindetest.DemoUser {
		t.Errorf("got profile %s, want %s", parts["profile"], kindetest.DemoUser)
	}
}

func TestIncludedPartsAreFetchedOnce(t *testing.T) {
	f := start(t)
	got := names(get(t, f, "/api/account?include=roles,profile,roles"))
	if want := []string{"profile", "roles"}; !slices.Equal(got, want) {
		t.Errorf("got parts %v, want %v", got, want)
	}
	if n := len(f.Calls("/account_api/")) + len(f.Calls("/oauth2/")); n != 2 {
		t.Errorf("got %d calls for two parts, want 2", n)
	}
}

func TestUnknownPartsAreRefused(t *testing.T) {
	f := start(t)
	for _, include := range []string{"", ",", "roles,", "role", "roles,secrets", "Profile", "feature-flags", " roles"} {
		w := f.SignedIn("/api/account?include=" + strings.ReplaceAll(include, " ", "%20"))
		if w.Code != 400 || !strings.Contains(w.Body.String(), "`include`") || strings.Contains(w.Body.String(), "secrets") {
			t.Errorf("%q: got %d %s, want 400", include, w.Code, w.Body)
		}
	}
	if n := len(f.Calls("/account_api/")); n != 0 {
		t.Errorf("got %d calls, want 0", n)
	}
}

func TestFailedPartsAreReportedInErrors(t *testing.T) {
	f := start(t)
	f.Fault("/account_api/v1/roles", kindetest.Fault{Hang: true})
	f.Fault("/account_api/v1/permissions",
		kindetest.Fault{Status: 404, Body: kindetest.ErrorBody(kindetest.ShapeB, "ROUTE_NOT_FOUND", "m")})
	parts := get(t, f, "/api/account")
	want := []string{"entitlements", "errors", "feature_flags", "profile", "properties"}
	if got := names(parts); !slices.Equal(got, want) {
		t.Errorf("got parts %v, want %v", got, want)
	}
	var failed map[string]struct {
		Code      string
		Status    int
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(parts["errors"], &failed); err != nil || len(failed) != 2 ||
		failed["roles"].Code != "upstream-timeout" || failed["roles"].Status != 504 ||
		failed["permissions"].Code != "upstream-misconfigured" || failed["roles"].RequestID == "" {
		t.Errorf("got errors %s, want roles upstream-timeout and permissions upstream-misconfigured", parts["errors"])
	}
	if log := f.Log(); !strings.Contains(log, "roles: upstream-timeout") || !strings.Contains(log, `"remedy"`) {
		t.Errorf("got log %s, want the failed part and the remedy", log)
	}
}

func TestFailureCommonToAllPartsIsTheResponse(t *testing.T) {
	f := start(t)
	f.Fault("/account_api/", kindetest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"60"}}})
	w := f.SignedIn("/api/account?include=roles,permissions")
	if w.Code != 429 || !strings.Contains(w.Body.String(), "upstream-throttled") || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d %s, want 429 with Retry-After", w.Code, w.Body)
	}
	f.ClearFaults()
	f.Fault("/account_api/v1/roles", kindetest.Fault{Status: 500})
	f.Fault("/account_api/v1/permissions", kindetest.Fault{Hang: true})
	if got := names(get(t, f, "/api/account?include=roles,permissions")); !slices.Equal(got, []string{"errors"}) {
		t.Errorf("got %v for two different failures, want errors", got)
	}
}

func TestPartsAreFetchedInParallel(t *testing.T) {
	f := start(t)
	get(t, f, "/api/account?include=roles") // fetches the keys
	const delay = 150 * time.Millisecond
	f.Fault("/", kindetest.Fault{Delay: delay})
	begin := time.Now()
	get(t, f, "/api/account")
	if took := time.Since(begin); took > 2*delay {
		t.Errorf("six parts with a delay of %v took %v, want at most %v", delay, took, 2*delay)
	}
}

func TestPanicInPartIsItsFailure(t *testing.T) {
	_, failures := fetch(t.Context(), "t", []part{{name: "cannot be fetched"}})
	if failures[0] == nil || failures[0].Code != "internal" {
		t.Errorf("got %v, want internal", failures[0])
	}
}
