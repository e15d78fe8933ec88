package session

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestAConnectionOpensForItsPersonAndAppAlone(t *testing.T) {
	c, _ := newCookies(t, site)
	sealed := c.SealConnection("drive", "kp_1", "handle", "before", "long ago")
	if got := c.OpenConnection("drive", "kp_1", sealed); !slices.Equal(got, []string{"handle", "before"}) {
		t.Errorf("%q", got)
	}
	elsewhere := NewCookies(site, newBox(t, "https://other.kinde.com", client, 1), nil)
	otherKey := NewCookies(site, newBox(t, issuer, client, 2), nil)
	rotated := NewCookies(site, newBox(t, issuer, client, 2, 1), nil)
	if got := rotated.OpenConnection("drive", "kp_1", sealed); len(got) != 2 {
		t.Errorf("after a change of keys: %q", got)
	}
	for what, got := range map[string][]string{
		"another person":  c.OpenConnection("drive", "kp_2", sealed),
		"another app":     c.OpenConnection("drive2", "kp_1", sealed),
		"moved border":    c.OpenConnection("drivek", "p_1", sealed),
		"another tenant":  elsewhere.OpenConnection("drive", "kp_1", sealed),
		"another key":     otherKey.OpenConnection("drive", "kp_1", sealed),
		"cut short":       c.OpenConnection("drive", "kp_1", sealed[:len(sealed)-1]),
		"nothing":         c.OpenConnection("drive", "kp_1", ""),
		"a session's box": c.OpenConnection("drive", "kp_1", c.box.Seal(c.session[0], []byte("handle"))),
		"no handle":       c.OpenConnection("drive", "kp_1", c.SealConnection("drive", "kp_1")),
		"an empty handle": c.OpenConnection("drive", "kp_1", c.SealConnection("drive", "kp_1", "")),
		"not handles":     c.OpenConnection("drive", "kp_1", c.box.Seal(connectionPurpose("drive", "kp_1"), []byte{200})),
	} {
		if len(got) != 0 {
			t.Errorf("%s: %q", what, got)
		}
	}
}

func TestConnectionCookies(t *testing.T) {
	c, _ := newCookies(t, site)
	h := http.Header{}
	c.Connect(h, "drive", "sealed")
	if got := h.Get("Set-Cookie"); got != "__Host-connection-drive=sealed; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict" {
		t.Error(got)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "__Host-connection-drive=a; __Host-connection-mail=b; __Host-connection-mail=c; other=d; __Host-connection-x y=e; __Host-connection-=f")
	if a, b := c.Connection(r, "drive"), c.Connection(r, "mail"); a != "a" || b != "" {
		t.Errorf("%q, and of one that is there twice %q", a, b)
	}
	h = http.Header{}
	c.DisconnectAll(h, r)
	lines := h.Values("Set-Cookie")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "__Host-connection-drive=; Path=/; Max-Age=0;") || !strings.HasPrefix(lines[1], "__Host-connection-mail=;") {
		t.Errorf("%q", lines)
	}
}
