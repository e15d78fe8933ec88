package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxAttempts = 3
	// maxAttemptsSize bounds what strangers can add to a browser's requests: links
	// to the login with the longest return URLs would else fill the 10,240 bytes
	// that API Gateway takes, and lock the person out of the site for a while.
	maxAttemptsSize = 4000
	// maxLookedAt is how many cookies of attempts one request may make us open.
	maxLookedAt    = 16
	stateHashBytes = 12
)

// The bits of an attempt's flags.
const (
	flagRestarted = 1 << iota
	flagSilent
)

// Attempt is a sign-in under way: what the callback needs to know of its start.
type Attempt struct {
	State     string // OAuth's state, which identifies the attempt
	Nonce     string // the nonce that the ID token must hold
	Verifier  string // PKCE's code verifier (RFC 7636)
	ReturnURL string // where a successful sign-in leads
	Started   time.Time
	Restarted bool // replaces an attempt whose link had expired
	Silent    bool // sent with prompt=none; replaced once by one with the form
	// Params are the parameters of a silent attempt, as a query, for the attempt
	// that replaces it.
	Params string
}

// Begin sets the cookie of a new attempt, which lives for ten minutes from
// a.Started, or from now when that is zero. It has a cookie of its own, so that
// logins in two tabs do not disturb each other, and is SameSite=Lax, since Kinde
// sends people back from another site. At most three stay, and fewer when their
// return URLs are long: the oldest are expired, and those that cannot be read.
//
// An attempt that does not fit in a cookie is ErrTooLarge, and sets nothing. Up to
// 2,048 characters of return URL always fit.
func (c *Cookies) Begin(h http.Header, r *http.Request, a Attempt) error {
	if a.Started.IsZero() {
		a.Started = c.now()
	}
	name := c.attemptName(a.State)
	value := c.box.Seal(name, a.encode())
	size := len(name) + len(value)
	if size > maxCookie {
		return ErrTooLarge
	}
	c.set(h, name, value, http.SameSiteLaxMode, attemptLife)
	kept := 1
	for _, old := range c.attempts(r) {
		if old.name == name {
			continue
		}
		if old.valid && kept < maxAttempts && size+old.size <= maxAttemptsSize {
			kept++
			size += old.size
			continue
		}
		c.expire(h, old.name, http.SameSiteLaxMode)
	}
	return nil
}

// Attempt returns the attempt that a callback's state belongs to. ErrNoAttempt is
// any state but one that this browser began with within the last ten minutes.
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

// EndAll expires the cookies of all attempts that the request brings.
func (c *Cookies) EndAll(h http.Header, r *http.Request) {
	for _, a := range c.attempts(r) {
		c.expire(h, a.name, http.SameSiteLaxMode)
	}
}

// attemptName is a hash, so that a name tells nothing and takes few bytes.
func (c *Cookies) attemptName(state string) string {
	digest := sha256.Sum256([]byte(state))
	return c.attempt + strictBase64.EncodeToString(digest[:stateHashBytes])
}

func (c *Cookies) openAttempt(r *http.Request, name string) (Attempt, bool) {
	a, ok := decodeAttempt(c.open(r, name))
	return a, ok && c.fresh(a.Started, attemptLife)
}

// begun is a cookie of an attempt as a request brings it.
type begun struct {
	name    string
	size    int // of name and value
	started time.Time
	valid   bool
}

// attempts are those in the request, the newest first.
func (c *Cookies) attempts(r *http.Request) []begun {
	var all []begun
	for name, value := range sent(r) {
		if len(all) == maxLookedAt {
			break
		}
		hash, ours := strings.CutPrefix(name, c.attempt)
		// The name may go into a Set-Cookie: nothing but a name of our own making.
		digest, ok := canonical(hash)
		if !ours || !ok || len(digest) != stateHashBytes {
			continue
		}
		a, valid := c.openAttempt(r, name)
		all = append(all, begun{name, len(name) + len(value), a.Started, valid})
	}
	slices.SortStableFunc(all, func(a, b begun) int { return b.started.Compare(a.started) })
	return all
}

func (a Attempt) encode() []byte {
	b := appendText(appendText(appendText(appendText(nil, a.State), a.Nonce), a.Verifier), a.ReturnURL)
	flags := uint64(0)
	if a.Restarted {
		flags |= flagRestarted
	}
	if a.Silent {
		flags |= flagSilent
	}
	return appendText(binary.AppendUvarint(appendTime(b, a.Started), flags), a.Params)
}

func decodeAttempt(plain []byte) (Attempt, bool) {
	f := fields{rest: plain}
	a := Attempt{
		State:     string(f.text()),
		Nonce:     string(f.text()),
		Verifier:  string(f.text()),
		ReturnURL: string(f.text()),
		Started:   f.time(),
	}
	flags := f.number()
	a.Restarted, a.Silent = flags&flagRestarted != 0, flags&flagSilent != 0
	a.Params = string(f.text())
	return a, f.complete()
}
