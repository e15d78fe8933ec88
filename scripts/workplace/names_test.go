package workplace

import "testing"

func TestMisspelledFindsIntendedSetting(t *testing.T) {
	for name, want := range map[string]string{
		"SESSION_KEY": "SESSION_KEYS", "SESION_KEYS": "SESSION_KEYS", "session_keys": "SESSION_KEYS",
		"KINDE_CLIENTID": "KINDE_CLIENT_ID", "KINDE_ISSUER_URI": "KINDE_ISSUER_URL", "KINDE_SITE_URLS": "KINDE_SITE_URL",
		"REDIS_URI": "REDIS_URL", "Redis_URL": "REDIS_URL", "GATE_KEY": "GATE_KEYS", "PROXY_API": "PROXY_APIS",
		"KINDE_DOMAIN": "KINDE_ISSUER_URL", "KINDE_POST_LOGOUT_REDIRECT_URL": "AFTER_LOGOUT_PATH",
		"KINDE_ANYTHING_ELSE": "", "kinde_x": "",
	} {
		if got, misspelled := Misspelled(name); got != want || !misspelled {
			t.Errorf("Misspelled(%q) = %q, %v; want %q, true", name, got, misspelled, want)
		}
	}
}

func TestMisspelledLeavesOtherNamesAlone(t *testing.T) {
	for _, name := range []string{
		"SESSION_KEYS", "KINDE_CLIENT_ID", "KINDE_SCOPE", "KINDE_FUNCTIONS_SET", "URL", "URI", "PATH", "HOME", "SESSION",
		"LOGLEVELS_OF_OTHERS", "SESSION_MANAGER", "VITE_KINDE_DOMAIN", "NEXT_PUBLIC_KINDE_CLIENT_ID", "",
	} {
		if got, misspelled := Misspelled(name); misspelled {
			t.Errorf("Misspelled(%q) = %q, true; want false", name, got)
		}
	}
}

func TestOtherNamesAreNoSettings(t *testing.T) {
	for name := range otherNames {
		if _, misspelled := Misspelled(name); !misspelled {
			t.Errorf("Misspelled(%q) = false, want true", name)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "axc", 1}, {"abc", "ac", 1}, {"abcd", "bc", 2},
		{"kitten", "sitting", 3}} {
		if got := distance(row.a, row.b); got != row.want {
			t.Errorf("distance(%q, %q) = %d, want %d", row.a, row.b, got, row.want)
		}
		if got := distance(row.b, row.a); got != row.want {
			t.Errorf("distance(%q, %q) = %d, want %d", row.b, row.a, got, row.want)
		}
	}
}
