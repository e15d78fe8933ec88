// Package session keeps a user's sign-in in cookies that only this service can read:
// the login attempt, the session with its tokens, the id of the session that counts, and
// the marker of a refresh token that Kinde has refused.
//
// The package is stateless. What a browser sends back is either exactly what one
// response set, sealed (AES-256-GCM) with a key of SESSION_KEYS, or it is refused as a
// whole; nothing is repaired. The package defends against
//
//   - scripts, plain http and other sites: HttpOnly, Secure, SameSite, and the __Host-
//     prefix, which keeps sibling domains from setting these cookies;
//   - forged, altered or mixed cookies: every value is authenticated, chunks after they
//     are joined;
//   - moved cookies: a value is bound to its cookie's name, the issuer, the client and
//     the site, so that a preview's cookie opens nothing on the site;
//   - planted cookies (on loopback any port can set one): a repeated name counts as
//     damaged;
//   - old cookies: attempts and markers carry their time inside the seal;
//   - late responses: a response that is overtaken by a sign-in or a sign-out may still
//     set its session cookie, but not the cookie that names the session that counts;
//   - large cookies: sizes are checked before any work, and all cookies together never
//     exceed what API Gateway accepts.
//
// It cannot tell a stolen session cookie from its owner's.
//
// No error contains any part of a cookie or of a token.
package session

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"
)

var (
	// ErrSealed means that a sealed value does not open: it was altered, made for
	// another purpose or site, sealed with an unknown key, or by another version.
	ErrSealed = errors.New("session: sealed value does not open")
	// ErrNoSession means that the request has no session cookie.
	ErrNoSession = errors.New("session: none")
	// ErrDamaged means that the request has session cookies that are not a session: the
	// user has to sign in again.
	ErrDamaged = errors.New("session: damaged")
	// ErrTooLarge means that a value does not fit in its cookies.
	ErrTooLarge = errors.New("session: too large for cookies")
	// ErrNoAttempt means that no valid login attempt belongs to a state: there is none,
	// it is older than ten minutes, or it was altered.
	ErrNoAttempt = errors.New("session: no such login attempt")
)

// Session is the content of the session cookie. A refresh replaces the tokens; the rest
// stays for the session's life.
type Session struct {
	Tokens
	ID      string    // random; never shown to the browser in the clear
	Subject string    // the user's id at Kinde
	Started time.Time // when the user signed in, by Kinde's clock
	// Organizations are cut to what the cookie holds when they are written.
	Organizations Organizations
	// Noted is the time of the last event for which the session was refreshed, by
	// Kinde's clock.
	Noted time.Time
	// RefreshDue means that the access token has been revoked: the next request must
	// refresh first.
	RefreshDue bool
}

// New returns a session with a new id.
func New(tokens Tokens, subject string, started time.Time, orgs Organizations) Session {
	return Session{Tokens: tokens, ID: rand.Text(), Subject: subject, Started: started, Organizations: orgs}
}

// With returns the session with the tokens of a refresh.
func (s Session) With(tokens Tokens) Session {
	s.Tokens, s.RefreshDue = tokens, false
	return s
}

// The bits of a session's flags.
const (
	flagRefreshDue = 1 << iota
	flagIncomplete
)

func (s Session) encode() []byte {
	b := appendText(appendText(s.Tokens.encode(), s.ID), s.Subject)
	b = appendTime(appendTime(b, s.Started), s.Noted)
	var flags uint64
	if s.RefreshDue {
		flags |= flagRefreshDue
	}
	if s.Organizations.Incomplete {
		flags |= flagIncomplete
	}
	return s.Organizations.appendTo(binary.AppendUvarint(b, flags))
}

func decode(plain []byte) (Session, bool) {
	f := fields{rest: plain}
	s := Session{Tokens: f.tokens(), ID: string(f.text()), Subject: string(f.text()), Started: f.time(), Noted: f.time()}
	flags := f.number()
	s.RefreshDue, s.Organizations.Incomplete = flags&flagRefreshDue != 0, flags&flagIncomplete != 0
	s.Organizations.List = f.organizations()
	if !f.complete() || s.ID == "" {
		return Session{}, false
	}
	return s, true
}
