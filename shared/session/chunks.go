package session

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	// maxCookie is how long a cookie's name and value may be together, in bytes.
	// Browsers take 4,096 of them (RFC 6265bis section 5.6); older ones count the
	// attributes too (RFC 6265 section 6.1).
	maxCookie = 3800
	// maxSession is how long all names and values of a session may be. API Gateway
	// takes 10,240 bytes of request line and headers, and answers for us if more come.
	maxSession = 7000
	maxChunks  = 2 // more would not fit in maxSession

	generationBytes = 6
	chunkCount      = "2" // maxChunks: a session that is split fills them all
	chunkMark       = "." // not in base64url, so no chunk looks like a whole session
)

// Read returns the session that the request's cookies hold: what one Write set,
// all of it and nothing else. It is ErrNoSession when no session cookie is there,
// and otherwise ErrDamaged, with a cause fit for a log: chunks missing, left over,
// reordered or of different sessions; a cookie there twice, even when one of them
// would open; anything altered, of another site, or of a key no longer listed.
func (c *Cookies) Read(r *http.Request) (Tokens, error) {
	var found values
	for name, value := range sent(r) {
		i := slices.Index(c.session, name)
		switch {
		case i < 0:
			continue
		case found[i] != "":
			return Tokens{}, damaged("a cookie is there twice")
		case value == "":
			return Tokens{}, damaged("a cookie is empty")
		}
		found[i] = value
	}
	sealed, err := found.join()
	if err != nil {
		return Tokens{}, err
	}
	plain, err := c.box.Open(c.session[0], sealed)
	if err != nil {
		return Tokens{}, damaged("altered, of another site, or of a key not in SESSION_KEYS")
	}
	var t Tokens
	if err := t.UnmarshalBinary(plain); err != nil {
		return Tokens{}, damaged("holds no tokens")
	}
	return t, nil
}

func damaged(why string) error { return fmt.Errorf("%w: %s", ErrDamaged, why) }

// Write sets the session cookies and expires those of the session before that
// are not set anew. They last for 15 days, counted from this answer. Over 7,000
// bytes, names included, nothing is set and the error is ErrTooLarge.
func (c *Cookies) Write(h http.Header, t Tokens) error {
	set, err := c.split(c.box.Seal(c.session[0], t.encode()))
	if err != nil {
		return err
	}
	for i, name := range c.session {
		if set[i] == "" {
			c.expire(h, name, http.SameSiteStrictMode)
		} else {
			c.set(h, name, set[i], http.SameSiteStrictMode, sessionLife)
		}
	}
	return nil
}

// Clear ends the session: it expires every name that one may have, and the marker.
func (c *Cookies) Clear(h http.Header) {
	for _, name := range c.session {
		c.expire(h, name, http.SameSiteStrictMode)
	}
	c.Unmark(h)
}

// values of the cookies that Cookies.session names; an empty one is not there.
type values [1 + maxChunks]string

// split spreads a sealed session over its cookies. A chunk is the number of
// chunks, the generation, and its piece.
func (c *Cookies) split(sealed string) (v values, err error) {
	if len(c.session[0])+len(sealed) <= maxCookie {
		v[0] = sealed
		return v, nil
	}
	digest := sha256.Sum256([]byte(sealed))
	generation := strictBase64.EncodeToString(digest[:generationBytes])
	label := chunkCount + chunkMark + generation + chunkMark
	total := len(sealed)
	for i, name := range c.session[1:] {
		size := min(maxCookie-len(name)-len(label), len(sealed))
		v[1+i] = label + sealed[:size]
		sealed = sealed[size:]
		total += len(name) + len(label)
	}
	if total > maxSession {
		return values{}, ErrTooLarge
	}
	return v, nil
}

// join is the way back. It looks at labels only so that the log can say why:
// pieces that do not belong together would not open either.
func (v values) join() (sealed string, err error) {
	chunks := v[1:]
	switch {
	case v == values{}:
		return "", ErrNoSession
	case v[0] != "" && strings.Join(chunks, "") != "":
		return "", damaged("a chunk is left over")
	case v[0] != "":
		return v[0], nil
	case slices.Contains(chunks, ""):
		return "", damaged("a chunk is missing")
	}
	var generation string
	for i, chunk := range chunks {
		count, rest, _ := strings.Cut(chunk, chunkMark)
		own, piece, ok := strings.Cut(rest, chunkMark)
		if !ok || count != chunkCount {
			return "", damaged("a chunk is not one")
		}
		if i > 0 && own != generation {
			return "", damaged("chunks of different sessions")
		}
		generation = own
		sealed += piece
	}
	return sealed, nil
}
