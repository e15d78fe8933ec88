package session

import (
	"net/http"
	"time"
)

// probeLife is how long a browser has to repeat a request.
const probeLife = time.Minute

// SetPass sets the pass of protected pages, which is signed and not sealed: the edge
// reads it. It is SameSite=Lax, so that links of other sites reach protected pages.
func (c *Cookies) SetPass(h http.Header, pass string, life time.Duration) {
	c.set(h, c.pass, pass, http.SameSiteLaxMode, life)
}

// Pass returns the request's pass, "" if there is none or several.
func (c *Cookies) Pass(r *http.Request) string { return only(r, c.pass) }

// Probe sets a cookie that shows by its return that the browser keeps cookies.
func (c *Cookies) Probe(h http.Header) {
	c.set(h, c.pass+"-probe", "1", http.SameSiteLaxMode, probeLife)
}

// Probed reports whether the request brings the cookie that Probe set.
func (c *Cookies) Probed(r *http.Request) bool { return only(r, c.pass+"-probe") != "" }

// ClearProbe expires the cookie that Probe set.
func (c *Cookies) ClearProbe(h http.Header) { c.expire(h, c.pass+"-probe", http.SameSiteLaxMode) }
