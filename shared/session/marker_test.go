package session

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestMarkerIsForOneToken(t *testing.T) {
	c, clock := newCookies(t, site)
	h := http.Header{}
	c.Mark(h, "refresh-1")
	set, _ := cookiesSet(h)
	marker := set[0]
	if strings.Contains(marker.value, "refresh") || len(marker.value) > 120 {
		t.Errorf("got the marker %q, want at most 120 characters without the token", marker.value)
	}
	old := NewCookies(site, newBox(t, issuer, client, 9), clock.now)
	other := http.Header{}
	old.Mark(other, "refresh-1")
	foreign, _ := cookiesSet(other)
	plain, _ := c.box.Open(marker.name, marker.value)
	for _, row := range []struct {
		name    string
		cookies []cookie
		refresh string
		age     time.Duration
		want    bool
	}{
		{"at once", set, "refresh-1", 0, true},
		{"among others", append(written(t, c, small), marker), "refresh-1", 0, true},
		{"in its last moment", set, "refresh-1", Life, true},
		{"a moment later", set, "refresh-1", Life + time.Millisecond, false},
		{"from far ahead", set, "refresh-1", -time.Minute - time.Millisecond, false},
		{"another token", set, "refresh-2", 0, false},
		{"no token", set, "", 0, false},
		{"no marker", written(t, c, small), "refresh-1", 0, false},
		{"twice", []cookie{marker, marker}, "refresh-1", 0, false},
		{"truncated", []cookie{{marker.name, marker.value[:40]}}, "refresh-1", 0, false},
		{"empty", []cookie{{marker.name, ""}}, "refresh-1", 0, false},
		{"another key", foreign, "refresh-1", 0, false},
		{"a session's value", []cookie{{marker.name, written(t, c, small)[0].value}}, "refresh-1", 0, false},
		{"more inside", []cookie{{marker.name, c.box.Seal(marker.name, append(plain, 0))}}, "refresh-1", 0, false},
		{"no hash inside", []cookie{{marker.name, c.box.Seal(marker.name, appendTime(nil, start))}}, "", 0, false},
	} {
		clock.t = start.Add(row.age)
		if got := c.Marked(requestWith(row.cookies...), row.refresh); got != row.want {
			t.Errorf("%s: Marked = %t, want %t", row.name, got, row.want)
		}
	}
}

func TestMarkerIsExpired(t *testing.T) {
	c, _ := newCookies(t, site)
	for name, end := range map[string]func(http.Header){"Unmark": c.Unmark,
		"SignOut": func(h http.Header) { c.SignOut(h, requestWith()) }} {
		b := newBrowser(t, site)
		h := http.Header{}
		c.Mark(h, "r")
		b.take(h)
		if !c.Marked(b.request(), "r") {
			t.Fatal("not marked")
		}
		h = http.Header{}
		end(h)
		b.take(h)
		if c.Marked(b.request(), "r") {
			t.Errorf("after %s: Marked = true, want false", name)
		}
	}
}
