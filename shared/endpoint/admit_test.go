package endpoint

import (
	"context"
	"net/http"
	"testing"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kindetest"
)

// refusing is a limiter that lets nobody pass after the first few.
type refusing struct{ left, asked int }

func (l *refusing) take(context.Context, string, http.Header) time.Duration {
	l.asked++
	if l.left--; l.left >= 0 {
		return 0
	}
	return time.Second
}

// A row that reads only and wants a scope, or is limited, must not be served while
// the signing keys are still being fetched: every process begins so.
func TestAColdProcessAdmitsAsAWarmOneDoes(t *testing.T) {
	for name, row := range map[string]struct {
		limited bool
		scopes  []string
		status  int
	}{"scopes": {false, []string{"no:such"}, 403}, "limit": {true, nil, 429}, "neither": {false, nil, 200}} {
		t.Run(name, func(t *testing.T) {
			f := start(t, "portal", nil) // for its tenant
			limiter := &refusing{}
			f.handler = Function{
				Name: "user-profile", Settings: config.Of("user-profile"), Output: f.log, CORS: AllowOrigins,
				Lookup: func(name string) (string, bool) {
					value, set := map[string]string{"KINDE_ISSUER_URL": f.tenant.Issuer(), "KINDE_CLIENT_ID": kindetest.ClientID, "KINDE_SITE_URL": site}[name]
					return value, set
				},
				Build: func(s *config.Settings) (Parts, error) {
					callers, _, err := Connect(s)
					return Parts{Callers: callers, Limiter: limiter, Handlers: map[string]Handler{
						"GET /api/user-profile": {Serve: answering(`{}`), Scopes: row.scopes}}}, err
				},
			}.Handler()
			if row.limited {
				e := f.handler.(*endpoint)
				e.rows[0].Limited = true
			}
			for _, process := range []string{"cold", "warm"} {
				if w := f.signedIn("/api/user-profile"); w.Code != row.status {
					t.Errorf("%s: %d %s", process, w.Code, w.Body)
				}
			}
			if row.limited != (limiter.asked == 2) {
				t.Errorf("counted %d times", limiter.asked)
			}
		})
	}
}

func TestNetworks(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:80": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "[2001:db8:1:2::9]:443": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
		"": "unknown", "x": "unknown", "192.0.2.1, 203.0.113.9": "unknown",
	} {
		if got := network(remote); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}
