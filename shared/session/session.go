// Package session keeps a person's sign-in in cookies that only this server
// can read: the login attempt, the session with its tokens, and the marker of a
// refresh token that another request has used up.
//
// It is stateless: what a browser brings back is either exactly what one answer
// set, sealed (AES-256-GCM) with a key of SESSION_KEYS, or it is refused as a
// whole. Nothing is repaired or guessed. It defends against
//
//   - scripts, plain http and other sites: HttpOnly, Secure, SameSite, and the
//     __Host- prefix, which keeps sibling domains from setting our cookies;
//   - cookies forged, altered, or mixed from several sessions: every value is
//     authenticated, chunks after they are joined;
//   - cookies moved: a value is bound to its cookie's name, the issuer and the
//     client, so that none serves as another one or at another site;
//   - cookies planted beside ours (on loopback any port can set one): a name
//     that comes twice counts as damaged, never as whichever suits;
//   - old cookies: attempts and markers carry their time inside the seal;
//   - big ones: sizes are looked at before any work, and a session is never set
//     that would not fit through API Gateway.
//
// What it cannot do is tell a stolen session cookie from its owner's.
//
// No error holds any part of a cookie or of a token.
package session

import "errors"

var (
	// ErrSealed means that a sealed value does not open: altered, made for
	// something else, sealed with an unknown key, or by a newer version.
	ErrSealed = errors.New("session: sealed value does not open")
	// ErrNoSession means that the request brings no session cookie at all.
	ErrNoSession = errors.New("session: none")
	// ErrDamaged means that the request brings session cookies that are not a
	// session: the person has to sign in again.
	ErrDamaged = errors.New("session: damaged")
	// ErrTooLarge means that what was to be set does not fit in cookies.
	ErrTooLarge = errors.New("session: too large for cookies")
	// ErrNoAttempt means that no valid login attempt belongs to a state: there
	// is none, it is older than ten minutes, or it was altered.
	ErrNoAttempt = errors.New("session: no such login attempt")
)
