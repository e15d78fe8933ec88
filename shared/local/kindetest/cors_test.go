package kindetest

import (
	"net/http"
	"testing"
)

func TestPagesOfApplicationsMayCall(t *testing.T) {
	tn := newTenant(t)
	request := func(method, path, origin string) response {
		t.Helper()
		r, _ := http.NewRequest(method, tn.URL+path, nil)
		r.Header.Set("Origin", origin)
		if method == http.MethodOptions {
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "kinde-sdk")
		}
		return tn.do(r)
	}
	for _, path := range []string{"/oauth2/token", "/oauth2/v2/user_profile", "/.well-known/openid-configuration",
		"/.well-known/jwks", "/account_api/v1/permissions"} {
		for origin, allowed := range map[string]bool{DefaultSite: true, DefaultSite + ".evil.example": false, "null": false} {
			preflight, simple := request("OPTIONS", path, origin), request("GET", path, origin)
			for name, got := range map[string]response{"preflight": preflight, "request": simple} {
				h := got.header
				if (h.Get("Access-Control-Allow-Origin") == origin) != allowed ||
					(h.Get("Access-Control-Allow-Credentials") == "true") != allowed || h.Get("Vary") != "Origin" {
					t.Errorf("%s %s from %s: got %v", name, path, origin, h)
				}
			}
			if preflight.status != http.StatusNoContent ||
				(preflight.header.Get("Access-Control-Allow-Headers") != "") != allowed {
				t.Errorf("preflight %s from %s: got %d %v", path, origin, preflight.status, preflight.header)
			}
		}
	}
	for _, path := range []string{"/oauth2/introspect", "/api/v1/users", "/oauth2/auth"} {
		if got := request("GET", path, DefaultSite).header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s: got %q, want no CORS", path, got)
		}
	}
}

func TestSecretsHaveKindesForm(t *testing.T) {
	for _, client := range DefaultClients(DefaultSite) {
		if client.Secret == "" {
			continue
		}
		for _, c := range client.Secret {
			if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				t.Errorf("got %s: the secret holds %q", client.ID, c)
			}
		}
		if len(client.Secret) != 40 {
			t.Errorf("%s: got a secret of %d characters, want 40", client.ID, len(client.Secret))
		}
	}
}
