package session

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"", "opaque", "e30.e30.", "e31.e30.e30", "..", "e3\n0.e30.e30", jwtOf(1500)} {
		f.Add(seed, seed, []byte(seed))
	}
	f.Add("", "", small.Tokens.encode())
	f.Fuzz(func(t *testing.T, access, refresh string, data []byte) {
		tokens := Tokens{access, refresh}
		var back Tokens
		if err := back.UnmarshalBinary(tokens.encode()); err != nil || back != tokens {
			t.Errorf("got %q, %v, want %q", back, err, tokens)
		}
		// Whatever is read can be written, and never in more bytes.
		if back.UnmarshalBinary(data) == nil && len(back.encode()) > len(data) {
			t.Errorf("%q: got %d bytes, want at most %d", data, len(back.encode()), len(data))
		}
	})
}

// FuzzOpen has no key: only the seeds may open.
func FuzzOpen(f *testing.F) {
	box := newBox(f, issuer, client, 1, 2)
	sealed := box.Seal("p", []byte("plain"))
	for _, seed := range []string{sealed, "", sealed[1:], sealed[:8], sealed + "=", sealed + "\n",
		strings.Repeat("A", 60)} {
		f.Add("p", seed)
	}
	f.Add("q", sealed)
	f.Fuzz(func(t *testing.T, purpose, s string) {
		plain, err := box.Open(purpose, s)
		switch {
		case err == nil && (purpose != "p" || string(plain) != "plain"):
			t.Errorf("Open(%q, %q) = %q, want an error", purpose, s, plain)
		case err != nil && !errors.Is(err, ErrSealed):
			t.Errorf("got %v, want ErrSealed", err)
		}
	})
}

func FuzzCookieHeader(f *testing.F) {
	c, _ := newCookies(f, loopback)
	for _, stored := range []Session{small, large} {
		line := requestWith(written(f, c, stored)...).Header.Get("Cookie")
		f.Add(line)
		f.Add(line + "; " + line)
		f.Add(strings.Replace(line, "session-1", "session-2", 1))
	}
	for _, line := range []string{"", "session", "session=", "session-1=2..; session-2=2..",
		"login-AAAAAAAAAAAAAAAA=x; login-=;", "=;==; ;"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r := &http.Request{Header: http.Header{"Cookie": {line}}}
		got, err := c.Read(r)
		switch {
		case err == nil && !same(got, small) && !same(got, large):
			t.Errorf("Read(%q) = %v, want a session that was written", line, got)
		case err != nil && (!same(got, Session{}) || !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNoSession)):
			t.Errorf("Read(%q) = %v, %v, want ErrDamaged or ErrNoSession", line, got, err)
		}
		if c.Marked(r, "r") {
			t.Errorf("Marked(%q) = true, want false", line)
		}
		h := http.Header{}
		if err := c.Begin(h, r, full); err != nil {
			t.Fatal(err)
		}
		for _, line := range h["Set-Cookie"] {
			if strings.ContainsAny(line, "\r\n\x00") || !strings.HasPrefix(line, "login-") {
				t.Errorf("got Set-Cookie %q, want a sign-in attempt on one line", line)
			}
		}
	})
}
