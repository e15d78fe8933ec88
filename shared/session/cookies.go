package session

import (
	"iter"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// sessionLife is Kinde's default lifetime of a refresh token. The session
	// cookie is set anew at each refresh, so it goes when the session is dead
	// anyway. Without a lifetime, browsers on phones drop it within hours.
	sessionLife = 15 * 24 * time.Hour
	attemptLife = 10 * time.Minute
	markerLife  = time.Minute
	// maxSkew is how far the clock of the instance that sealed may be ahead.
	maxSkew = time.Minute

	hostPrefix = "__Host-" // RFC 6265bis section 4.1.3.2
)

// Cookies reads and sets the cookies of one site. Each is host-only, with
// Path=/ and HttpOnly. At an http site on loopback they lack Secure and the
// __Host- prefix, which demands it; at any other they have both.
//
// A method that sets a cookie replaces what the same answer set by that name
// before, since an answer should name a cookie once (RFC 6265 section 4.1.1).
type Cookies struct {
	box    *Box
	now    func() time.Time
	secure bool
	// session are the names that a session may take: whole, then the chunks.
	session []string
	attempt string // what the names of login attempts begin with
	marker  string
	// connection is what the names of connections to apps begin with.
	connection string
}

// NewCookies takes the site's origin, the box that seals, and the clock.
func NewCookies(site string, box *Box, now func() time.Time) *Cookies {
	c := &Cookies{box: box, now: now, secure: !onLoopback(site)}
	prefix := ""
	if c.secure {
		prefix = hostPrefix
	}
	c.session = []string{prefix + "session"}
	for i := range maxChunks {
		c.session = append(c.session, c.session[0]+"-"+strconv.Itoa(i+1))
	}
	c.marker = c.session[0] + "-superseded"
	c.attempt = prefix + "login-"
	c.connection = prefix + "connection-"
	return c
}

// onLoopback says whether the site is one that cannot have TLS.
func onLoopback(site string) bool {
	u, err := url.Parse(site)
	if err != nil || u.Scheme != "http" {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// set adds a Set-Cookie line. Without a life the cookie is expired: with the same
// attributes it was set with, else browsers would keep it.
func (c *Cookies) set(h http.Header, name, value string, sameSite http.SameSite, life time.Duration) {
	cookie := http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: c.secure, SameSite: sameSite}
	if life == 0 {
		cookie.MaxAge = -1 // writes Max-Age=0
	}
	lines := slices.DeleteFunc(h["Set-Cookie"], func(line string) bool { return strings.HasPrefix(line, name+"=") })
	h["Set-Cookie"] = append(lines, cookie.String())
}

func (c *Cookies) expire(h http.Header, name string, sameSite http.SameSite) {
	c.set(h, name, "", sameSite, 0)
}

// sent are the request's cookies, names and values exactly as browsers send
// them. What net/http does beyond that is not safe here: it drops values with
// unusual bytes, so that a damaged session would look like none, and it lets
// names with line breaks around them, or without "=", pass for a __Host- one.
func sent(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, line := range r.Header["Cookie"] {
			for pair := range strings.SplitSeq(line, ";") {
				name, value, ok := strings.Cut(strings.Trim(pair, " \t"), "=")
				if ok && !yield(name, value) {
					return
				}
			}
		}
	}
}

// open finds the cookie by its name and opens it. Not there, there twice and not
// ours are all the same: nil.
func (c *Cookies) open(r *http.Request, name string) []byte {
	var found int
	var sealed string
	for other, value := range sent(r) {
		if other == name {
			found++
			sealed = value
		}
	}
	if found != 1 {
		return nil
	}
	plain, err := c.box.Open(name, sealed)
	if err != nil {
		return nil
	}
	return plain
}

// fresh says whether something sealed at that time is still valid.
func (c *Cookies) fresh(sealed time.Time, life time.Duration) bool {
	age := c.now().Sub(sealed)
	return -maxSkew <= age && age <= life
}
