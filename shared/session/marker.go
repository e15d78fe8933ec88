package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// The marker remembers that a refresh token was refused once. Kinde gives the same
// answer for a token that a parallel request has just used up, whose new session
// the browser may already hold, and for one that is revoked: only the second
// refusal of the same token means that the session is over.

// Mark sets the marker for a refresh token. It lives for a minute and holds a
// hash of the token.
func (c *Cookies) Mark(h http.Header, refresh string) {
	digest := sha256.Sum256([]byte(refresh))
	plain := appendText(appendTime(nil, c.now()), digest[:])
	c.set(h, c.marker, c.box.Seal(c.marker, plain), http.SameSiteStrictMode, markerLife)
}

// Marked says whether the request brings the marker for that refresh token. A
// marker that is missing, old or damaged says no: the worst is one more try.
func (c *Cookies) Marked(r *http.Request, refresh string) bool {
	f := fields{rest: c.open(r, c.marker)}
	marked, digest := f.time(), f.text()
	own := sha256.Sum256([]byte(refresh))
	return f.complete() && c.fresh(marked, markerLife) && subtle.ConstantTimeCompare(digest, own[:]) == 1
}

// Unmark expires the marker.
func (c *Cookies) Unmark(h http.Header) { c.expire(h, c.marker, http.SameSiteStrictMode) }
