package session

import (
	"net/http"
	"strings"
	"time"
)

// connectionLife is how long a browser keeps a connection that is not used.
const connectionLife = 30 * 24 * time.Hour

// maxHandles is how many connections one cookie knows: the one in use, and one that
// the person may yet agree to in its place.
const maxHandles = 2

// SealConnection seals the handles by which Kinde knows a person's connection to an
// app, so that they can be given away: they open for that person and that app alone.
// Of more than two handles the first two are kept.
func (c *Cookies) SealConnection(app, user string, handles ...string) string {
	var plain []byte
	for _, handle := range handles[:min(len(handles), maxHandles)] {
		plain = appendText(plain, handle)
	}
	return c.box.Seal(connectionPurpose(app, user), plain)
}

// OpenConnection gives what SealConnection was given for the same app and person; none
// for anything else.
func (c *Cookies) OpenConnection(app, user, sealed string) (handles []string) {
	plain, err := c.box.Open(connectionPurpose(app, user), sealed)
	if err != nil {
		return nil
	}
	for f := (fields{rest: plain}); len(f.rest) > 0; {
		handle := f.text()
		if f.bad || len(handle) == 0 || len(handles) == maxHandles {
			return nil
		}
		handles = append(handles, string(handle))
	}
	return handles
}

func connectionPurpose(app, user string) string {
	return string(appendText(appendText([]byte("connection"), app), user))
}

// Connect sets the cookie of a sealed connection, for 30 days. It replaces that of
// whoever used the browser before: one person uses it at a time.
func (c *Cookies) Connect(h http.Header, app, sealed string) {
	c.set(h, c.connection+app, sealed, http.SameSiteStrictMode, connectionLife)
}

// Connection is the sealed connection that the request brings for the app; empty when
// there is none, or more than one.
func (c *Cookies) Connection(r *http.Request, app string) (sealed string) {
	for name, value := range sent(r) {
		if name != c.connection+app {
			continue
		}
		if sealed != "" {
			return ""
		}
		sealed = value
	}
	return sealed
}

// Disconnect expires the cookie of the connection to an app.
func (c *Cookies) Disconnect(h http.Header, app string) {
	c.expire(h, c.connection+app, http.SameSiteStrictMode)
}

// DisconnectAll expires the cookies of all connections that the request brings.
func (c *Cookies) DisconnectAll(h http.Header, r *http.Request) {
	for name := range sent(r) {
		// The name goes into a Set-Cookie: nothing but one of our making.
		if app, ours := strings.CutPrefix(name, c.connection); ours && isApp(app) {
			c.Disconnect(h, app)
		}
	}
}

// isApp says whether a cookie of ours could be named so: config.ConnectedApps' rule.
func isApp(app string) bool {
	return app != "" && len(app) <= 64 && !strings.ContainsFunc(app, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
