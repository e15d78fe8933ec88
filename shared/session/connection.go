package session

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kinde-functions/shared/text"
)

// connectionLife is how long a browser keeps a connection that is not used.
const connectionLife = 30 * 24 * time.Hour

// maxHandles is how many handles a connection has: the one in use, and one that the user
// may yet consent to in its place.
const maxHandles = 2

// Owner is whose a connection is: a user's, in one of their organizations.
type Owner struct{ User, Organization string }

// SealConnection seals Kinde's handles of a connection to an app, so that
// they can be given away: they open for that app and owner alone. Of more than two
// handles the first two are kept.
func (c *Cookies) SealConnection(app string, owner Owner, handles ...string) string {
	plain := appendTime(nil, c.now())
	for _, handle := range handles[:min(len(handles), maxHandles)] {
		plain = appendText(plain, handle)
	}
	return c.box.Seal(connectionPurpose(app, owner), plain)
}

// OpenConnection returns the handles that were sealed for the app and owner, if sealed is
// theirs.
func (c *Cookies) OpenConnection(app string, owner Owner, sealed string) []string {
	_, handles := c.openConnection(app, owner, sealed)
	return handles
}

func (c *Cookies) openConnection(app string, owner Owner, sealed string) (at time.Time, handles []string) {
	plain, err := c.box.Open(connectionPurpose(app, owner), sealed)
	if err != nil {
		return time.Time{}, nil
	}
	f := fields{rest: plain}
	for at = f.time(); len(f.rest) > 0; {
		handle := f.text()
		if f.bad || len(handle) == 0 || len(handles) == maxHandles {
			return time.Time{}, nil
		}
		handles = append(handles, string(handle))
	}
	return at, handles
}

func connectionPurpose(app string, owner Owner) string {
	return string(appendText(appendText(appendText([]byte("connection"), app), owner.User), owner.Organization))
}

// Connect sets the cookie of a connection for 30 days. Connections that no longer fit
// beside it are expired: those of other owners first, then the oldest. A connection that
// does not fit is ErrTooLarge.
func (c *Cookies) Connect(h http.Header, r *http.Request, app string, owner Owner, handles ...string) error {
	name, value := c.connection+app, c.SealConnection(app, owner, handles...)
	size := sizeOf(name, value)
	if size > connectionBudget {
		return ErrTooLarge
	}
	c.set(h, name, value, http.SameSiteStrictMode, connectionLife)
	for _, old := range c.connections(r, owner) {
		if old.app == app {
			continue
		}
		if size += old.size; size > connectionBudget {
			c.Disconnect(h, old.app)
		}
	}
	return nil
}

// connected is the cookie of a connection in a request.
type connected struct {
	app  string
	size int
	at   time.Time // zero: of another owner
}

// connections returns those in the request, the newest first.
func (c *Cookies) connections(r *http.Request, owner Owner) []connected {
	var all []connected
	for name, value := range sent(r) {
		// The name may go into a Set-Cookie field, so it must be one of this package's.
		if app, ours := strings.CutPrefix(name, c.connection); ours && isApp(app) {
			at, _ := c.openConnection(app, owner, value)
			all = append(all, connected{app, sizeOf(name, value), at})
		}
	}
	slices.SortStableFunc(all, func(a, b connected) int { return b.at.Compare(a.at) })
	return all
}

// Connection returns the sealed connection to the app in the request. It is empty when
// there is none, or more than one.
func (c *Cookies) Connection(r *http.Request, app string) (sealed string) {
	return only(r, c.connection+app)
}

// Disconnect expires the cookie of the connection to an app.
func (c *Cookies) Disconnect(h http.Header, app string) {
	c.expire(h, c.connection+app, http.SameSiteStrictMode)
}

// disconnectAll expires the cookies of all connections in the request.
func (c *Cookies) disconnectAll(h http.Header, r *http.Request) {
	for _, old := range c.connections(r, Owner{}) {
		c.Disconnect(h, old.app)
	}
}

// isApp reports whether app can be part of a cookie's name; the rule is config.ConnectedApps'.
func isApp(app string) bool { return text.IsPlain(app, 64, "_-") }
