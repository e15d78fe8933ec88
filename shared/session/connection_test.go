package session

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

var owner = Owner{User: "kp_1", Organization: "org_1"}

func TestConnectionOpensForItsAppAndOwner(t *testing.T) {
	c, _ := newCookies(t, site)
	sealed := c.SealConnection("drive", owner, "handle", "before", "long ago")
	if got := c.OpenConnection("drive", owner, sealed); !slices.Equal(got, []string{"handle", "before"}) {
		t.Errorf("handles = %q, want the first two", got)
	}
	elsewhere := NewCookies(site, newBox(t, "https://other.kinde.com", client, 1), nil)
	otherKey := NewCookies(site, newBox(t, issuer, client, 2), nil)
	rotated := NewCookies(site, newBox(t, issuer, client, 2, 1), nil)
	if got := rotated.OpenConnection("drive", owner, sealed); len(got) != 2 {
		t.Errorf("after a change of keys, handles = %q, want two", got)
	}
	empty := c.SealConnection("drive", owner, "")
	for what, got := range map[string][]string{
		"another user's":         c.OpenConnection("drive", Owner{"kp_2", "org_1"}, sealed),
		"another organization's": c.OpenConnection("drive", Owner{"kp_1", "org_2"}, sealed),
		"no organization's":      c.OpenConnection("drive", Owner{"kp_1", ""}, sealed),
		"another app's":          c.OpenConnection("drive2", owner, sealed),
		"shifted by a letter":    c.OpenConnection("drivek", Owner{"p_1", "org_1"}, sealed),
		"shifted in the owner":   c.OpenConnection("drive", Owner{"kp_1o", "rg_1"}, sealed),
		"another tenant's":       elsewhere.OpenConnection("drive", owner, sealed),
		"another key's":          otherKey.OpenConnection("drive", owner, sealed),
		"truncated":              c.OpenConnection("drive", owner, sealed[:len(sealed)-1]),
		"nothing":                c.OpenConnection("drive", owner, ""),
		"a session's":            c.OpenConnection("drive", owner, c.box.Seal(c.session[0], []byte("handle"))),
		"without a handle":       c.OpenConnection("drive", owner, c.SealConnection("drive", owner)),
		"with an empty handle":   c.OpenConnection("drive", owner, empty),
		"not handles": c.OpenConnection("drive", owner,
			c.box.Seal(connectionPurpose("drive", owner), []byte{200})),
	} {
		if len(got) != 0 {
			t.Errorf("connection that is %s: got %q, want none", what, got)
		}
	}
}

func TestConnectionCookie(t *testing.T) {
	c, _ := newCookies(t, site)
	h := http.Header{}
	if err := c.Connect(h, requestWith(), "drive", owner, "handle"); err != nil {
		t.Fatal(err)
	}
	const want = "__Host-connection-drive=?; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict"
	if got := withoutValues(h); len(got) != 1 || got[0] != want {
		t.Errorf("sets %q, want %q", got, want)
	}
	set, _ := cookiesSet(h)
	if got := c.OpenConnection("drive", owner, c.Connection(requestWith(set...), "drive")); !slices.Equal(got,
		[]string{"handle"}) {
		t.Errorf("handles = %q, want the one that was connected", got)
	}
	if got := c.Connection(requestWith(set[0], set[0]), "drive"); got != "" {
		t.Errorf("a repeated cookie is read: %q", got)
	}
}

func TestDisconnectAllExpiresOwnNamesOnly(t *testing.T) {
	c, _ := newCookies(t, site)
	h := http.Header{}
	c.disconnectAll(h, requestWith(cookie{"__Host-connection-drive", "a"}, cookie{"__Host-connection-mail", "b"},
		cookie{"other", "d"}, cookie{"__Host-connection-x y", "e"}, cookie{"__Host-connection-", "f"}))
	if _, expired := cookiesSet(h); !slices.Equal(expired, []string{"__Host-connection-drive", "__Host-connection-mail"}) {
		t.Errorf("expires %q, want drive and mail", expired)
	}
}

// The oldest connections make room, and before them those that this user cannot open.
func TestConnectionsStayInTheirShare(t *testing.T) {
	c, clock := newCookies(t, site)
	b := newBrowser(t, site)
	h := http.Header{}
	if err := c.Connect(h, b.request(), "foreign", Owner{"kp_2", ""}, strings.Repeat("h", 36)); err != nil {
		t.Fatal(err)
	}
	b.take(h)
	for _, app := range []string{"first", "second", "third", "fourth"} {
		clock.t = clock.t.Add(time.Minute)
		h := http.Header{}
		if err := c.Connect(h, b.request(), app, owner, strings.Repeat("h", 36)); err != nil {
			t.Fatal(err)
		}
		b.take(h)
		total := 0
		for _, set := range b.jar.Cookies(b.site) {
			total += sizeOf(set.Name, set.Value)
		}
		if total > connectionBudget {
			t.Errorf("after %s: %d bytes, want at most %d", app, total, connectionBudget)
		}
	}
	var kept []string
	for _, set := range b.jar.Cookies(b.site) {
		kept = append(kept, strings.TrimPrefix(set.Name, "__Host-connection-"))
	}
	slices.Sort(kept)
	if !slices.Equal(kept, []string{"fourth", "second", "third"}) && !slices.Equal(kept, []string{"fourth", "third"}) {
		t.Errorf("kept %q, want the newest", kept)
	}
	if err := c.Connect(http.Header{}, b.request(), "large", owner, strings.Repeat("h", 500)); !errors.Is(err,
		ErrTooLarge) {
		t.Errorf("a connection that never fits: %v, want ErrTooLarge", err)
	}
}
