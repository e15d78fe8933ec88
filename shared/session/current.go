package session

import "net/http"

// A response may arrive after a newer one: a refresh that was under way while the user
// signed out, or while another tab completed a sign-in, sets its session cookie last.
// The current cookie names the session that counts. Only the callback and the logout set it,
// so that no late response undoes them.

// SetCurrent makes the session with that id the one that counts; with an empty id, none
// does.
func (c *Cookies) SetCurrent(h http.Header, id string) {
	plain := appendText(appendTime(nil, c.now()), id)
	c.set(h, c.current, c.box.Seal(c.current, plain), http.SameSiteStrictMode, Life)
}

// Counts reports whether the session with that id counts. Every session does where the
// request has no current cookie, or one that does not open.
func (c *Cookies) Counts(r *http.Request, id string) bool {
	f := fields{rest: c.open(r, c.current)}
	_, current := f.time(), string(f.text())
	return !f.complete() || current == id
}

// SignIn sets every cookie of a completed sign-in. It expires the chunks that the session
// does not use, the marker and the pass of protected pages, none of which the request
// shows, since it comes from Kinde.
func (c *Cookies) SignIn(h http.Header, s Session) error {
	if err := c.Write(h, s); err != nil {
		return err
	}
	c.SetCurrent(h, s.ID)
	c.Unmark(h)
	c.clearPass(h)
	return nil
}

// SignOut expires every cookie of this service and makes no session count.
func (c *Cookies) SignOut(h http.Header, r *http.Request) {
	for _, name := range c.session {
		c.expire(h, name, http.SameSiteStrictMode)
	}
	c.Unmark(h)
	c.clearPass(h)
	c.endAll(h, r)
	c.disconnectAll(h, r)
	c.SetCurrent(h, "")
}

// clearPass expires the pass of protected pages.
func (c *Cookies) clearPass(h http.Header) { c.expire(h, c.pass, http.SameSiteLaxMode) }
