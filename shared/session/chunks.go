package session

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	maxChunks = 2 // more would not fit in sessionBudget

	generationBytes = 6
	chunkCount      = "2" // maxChunks: a session that is split uses them all
	chunkMark       = "." // not in base64url, so no chunk looks like a whole session
)

// Read returns the session in the request's cookies: exactly what one Write set. The
// error is ErrNoSession when there is no session cookie, and otherwise ErrDamaged with a
// cause for the log: chunks that are missing, left over, reordered or of different
// sessions; a repeated cookie, even when one of them would open; a value that was
// altered, is of another site, or was sealed with a key no longer listed.
func (c *Cookies) Read(r *http.Request) (Session, error) {
	var found values
	for name, value := range sent(r) {
		i := slices.Index(c.session, name)
		switch {
		case i < 0:
			continue
		case found[i] != "":
			return Session{}, damaged("a cookie is repeated")
		case value == "":
			return Session{}, damaged("a cookie is empty")
		}
		found[i] = value
	}
	sealed, err := found.join()
	if err != nil {
		return Session{}, err
	}
	plain, err := c.box.Open(c.session[0], sealed)
	if err != nil {
		return Session{}, damaged("altered, of another site, or of a key not in SESSION_KEYS")
	}
	s, ok := decode(plain)
	if !ok {
		return Session{}, damaged("does not contain a session")
	}
	return s, nil
}

func damaged(why string) error { return fmt.Errorf("%w: %s", ErrDamaged, why) }

// Write sets the session cookies for Life and expires those that it does not set. A
// session that exceeds its share of the cookies gives up organization names, then
// organizations; if it still does not fit, nothing is set and the error is ErrTooLarge.
func (c *Cookies) Write(h http.Header, s Session) error {
	s.Organizations = s.Organizations.fit(maxOrganizations)
	set, err := c.split(c.box.Seal(c.session[0], s.encode()))
	for size := maxOrganizations / 2; err != nil && len(s.Organizations.List) > 0; size /= 2 {
		s.Organizations = s.Organizations.fit(size)
		set, err = c.split(c.box.Seal(c.session[0], s.encode()))
	}
	if err != nil {
		return err
	}
	for i, name := range c.session {
		if set[i] == "" {
			c.expire(h, name, http.SameSiteStrictMode)
		} else {
			c.set(h, name, set[i], http.SameSiteStrictMode, Life)
		}
	}
	return nil
}

// values are the values of the cookies in Cookies.session; an empty one is absent.
type values [1 + maxChunks]string

// split spreads a sealed session over its cookies. A chunk is the number of
// chunks, the generation, and its piece.
func (c *Cookies) split(sealed string) (v values, err error) {
	if len(c.session[0])+len(sealed) <= maxCookie {
		v[0] = sealed
		return v, nil
	}
	digest := sha256.Sum256([]byte(sealed))
	generation := base64.RawURLEncoding.EncodeToString(digest[:generationBytes])
	label := chunkCount + chunkMark + generation + chunkMark
	total := 0
	for i, name := range c.session[1:] {
		size := min(maxCookie-len(name)-len(label), len(sealed))
		v[1+i] = label + sealed[:size]
		sealed = sealed[size:]
		total += sizeOf(name, v[1+i])
	}
	if sealed != "" || total > sessionBudget {
		return values{}, ErrTooLarge
	}
	return v, nil
}

// join reverses split. It checks labels only so that the log can name the cause: pieces
// that do not belong together would not open either.
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
			return "", damaged("a chunk has no label")
		}
		if i > 0 && own != generation {
			return "", damaged("chunks of different sessions")
		}
		generation = own
		sealed += piece
	}
	return sealed, nil
}
