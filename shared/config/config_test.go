package config

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
)

func environment(pairs ...string) Lookup {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestLoadReadsSettingsAndDefaults(t *testing.T) {
	got, err := Load(environment(
		"KINDE_ISSUER_URL", "https://auth.example.com",
		"KINDE_CLIENT_ID", "client",
		"KINDE_DEVICE_CLIENT_ID", "device",
		"URL", "https://site.example",
		"KINDE_AUDIENCE", "https://a.example, b",
		"ALLOWED_ORIGINS", "http://localhost:3000,https://app.example:8443",
		"LOG_LEVEL", "",
		"KINDE_CLIENT_SECRET", "secret",
		"KINDE_M2M_CLIENT_ID", "machine", "KINDE_M2M_CLIENT_SECRET", "secret",
		"INTROSPECTION_PERMISSION", "introspect:any",
		"CONNECTED_APPS", "google_drive, sample-2",
		"PROTECTED_RESOURCE_SCOPES", " read:reports  write:reports ",
		"SESSION_KEYS", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT8=, MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT4",
	), All()...)
	if err != nil {
		t.Fatal(err)
	}
	want := &Settings{
		Issuer: "https://auth.example.com", Management: "https://auth.example.com",
		ClientID: "client", DeviceClientID: "device", Site: "https://site.example",
		Audiences:       []string{"https://a.example", "b"},
		AllowedOrigins:  []string{"http://localhost:3000", "https://app.example:8443"},
		AfterPortalPath: "/access/", AfterLoginPath: "/", AfterLogoutPath: "/",
		Scopes: "openid profile email offline", ClientSecret: "secret",
		SessionKeys: [][]byte{[]byte("0123456789abcdef0123456789abcde?"), []byte("0123456789abcdef0123456789abcde>")},
		M2MClientID: "machine", M2MClientSecret: "secret", IntrospectionPermission: "introspect:any",
		ConnectedApps:   []string{"google_drive", "sample-2"},
		ProtectedScopes: []string{"read:reports", "write:reports"}, RateLimit: Rate{100, 15 * time.Minute},
		UpstreamTimeout: 5 * time.Second, LogLevel: slog.LevelInfo,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if ids := got.ClientIDs(); !reflect.DeepEqual(ids, []string{"client", "device"}) {
		t.Errorf("ClientIDs = %v", ids)
	}
}

func TestLoadReportsEveryFaultByName(t *testing.T) {
	_, err := Load(environment(
		"KINDE_ISSUER_URL", "https://leaked-value.example/",
		"UPSTREAM_TIMEOUT", "leaked-value",
		"KINDE_SITE_URL", "",
	), All()...)
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want Faults", err)
	}
	missing, wrong := faults.Split()
	if !reflect.DeepEqual(missing, []string{"KINDE_CLIENT_ID", "KINDE_SITE_URL"}) {
		t.Errorf("got missing %v, want KINDE_CLIENT_ID and KINDE_SITE_URL", missing)
	}
	if !reflect.DeepEqual(wrong, []string{"KINDE_ISSUER_URL", "UPSTREAM_TIMEOUT"}) {
		t.Errorf("got wrong %v, want KINDE_ISSUER_URL and UPSTREAM_TIMEOUT", wrong)
	}
	if strings.Contains(err.Error(), "leaked-value") || !strings.Contains(err.Error(), "slash") {
		t.Errorf("got %v, want the reason without the value", err)
	}
}

// Half of a pair makes the other half missing, for the functions that use it.
func TestLoadReportsMissingHalfOfPair(t *testing.T) {
	const keys = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT8="
	const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT8="
	required := []string{
		"KINDE_ISSUER_URL", "https://a.example", "KINDE_CLIENT_ID", "c", "KINDE_SITE_URL", "https://s.example",
	}
	for _, row := range [][4]string{
		{"SESSION_KEYS", keys, "KINDE_CLIENT_SECRET", "portal"},
		{"KINDE_M2M_CLIENT_ID", "m", "KINDE_M2M_CLIENT_SECRET", "introspect"},
		{"KINDE_M2M_CLIENT_SECRET", "s", "KINDE_M2M_CLIENT_ID", "connected-apps"},
		{"WEBHOOK_FORWARD_URL", "https://hooks.example", "WEBHOOK_FORWARD_SECRET", "webhooks"},
		{"WEBHOOK_FORWARD_SECRET", secret, "WEBHOOK_FORWARD_URL", "webhooks"},
	} {
		env := environment(append([]string{row[0], row[1]}, required...)...)
		for name, settings := range map[string][]Setting{"all": All(), row[3]: Of(row[3])} {
			_, err := Load(env, settings...)
			if err == nil || strings.Count(err.Error(), row[2]) != 1 {
				t.Errorf("%s set, settings of %s: got %v, want %s missing", row[0], name, err, row[2])
			}
		}
		if _, err := Load(env, Of("health")...); err != nil {
			t.Errorf("%s set, settings of health: got %v, want none", row[0], err)
		}
	}
}

func TestProtectedScopes(t *testing.T) {
	for _, value := range []string{"a,b", `a"b`, `a\b`, "ä", "a b\x00"} {
		if _, err := Load(environment("PROTECTED_RESOURCE_SCOPES", value), ProtectedScopes); err == nil {
			t.Errorf("PROTECTED_RESOURCE_SCOPES=%q: got nil, want an error", value)
		}
	}
}

func TestConnectedApps(t *testing.T) {
	for _, value := range []string{
		"a,", "a,,b", "a b", "a/b", "a.b", "ä", "a;b", "a=b", strings.Repeat("a", 65), "../a",
	} {
		if _, err := Load(environment("CONNECTED_APPS", value), ConnectedApps); err == nil {
			t.Errorf("CONNECTED_APPS=%q: got nil, want an error", value)
		}
	}
}

func TestFaultsSplitIsNeverNil(t *testing.T) {
	missing, wrong := Faults(nil).Split()
	if missing == nil || wrong == nil {
		t.Error("a JSON null in /api/health")
	}
}

func TestOrigins(t *testing.T) {
	good := []string{
		"https://acme.kinde.com", "https://a-b.example:8443", "http://localhost:8888", "http://127.0.0.1",
		"http://[::1]:8080",
	}
	for _, value := range good {
		if _, err := origin(value); err != nil {
			t.Errorf("origin(%q) = %v, want nil", value, err)
		}
	}
	bad := []string{
		"acme.kinde.com", "https://", "https://acme.kinde.com/", "https://acme.kinde.com/path", "https://ACME.kinde.com",
		"HTTPS://acme.kinde.com", "https://acme.kinde.com?", "https://acme.kinde.com?a=b", "https://acme.kinde.com#",
		"https://user@acme.kinde.com",
		"http://acme.kinde.com", "ftp://acme.kinde.com", "https://acme.kinde.com.", "https://acme.kinde.com:443",
		"http://localhost:80",
		"https://acme.kinde.com:", "https://acme.kinde.com:0", "https://acme.kinde.com:99999", "https://acme.kinde.com:0443",
		" https://acme.kinde.com", "https://acme.kinde.com\n", "https://ac%6de.kinde.com", "https://münchen.example",
		"https://*.example.com",
		"https://a..b", "http://localhost.evil.example", "null",
	}
	for _, value := range bad {
		if _, err := origin(value); err == nil {
			t.Errorf("origin(%q) = nil, want an error", value)
		}
	}
}

func TestLoadRefusesMalformedValues(t *testing.T) {
	for name, values := range map[string][]string{
		"KINDE_CLIENT_ID":   {"a b", "a\n", "é"},
		"KINDE_AUDIENCE":    {",", " ", "a,,b", "a,", "a ,, b", "é"},
		"ALLOWED_ORIGINS":   {"https://ok.example,https://bad.example/", "*"},
		"AFTER_PORTAL_PATH": {"access", "//evil.example", "https://evil.example", "/a b"},
		"UPSTREAM_TIMEOUT":  {"5", "0s", "-1s", "1h"},
		"LOG_LEVEL":         {"loud"},
		"SESSION_KEYS": {"short", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT8=,",
			"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT8,MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT8=",
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT9=", "????"},
		"KINDE_SCOPES":         {"profile email", "openid offline_access", " "},
		"REDIS_URL":            {"localhost:6379", "http://localhost", "redis://"},
		"KINDE_CLIENT_SECRET":  {"a b", "a\n"},
		"ORIGIN_SECRET":        {"short", strings.Repeat("a b ", 10)},
		"KINDE_MANAGEMENT_URL": {"https://acme.kinde.com/api"},
	} {
		for _, value := range values {
			_, err := Load(environment(name, value), only(name)...)
			var faults Faults
			if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Name != name || faults[0].Why == "" {
				t.Errorf("%s=%q: got %v, want one fault with a reason", name, value, err)
			}
		}
	}
}

// only finds one setting of All.
func only(name string) []Setting {
	for _, setting := range All() {
		if setting.Name() == name {
			return []Setting{setting}
		}
	}
	return nil
}

func TestSessionsNeedBothKeysAndSecret(t *testing.T) {
	const key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT8="
	for _, row := range []struct {
		uses         []Setting
		keys, secret string
		sessions     bool
		missing      []string
	}{
		{Of("portal"), "", "", false, []string{}},
		{Of("portal"), key, "s", true, []string{}},
		{Of("portal"), "", "s", false, []string{}}, // other functions use the secret too
		{Of("portal"), key, "", true, []string{"KINDE_CLIENT_SECRET"}},
		{Of("login"), "", "", false, []string{"KINDE_CLIENT_SECRET", "SESSION_KEYS"}},
		{Of("login"), key, "s", true, []string{}},
	} {
		s, err := Load(environment("KINDE_ISSUER_URL", "https://i.example", "KINDE_CLIENT_ID", "c",
			"KINDE_SITE_URL", "https://s.example",
			"SESSION_KEYS", row.keys, "KINDE_CLIENT_SECRET", row.secret), row.uses...)
		var faults Faults
		errors.As(err, &faults)
		missing, _ := faults.Split()
		if s.Sessions() != row.sessions || !reflect.DeepEqual(missing, row.missing) {
			t.Errorf("%+v: got sessions %v, missing %v", row, s.Sessions(), missing)
		}
	}
}

func TestRateLimit(t *testing.T) {
	for value, want := range map[string]Rate{
		"":             {100, 15 * time.Minute},
		"off":          {},
		"100/15m":      {100, 15 * time.Minute},
		"1/1s":         {1, time.Second},
		"1000000/24h":  {1_000_000, 24 * time.Hour},
		"7/1m30s":      {7, 90 * time.Second},
		"10000/86400s": {10_000, 24 * time.Hour},
	} {
		s, err := Load(environment("RATE_LIMIT", value), RateLimit)
		if err != nil || s.RateLimit != want {
			t.Errorf("RATE_LIMIT=%q: got %v, %v, want %v", value, s.RateLimit, err, want)
		}
	}
	for value, why := range map[string]string{
		"100": "such as 100/15m, or off", "/": "such as", "100/": "such as", "/15m": "such as", "100/15": "such as",
		"100 /15m": "such as", "100/ 15m": "such as", "0100/15m": "such as", "+100/15m": "such as", "1e3/15m": "such as",
		"1.5/15m": "such as", "100/15m/2": "such as",
		"100/15 min": "such as", "OFF": "such as", "false": "such as", "99999999999999999999/1s": "such as",
		"0/15m": "1 to 1000000 requests", "-1/15m": "1 to 1000000 requests", "1000001/15m": "1 to 1000000 requests",
		"100/0s": "1s to 24h", "100/-15m": "1s to 24h", "100/999ms": "1s to 24h", "100/24h1s": "1s to 24h",
	} {
		_, err := Load(environment("RATE_LIMIT", value), RateLimit)
		var faults Faults
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Name != "RATE_LIMIT" ||
			!strings.Contains(faults[0].Why, why) {
			t.Errorf("%q: %v, want %q", value, err, why)
		}
	}
}
