package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// The marker means that Kinde has refused a refresh token. Kinde refuses a token that a
// parallel request has just used, whose new session the browser may already have, in the
// same words as one that was revoked: only a request that still has the refused token
// after that means that the session has ended.

// markBytes is how much of the token's hash the marker keeps.
const markBytes = 16

// Mark sets the marker for a refresh token.
func (c *Cookies) Mark(h http.Header, refresh string) {
	plain := appendText(appendTime(nil, c.now()), hashOf(refresh))
	c.set(h, c.marker, c.box.Seal(c.marker, plain), http.SameSiteStrictMode, Life)
}

// Marked reports whether the request has the marker for that refresh token. A marker
// that is missing, old or damaged is no marker, which costs one more refresh.
func (c *Cookies) Marked(r *http.Request, refresh string) bool {
	f := fields{rest: c.open(r, c.marker)}
	marked, hash := f.time(), f.text()
	return f.complete() && c.fresh(marked, Life) && subtle.ConstantTimeCompare(hash, hashOf(refresh)) == 1
}

// Unmark expires the marker.
func (c *Cookies) Unmark(h http.Header) { c.expire(h, c.marker, http.SameSiteStrictMode) }

func hashOf(refresh string) []byte {
	digest := sha256.Sum256([]byte(refresh))
	return digest[:markBytes]
}
