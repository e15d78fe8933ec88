package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/MicahParks/keyfunc/v3"

	"kinde-functions/shared/local/kindetest"
)

// A baseline that did less would make the comparison worthless.
func TestBaselineServesPortal(t *testing.T) {
	const site = "https://site.example"
	tenant, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tenant.Close)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	keys, err := keyfunc.NewDefaultCtx(ctx, []string{tenant.URL + "/.well-known/jwks"})
	if err != nil {
		t.Fatal(err)
	}
	routes := portal{issuer: tenant.URL, clientID: kindetest.ClientID, site: site, key: jwt.Keyfunc(keys.Keyfunc)}.routes()
	for name, row := range map[string]struct {
		query string
		token string
		to    string // the Location's beginning
		calls int
	}{
		"good":            {"", tenant.Kinde.Mint(), tenant.URL + "/", 1},
		"with parameters": {"?subnav=profile&return_url=" + site + "/pricing", tenant.Kinde.Mint(), tenant.URL + "/", 1},
		"no token":        {"", "", site + "/access/?error=no-token", 0},
		"expired":         {"", tenant.Kinde.Mint(kindetest.ExpiresIn(-time.Hour)), site + "/access/?error=no-token", 0},
		"forged": {"", tenant.Kinde.Mint(kindetest.SignedBy(kindetest.ForeignKey)),
			site + "/access/?error=no-token", 0},
		"another client's": {"", tenant.Kinde.Mint(kindetest.ForClient("other")), site + "/access/?error=no-token", 0},
		"another issuer's": {"", tenant.Kinde.Mint(kindetest.With("iss", "https://other.example")),
			site + "/access/?error=no-token", 0},
		"HS256": {"", tenant.Kinde.Mint(kindetest.SignedWith("HS256")), site + "/access/?error=no-token", 0},
		"open redirect": {"?return_url=https://site.example.evil.example/", tenant.Kinde.Mint(),
			site + "/access/?error=invalid-return-url", 0},
		"odd subnav": {"?subnav=../x", tenant.Kinde.Mint(), site + "/access/?error=invalid-parameter", 0},
	} {
		t.Run(name, func(t *testing.T) {
			tenant.Kinde.ForgetCalls()
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/portal"+row.query, nil)
			if row.token != "" {
				r.Header.Set("Authorization", "Bearer "+row.token)
			}
			w := httptest.NewRecorder()
			routes.ServeHTTP(w, r)
			if to := w.Header().Get("Location"); w.Code != 302 || !strings.HasPrefix(to, row.to) {
				t.Errorf("got %d to %s, want %s", w.Code, to, row.to)
			}
			if calls := tenant.Kinde.Calls("/account_api/"); len(calls) != row.calls {
				t.Errorf("got %d calls upstream", len(calls))
			}
		})
	}
}
