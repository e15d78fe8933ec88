package session

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The worst browser that this service can make: a session as large as it may be, three
// attempts with long return URLs, connections, the pass, the current session and the
// marker.
func TestCookieHeaderStaysBelowAPIGatewaysLimit(t *testing.T) {
	for _, origin := range []string{site, "https://" + strings.Repeat("a", 60) + "." + strings.Repeat("b", 60) +
		".example"} {
		c, clock := newCookies(t, origin)
		b := newBrowser(t, origin)
		h := http.Header{}
		if err := c.SignIn(h, largest(t, c)); err != nil {
			t.Fatal(err)
		}
		c.Mark(h, "r")
		c.set(h, c.pass, strings.Repeat("p", 240), http.SameSiteLaxMode, attemptLife)
		b.take(h)
		for _, name := range []string{"a", "b", "c", "d"} {
			clock.t = clock.t.Add(time.Second)
			h := http.Header{}
			attempt := Attempt{State: strings.Repeat(name, 26), Nonce: strings.Repeat("n", 26),
				Verifier: strings.Repeat("v", 52),
				Session:  strings.Repeat("s", 26), ReturnURL: origin + strings.Repeat("/", 500)}
			if err := c.Begin(h, b.request(), attempt); err != nil {
				t.Fatalf("%s: return URL of 500 characters: got %v, want nil", origin, err)
			}
			if err := c.Connect(h, b.request(), "app_"+name, owner, strings.Repeat("h", 36),
				strings.Repeat("i", 36)); err != nil {
				t.Fatal(err)
			}
			b.take(h)
		}
		header := b.request().Header.Get("Cookie")
		if len(header) > 7500 {
			t.Errorf("%s: the Cookie header has %d bytes, want at most 7,500", origin, len(header))
		}
		if _, err := c.Read(b.request()); err != nil {
			t.Errorf("%s: got %v, want the session", origin, err)
		}
	}
}

// largest is the largest session that fits.
func largest(t *testing.T, c *Cookies) Session {
	t.Helper()
	for n := 5000; n > 1000; n-- {
		s := sessionOf(Tokens{Access: strings.Repeat("a", n)})
		if c.Write(http.Header{}, s) == nil {
			return s
		}
	}
	t.Fatal("no session fits")
	return Session{}
}
