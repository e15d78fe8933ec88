package endpoint

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
	"kinde-functions/shared/token"
)

// keysRetry is what a caller is told to wait when no signing keys can be had:
// the key set's own pause between fetches.
const keysRetry = 30 * time.Second

// Caller is who calls, as their verified access token says.
type Caller struct {
	Subject string // Kinde's user id, kp_…
	OrgCode string
	Client  string // azp
	Scopes  []string
	// Token is the access token, to be passed to Kinde and nowhere else.
	Token string
	// Refresh is the session's refresh token; empty for Bearer callers.
	Refresh string
	// ByCookie says that the session cookie was the credential.
	ByCookie bool
	Claims   *token.Claims
}

// Callers finds out who calls: the one place where credentials are read. It is
// an interface so that a binary without such rows links none of it.
type Callers interface {
	// read finds the request's credential and makes every check of it that
	// needs no key. Set-Cookie lines for whatever the answer will be go into
	// out, now or when the candidate is verified.
	read(row *row, r *http.Request, out http.Header) (*candidate, error)
	// mustFetch reports whether verifying would begin with a fetch of the
	// signing keys, there being none.
	mustFetch() bool
	// cookies reports whether a session cookie is a credential.
	cookies() bool
}

// candidate is a credential on its way to being a caller.
type candidate struct {
	// unverified is who the token says it is from, before anything proves it:
	// good for asking Kinde with that very token, and for nothing else.
	unverified Caller
	verify     func(context.Context) (Caller, error)
	// slow candidates do not know their caller before they have verified.
	slow bool
}

// credentials takes `Authorization: Bearer`, else the session cookie where
// sessions are switched on.
type credentials struct {
	verifier *token.Verifier
	keys     *token.Keys
	sessions *Sessions // nil: Bearer alone
	client   string    // the site's client ID
	device   string    // the device application's; empty: there is none
}

// Connection is what a function for signed-in people is connected to.
type Connection struct {
	Callers  Callers
	Kinde    *kinde.Client
	Verifier *token.Verifier
	Shared   *Shared
	Limiter  Limiter // nil unless OpenLimited made it
	sessions *Sessions
}

// Open makes what the settings say: the credential step, and a client and a
// verifier that share its connections.
func Open(s *config.Settings) (*Connection, error) {
	upstream := outbound.New(s.UpstreamTimeout)
	keys := token.NewKeys(s.Issuer+kinde.KeysPath, upstream.HTTP())
	verifier, err := token.NewVerifier(token.Config{Issuer: s.Issuer, ClientIDs: s.ClientIDs(), Audiences: s.Audiences, Keys: keys})
	if err != nil {
		return nil, err
	}
	shared, err := Share(s)
	if err != nil {
		return nil, err
	}
	client := kinde.New(s.Issuer, s.Management, upstream)
	sessions, err := newSessions(s, client, verifier, shared)
	if err != nil {
		return nil, err
	}
	return &Connection{
		Callers: &credentials{verifier: verifier, keys: keys, sessions: sessions, client: s.ClientID, device: s.DeviceClientID},
		Kinde:   client, Verifier: verifier, Shared: shared, sessions: sessions,
	}, nil
}

// OpenLimited is Open for a function with limited rows, which gives its name.
func OpenLimited(s *config.Settings, function string) (*Connection, error) {
	c, err := Open(s)
	if err != nil {
		return nil, err
	}
	c.Limiter, err = c.Shared.Limiter(s, function)
	return c, err
}

// Connect is Open for the functions that need no more than callers and Kinde.
func Connect(s *config.Settings) (Callers, *kinde.Client, error) {
	c, err := Open(s)
	if err != nil {
		return nil, nil, err
	}
	return c.Callers, c.Kinde, nil
}

func (c *credentials) mustFetch() bool { return !c.keys.Held() && c.keys.Fetchable() }

func (c *credentials) cookies() bool { return c.sessions != nil }

func (c *credentials) read(row *row, r *http.Request, out http.Header) (*candidate, error) {
	if row.Access == route.Leaver {
		return c.sessions.leaving(row, r)
	}
	raw, err := bearerToken(r.Header)
	if err != nil && c.sessions != nil && problem.From(err).Code == problem.NoToken {
		return c.sessions.read(row, r, out)
	}
	if err != nil {
		return nil, err
	}
	unfinished, err := c.verifier.Check(raw)
	if err != nil {
		return nil, refused(err)
	}
	if client := unfinished.Claims().ClientID; client == c.device && client != c.client && !row.Device {
		return nil, problem.New(problem.InvalidToken, errors.New("a device token, which this route does not accept"))
	}
	verify := func(ctx context.Context) (Caller, error) {
		claims, err := unfinished.Verify(ctx)
		if err != nil {
			return Caller{}, refused(err)
		}
		return callerOf(raw, claims), nil
	}
	return &candidate{unverified: callerOf(raw, unfinished.Claims()), verify: verify}, nil
}

// bearerToken finds `Authorization: Bearer`, once and well-formed (RFC 6750
// section 2.1). Another scheme is no credential, since hosts protect previews
// with Basic.
func bearerToken(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) > 1 {
		return "", problem.New(problem.InvalidRequest, errors.New("two Authorization headers"))
	}
	if len(values) == 0 {
		return "", problem.New(problem.NoToken, nil)
	}
	scheme, raw, _ := strings.Cut(strings.TrimSpace(values[0]), " ")
	raw = strings.TrimLeft(raw, " ")                                      // one or more spaces
	if strings.EqualFold(scheme, "Basic") && strings.Contains(raw, ",") { // as payload 2.0 joins them
		return "", problem.New(problem.InvalidRequest, errors.New("two Authorization headers"))
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return "", problem.New(problem.NoToken, nil)
	}
	if !token68(raw) {
		return "", problem.New(problem.InvalidRequest, errors.New("malformed Bearer credentials"))
	}
	return raw, nil
}

func callerOf(raw string, claims *token.Claims) Caller {
	return Caller{Subject: claims.Subject, OrgCode: claims.OrgCode, Client: claims.ClientID,
		Scopes: claims.Scopes, Token: raw, Claims: claims}
}

// refused is the problem of a token that failed, or of keys that could not be
// had, which is never the caller's fault.
func refused(err error) *problem.Error {
	if errors.Is(err, token.ErrInvalid) {
		return problem.New(problem.InvalidToken, err)
	}
	return KeysUnavailable(err)
}

// KeysUnavailable is the problem of signing keys that could not be had.
func KeysUnavailable(err error) *problem.Error {
	p := problem.New(problem.KeysUnavailable, err)
	p.RetryAfter = keysRetry
	return p
}

// token68 is RFC 9110 section 11.2's form of a credential in one word.
func token68(raw string) bool {
	word := strings.TrimRight(raw, "=")
	for i := range len(word) { // of a token's kilobyte, so without strings.ContainsRune
		switch c := word[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == '~', c == '+', c == '/':
		default:
			return false
		}
	}
	return word != ""
}
