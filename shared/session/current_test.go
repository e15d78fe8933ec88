package session

import (
	"net/http"
	"testing"
)

func TestCounts(t *testing.T) {
	c, _ := newCookies(t, site)
	current := func(id string) cookie {
		h := http.Header{}
		c.SetCurrent(h, id)
		set, _ := cookiesSet(h)
		return set[0]
	}
	foreign, _ := newCookies(t, site)
	foreign.box = newBox(t, issuer, client, 9)
	h := http.Header{}
	foreign.SetCurrent(h, "other")
	unopenable, _ := cookiesSet(h)
	for name, row := range map[string]struct {
		cookies []cookie
		counts  bool
	}{
		"no current cookie":      {nil, true},
		"this session":           {[]cookie{current("id")}, true},
		"another session":        {[]cookie{current("other")}, false},
		"none":                   {[]cookie{current("")}, false},
		"one that does not open": {unopenable, true},
		"moved from the marker":  {[]cookie{{c.current, c.box.Seal(c.marker, nil)}}, true},
	} {
		if got := c.Counts(requestWith(row.cookies...), "id"); got != row.counts {
			t.Errorf("%s: Counts = %v, want %v", name, got, row.counts)
		}
	}
}

// A refresh that ends after the user signed out, or signed in again, sets its session
// cookie last. It must not count.
func TestLateSessionDoesNotCount(t *testing.T) {
	for name, event := range map[string]func(*Cookies, http.Header, *http.Request){
		"sign-out":        func(c *Cookies, h http.Header, r *http.Request) { c.SignOut(h, r) },
		"another sign-in": func(c *Cookies, h http.Header, _ *http.Request) { _ = c.SignIn(h, sessionOfID("new")) },
	} {
		c, _ := newCookies(t, site)
		b := newBrowser(t, site)
		h := http.Header{}
		if err := c.SignIn(h, sessionOfID("old")); err != nil {
			t.Fatal(err)
		}
		b.take(h)
		if !c.Counts(b.request(), "old") {
			t.Fatalf("%s: Counts = false before it, want true", name)
		}
		h = http.Header{}
		event(c, h, b.request())
		b.take(h)
		late := http.Header{}
		if err := c.Write(late, sessionOfID("old")); err != nil {
			t.Fatal(err)
		}
		b.take(late)
		if s, err := c.Read(b.request()); err != nil || c.Counts(b.request(), s.ID) {
			t.Errorf("%s: the late session counts (%v), want it not to", name, err)
		}
	}
}

func sessionOfID(id string) Session {
	s := small
	s.ID = id
	return s
}

// The callback does not see the old session's cookies.
func TestSignInReplacesOldChunks(t *testing.T) {
	c, _ := newCookies(t, site)
	for name, pair := range map[string][2]Session{"short after long": {large, small}, "long after short": {small, large}} {
		b := newBrowser(t, site)
		for _, s := range pair {
			h := http.Header{}
			if err := c.SignIn(h, s); err != nil {
				t.Fatal(err)
			}
			b.take(h)
		}
		if got, err := c.Read(b.request()); err != nil || !same(got, pair[1]) {
			t.Errorf("%s: Read = %v, want the new session", name, err)
		}
	}
}
