package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"time"

	"kinde-functions/shared/text"
)

const (
	maxAttempts = 3
	// maxOpened is how many attempt cookies one request makes this package open.
	maxOpened      = 16
	stateHashBytes = 12
)

// The bits of an attempt's flags.
const (
	flagRestarted = 1 << iota
	flagSilent
)

// Attempt is a sign-in in progress: what the callback needs of its start.
type Attempt struct {
	State     string // OAuth's state, by which the attempt is found
	Nonce     string // which the ID token must hold
	Verifier  string // of PKCE (RFC 7636)
	ReturnURL string // where the sign-in leads
	Session   string // id of the session that the sign-in replaces; empty: none
	Started   time.Time
	Restarted bool // this attempt replaces one whose link had expired at Kinde
	Silent    bool // sent with prompt=none; replaced once by one with the form
	// Params are the parameters of a silent attempt, as a query, for the attempt that
	// replaces it.
	Params string
}

// Begin sets the cookie of a new attempt, which lives for ten minutes from a.Started, or
// from now when that is zero. Each attempt has its own cookie, so that sign-ins in two
// tabs do not disturb each other. It is SameSite=Lax, since Kinde redirects from another
// site. At most three stay, fewer when their return URLs are long: the oldest are
// expired, and those that do not open.
//
// An attempt that exceeds the share of the attempts is ErrTooLarge, and sets nothing. A
// return URL of 500 characters always fits.
func (c *Cookies) Begin(h http.Header, r *http.Request, a Attempt) error {
	if a.Started.IsZero() {
		a.Started = c.now()
	}
	name := c.attemptName(a.State)
	value := c.box.Seal(name, a.encode())
	size := sizeOf(name, value)
	if size > attemptBudget {
		return ErrTooLarge
	}
	c.set(h, name, value, http.SameSiteLaxMode, attemptLife)
	kept := 1
	for _, old := range c.attempts(r) {
		if old.name == name {
			continue
		}
		if old.valid && kept < maxAttempts && size+old.size <= attemptBudget {
			kept++
			size += old.size
			continue
		}
		c.expire(h, old.name, http.SameSiteLaxMode)
	}
	return nil
}

// Attempt returns the attempt that a callback's state belongs to. The error is
// ErrNoAttempt unless this browser began that attempt within the last ten minutes.
func (c *Cookies) Attempt(r *http.Request, state string) (Attempt, error) {
	a, ok := c.openAttempt(r, c.attemptName(state))
	if !ok || state == "" || subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) != 1 {
		return Attempt{}, ErrNoAttempt
	}
	return a, nil
}

// End expires the cookie of the attempt with that state.
func (c *Cookies) End(h http.Header, state string) {
	c.expire(h, c.attemptName(state), http.SameSiteLaxMode)
}

// endAll expires the cookies of all attempts in the request.
func (c *Cookies) endAll(h http.Header, r *http.Request) {
	for _, a := range c.attempts(r) {
		c.expire(h, a.name, http.SameSiteLaxMode)
	}
}

// attemptName is a hash of the state, so that the name is short and reveals nothing.
func (c *Cookies) attemptName(state string) string {
	digest := sha256.Sum256([]byte(state))
	return c.attempt + base64.RawURLEncoding.EncodeToString(digest[:stateHashBytes])
}

func (c *Cookies) openAttempt(r *http.Request, name string) (Attempt, bool) {
	a, ok := decodeAttempt(c.open(r, name))
	return a, ok && c.fresh(a.Started, attemptLife)
}

// begun is the cookie of an attempt in a request.
type begun struct {
	name    string
	size    int
	started time.Time
	valid   bool
}

// attempts returns those in the request, the newest first.
func (c *Cookies) attempts(r *http.Request) []begun {
	var all []begun
	for name, value := range sent(r) {
		if len(all) == maxOpened {
			break
		}
		hash, ours := strings.CutPrefix(name, c.attempt)
		// The name may go into a Set-Cookie field, so it must be one of this package's.
		digest, ok := text.DecodeBase64URL(hash)
		if !ours || !ok || len(digest) != stateHashBytes {
			continue
		}
		a, valid := c.openAttempt(r, name)
		all = append(all, begun{name, sizeOf(name, value), a.Started, valid})
	}
	slices.SortStableFunc(all, func(a, b begun) int { return b.started.Compare(a.started) })
	return all
}

func (a Attempt) encode() []byte {
	var b []byte
	for _, text := range []string{a.State, a.Nonce, a.Verifier, a.ReturnURL, a.Session, a.Params} {
		b = appendText(b, text)
	}
	flags := uint64(0)
	if a.Restarted {
		flags |= flagRestarted
	}
	if a.Silent {
		flags |= flagSilent
	}
	return binary.AppendUvarint(appendTime(b, a.Started), flags)
}

func decodeAttempt(plain []byte) (Attempt, bool) {
	f := fields{rest: plain}
	a := Attempt{
		State:     string(f.text()),
		Nonce:     string(f.text()),
		Verifier:  string(f.text()),
		ReturnURL: string(f.text()),
		Session:   string(f.text()),
		Params:    string(f.text()),
		Started:   f.time(),
	}
	flags := f.number()
	a.Restarted, a.Silent = flags&flagRestarted != 0, flags&flagSilent != 0
	return a, f.complete()
}
