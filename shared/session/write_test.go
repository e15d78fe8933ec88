package session

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Names, attributes and their order are what the browser goes by.
func TestSetCookieLines(t *testing.T) {
	for origin, want := range map[string]struct{ prefix, secure string }{
		site:                     {"__Host-", "; Secure"},
		"https://localhost:8888": {"__Host-", "; Secure"},
		"http://site.example":    {"__Host-", "; Secure"}, // never in the clear beyond loopback
		loopback:                 {"", ""},
		"http://127.0.0.1":       {"", ""},
		"http://[::1]:3000":      {"", ""},
	} {
		c, _ := newCookies(t, origin)
		strict := want.secure + "; SameSite=Strict"
		attempt := want.prefix + "login-S6aXNcpTdl7Wpwnt"
		for name, row := range map[string]struct {
			act  func(http.Header)
			want []string
		}{
			"write": {func(h http.Header) { _ = c.Write(h, small) }, []string{
				want.prefix + "session=?; Path=/; Max-Age=1296000; HttpOnly" + strict,
				want.prefix + "session-1=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "session-2=; Path=/; Max-Age=0; HttpOnly" + strict}},
			"write in chunks": {func(h http.Header) { _ = c.Write(h, large) }, []string{
				want.prefix + "session=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "session-1=?; Path=/; Max-Age=1296000; HttpOnly" + strict,
				want.prefix + "session-2=?; Path=/; Max-Age=1296000; HttpOnly" + strict}},
			"sign in": {func(h http.Header) { _ = c.SignIn(h, small) }, []string{
				want.prefix + "session=?; Path=/; Max-Age=1296000; HttpOnly" + strict,
				want.prefix + "session-1=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "session-2=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "current=?; Path=/; Max-Age=1296000; HttpOnly" + strict,
				want.prefix + "session-superseded=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "gate=; Path=/; Max-Age=0; HttpOnly" + want.secure + "; SameSite=Lax"}},
			"sign out": {func(h http.Header) { c.SignOut(h, requestWith()) }, []string{
				want.prefix + "session=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "session-1=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "session-2=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "session-superseded=; Path=/; Max-Age=0; HttpOnly" + strict,
				want.prefix + "gate=; Path=/; Max-Age=0; HttpOnly" + want.secure + "; SameSite=Lax",
				want.prefix + "current=?; Path=/; Max-Age=1296000; HttpOnly" + strict}},
			"mark": {func(h http.Header) { c.Mark(h, "r") },
				[]string{want.prefix + "session-superseded=?; Path=/; Max-Age=1296000; HttpOnly" + strict}},
			"unmark": {c.Unmark, []string{want.prefix + "session-superseded=; Path=/; Max-Age=0; HttpOnly" + strict}},
			"begin": {func(h http.Header) { _ = c.Begin(h, requestWith(), Attempt{State: "state"}) },
				[]string{attempt + "=?; Path=/; Max-Age=600; HttpOnly" + want.secure + "; SameSite=Lax"}},
			"end": {func(h http.Header) { c.End(h, "state") },
				[]string{attempt + "=; Path=/; Max-Age=0; HttpOnly" + want.secure + "; SameSite=Lax"}},
		} {
			h := http.Header{}
			row.act(h)
			if got := withoutValues(h); !slices.Equal(got, row.want) {
				t.Errorf("%s: %s sets\n%s\nwant\n%s", origin, name, strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
		}
	}
}

// withoutValues are the Set-Cookie lines with ? for every value.
func withoutValues(h http.Header) []string {
	var lines []string
	for _, line := range h["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, "; ")
		name, value, _ := strings.Cut(pair, "=")
		if value != "" {
			value = "?"
		}
		lines = append(lines, name+"="+value+"; "+attributes)
	}
	return lines
}

// A browser never ends up with pieces of two sessions, whatever follows what.
func TestSessionsReplaceEachOther(t *testing.T) {
	for _, origin := range []string{site, loopback} {
		c, _ := newCookies(t, origin)
		b := newBrowser(t, origin)
		if _, err := c.Read(b.request()); !errors.Is(err, ErrNoSession) {
			t.Fatal("a new browser has a session")
		}
		for i, stored := range []Session{small, large, small, large, large, sessionOf(Tokens{Access: "a"})} {
			h := http.Header{}
			if err := c.Write(h, stored); err != nil {
				t.Fatal(err)
			}
			b.take(h)
			if got, err := c.Read(b.request()); err != nil || !same(got, stored) {
				t.Errorf("%s, session %d: Read = %v, want the session", origin, i+1, err)
			}
		}
		h := http.Header{}
		c.SignOut(h, b.request())
		b.take(h)
		if _, err := c.Read(b.request()); !errors.Is(err, ErrNoSession) {
			t.Errorf("%s: after SignOut: Read = %v, want ErrNoSession", origin, err)
		}
	}
}

func TestResponseSetsCookieOnce(t *testing.T) {
	c, _ := newCookies(t, site)
	h := http.Header{"Set-Cookie": {"theme=dark; Path=/", "__Host-session-other=1"}}
	c.SignOut(h, requestWith())
	c.Mark(h, "r")
	if err := c.Write(h, small); err != nil {
		t.Fatal(err)
	}
	set, expired := cookiesSet(h)
	slices.Sort(expired)
	if len(set) != 5 || !slices.Equal(expired, []string{"__Host-gate", "__Host-session-1", "__Host-session-2"}) {
		t.Errorf("got %d cookies set and %v expired, want each cookie once", len(set), expired)
	}
	b := newBrowser(t, site)
	b.take(h)
	if _, err := c.Read(b.request()); err != nil || !c.Marked(b.request(), "r") {
		t.Errorf("got %v, want the session and the marker that were set last", err)
	}
}

// Every size from below the first limit on, one byte after the other.
func TestSizes(t *testing.T) {
	for _, origin := range []string{site, loopback} {
		c, _ := newCookies(t, origin)
		whole, total, fits := 0, 0, true
		for n := 2600; fits; n++ {
			stored := sessionOf(Tokens{Access: strings.Repeat("a", n)})
			stored.Organizations.List = nil
			h := http.Header{}
			if err := c.Write(h, stored); err != nil {
				fits = false
				if !errors.Is(err, ErrTooLarge) || len(h) != 0 {
					t.Errorf("%s: got %v and %d cookies, want ErrTooLarge and none", origin, err, len(h))
				}
				continue
			}
			set, expired := cookiesSet(h)
			if len(set)+len(expired) != 1+maxChunks {
				t.Fatalf("got %d cookies set and %d expired, want %d in all", len(set), len(expired), 1+maxChunks)
			}
			total = 0
			for _, c := range set {
				size := len(c.name) + len(c.value)
				total += size + len("=; ")
				if size > 3800 {
					t.Fatalf("%s: got a cookie of %d bytes, want at most 3800", origin, size)
				}
			}
			if len(set) == 1 {
				whole = total
			}
			if got, err := c.Read(requestWith(set...)); err != nil || !same(got, stored) {
				t.Fatalf("%s, %d characters: Read = %v, want the session", origin, n, err)
			}
		}
		// Base64 has no 4n+1 characters, so on loopback none is of just 3,800.
		if want := map[string][2]int{site: {3803, 5200}, loopback: {3802, 5200}}[origin]; whole != want[0] ||
			total != want[1] {
			t.Errorf("%s: got at most %d bytes in one cookie and %d in chunks, want %v", origin, whole, total, want)
		}
	}
}

func TestTooLargeSessionKeepsCookies(t *testing.T) {
	c, _ := newCookies(t, site)
	h := http.Header{"Set-Cookie": {"__Host-session=before; Path=/"}}
	err := c.Write(h, sessionOf(Tokens{Access: jwtOf(8000), Refresh: "r"}))
	if !errors.Is(err, ErrTooLarge) || len(h["Set-Cookie"]) != 1 {
		t.Errorf("got %v, %v, want ErrTooLarge and the cookie that was set before", err, h)
	}
}
