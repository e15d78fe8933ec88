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
	// Life is the lifetime of the session cookie: Kinde's default lifetime of a refresh
	// token, counted from each refresh. Without a lifetime, browsers on phones drop the
	// cookie within hours.
	Life        = 15 * 24 * time.Hour
	attemptLife = 10 * time.Minute
	// maxSkew is how far the clock of the instance that sealed a value may be ahead.
	maxSkew = time.Minute

	hostPrefix = "__Host-" // RFC 6265bis section 4.1.3.2
)

// Cookies reads and sets the cookies of one site. Each is host-only, with
// Path=/ and HttpOnly. Cookies of an http site on loopback lack Secure and the
// __Host- prefix, which requires it; all others have both.
//
// A method that sets a cookie replaces an earlier Set-Cookie field of that name in
// the same response (RFC 6265 section 4.1.1).
type Cookies struct {
	box    *Box
	now    func() time.Time
	secure bool
	// session holds the names that a session may use: whole, then the chunks.
	session    []string
	current    string
	marker     string
	pass       string // of protected pages; set by the gate function
	attempt    string // prefix of the names of login attempts
	connection string // prefix of the names of connections to apps
}

// NewCookies returns the cookies of the site with that origin. box seals them; now is the clock.
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
	c.current = prefix + "current"
	c.marker = c.session[0] + "-superseded"
	c.pass = prefix + "gate"
	c.attempt = prefix + "login-"
	c.connection = prefix + "connection-"
	return c
}

// onLoopback reports whether the site is http on loopback, which has no TLS.
func onLoopback(site string) bool {
	u, err := url.Parse(site)
	if err != nil || u.Scheme != "http" {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// set adds a Set-Cookie field. A life of zero expires the cookie; its attributes must be
// those that it was set with, or browsers keep it.
func (c *Cookies) set(h http.Header, name, value string, sameSite http.SameSite, life time.Duration) {
	cookie := http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: c.secure, SameSite: sameSite}
	if life == 0 {
		cookie.MaxAge = -1 // writes Max-Age=0
	}
	h["Set-Cookie"] = append(without(h["Set-Cookie"], name), cookie.String())
}

func (c *Cookies) expire(h http.Header, name string, sameSite http.SameSite) {
	c.set(h, name, "", sameSite, 0)
}

// sent iterates over the request's cookies, names and values exactly as sent. net/http's
// own parser is not safe here: it drops values with unusual bytes, so that a damaged
// session would look like none, and it accepts names with line breaks around them, or
// without "=", as __Host- names.
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

// only returns the value of a cookie that the request has once, else "".
func only(r *http.Request, name string) string {
	found, value := 0, ""
	for other, given := range sent(r) {
		if other == name {
			found++
			value = given
		}
	}
	if found != 1 {
		return ""
	}
	return value
}

// open finds the cookie by its name and opens it. It returns nil for a cookie that is
// missing, repeated or not sealed by this service.
func (c *Cookies) open(r *http.Request, name string) []byte {
	plain, err := c.box.Open(name, only(r, name))
	if err != nil {
		return nil
	}
	return plain
}

// fresh reports whether a value sealed at that time is still valid.
func (c *Cookies) fresh(sealed time.Time, life time.Duration) bool {
	age := c.now().Sub(sealed)
	return -maxSkew <= age && age <= life
}

// Merge copies the Set-Cookie fields of src into dst, replacing those of the same name.
func Merge(dst, src http.Header) {
	for _, line := range src["Set-Cookie"] {
		name, _, _ := strings.Cut(line, "=")
		dst["Set-Cookie"] = append(without(dst["Set-Cookie"], name), line)
	}
}

// without returns the Set-Cookie fields of other cookies.
func without(lines []string, name string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, name+"=") })
}
