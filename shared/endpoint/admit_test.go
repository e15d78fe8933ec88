package endpoint

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// refusing is a limiter that refuses all but the first few.
type refusing struct{ left, asked int }

func (l *refusing) take(context.Context, string, http.Header) time.Duration {
	l.asked++
	if l.left--; l.left >= 0 {
		return 0
	}
	return time.Second
}

// A row with a limit or with requirements must not be served during the key fetch, which
// is how every process begins.
func TestColdProcessAppliesRequirementsAndLimits(t *testing.T) {
	for name, row := range map[string]struct {
		limited  bool
		requires Requirements
		status   int
	}{
		"scopes":     {false, Requirements{Scopes: []string{"no:such"}}, 403},
		"permission": {false, Requirements{Permission: "no:such"}, 403},
		"limit":      {true, Requirements{}, 429},
		"neither":    {false, Requirements{}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, "user-profile", responding(`{}`))
			limiter := &refusing{}
			e := f.handler.(*server).main
			e.rows[0].Limited, e.rows[0].Requires, e.services.limiter = row.limited, row.requires, limiter
			for _, process := range []string{"cold", "warm"} {
				if w := f.signedIn("/api/user-profile"); w.Code != row.status {
					t.Errorf("%s: got %d %s, want %d", process, w.Code, w.Body, row.status)
				}
			}
			if row.limited != (limiter.asked == 2) {
				t.Errorf("got %d requests counted, want 2 where the row is limited", limiter.asked)
			}
		})
	}
}

func TestNetworks(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:80": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "[2001:db8:1:2::9]:443": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64",
		"":             "unknown", "x": "unknown", "192.0.2.1, 203.0.113.9": "unknown",
	} {
		if got := network(remote); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}
