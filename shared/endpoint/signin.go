package endpoint

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/redirect"
	"kinde-functions/shared/session"
)

// OnSite refuses a request on another host than the site's: its cookies would
// not be there when Kinde sends the browser back.
func (s *Sessions) OnSite(host string) error {
	_, want, _ := strings.Cut(s.Site, "://")
	if host != want {
		return problem.New(problem.WrongHost, nil).WithDetail("Sign in at " + s.Site + "; this address cannot hold the site's session.")
	}
	return nil
}

// ReturnURL is where a sign-in leads: the query's return_url, or the fallback.
func (s *Sessions) ReturnURL(query map[string]string, fallback redirect.Target) (redirect.Target, error) {
	raw, given := query["return_url"]
	if !given {
		return fallback, nil
	}
	checked, err := s.Returns.Check(raw)
	if err != nil {
		return redirect.Target{}, problem.New(problem.InvalidReturnURL, err)
	}
	return checked, nil
}

// Start begins a sign-in that leads to back: it seals the attempt into a cookie
// of its own and returns the URL at Kinde. extra holds checked parameters by
// Kinde's names.
func (s *Sessions) Start(r *Request, back redirect.Target, extra url.Values) (string, error) {
	attempt := session.Attempt{ReturnURL: back.Absolute()}
	if extra.Get("prompt") == "none" {
		attempt.Silent, attempt.Params = true, keptParams(extra)
	}
	return s.start(r, attempt, extra)
}

// ContinueWithForm begins a silent attempt again without prompt=none.
func (s *Sessions) ContinueWithForm(r *Request, attempt session.Attempt) (string, error) {
	extra, err := url.ParseQuery(attempt.Params)
	if err != nil {
		return "", err
	}
	return s.start(r, session.Attempt{ReturnURL: attempt.ReturnURL, Restarted: attempt.Restarted}, extra)
}

// Restart begins a sign-in in place of one whose link had expired, with the
// reauth_state that Kinde gave for it.
func (s *Sessions) Restart(r *Request, returnURL, reauthState string) (string, error) {
	attempt := session.Attempt{ReturnURL: returnURL, Restarted: true}
	return s.start(r, attempt, url.Values{"reauth_state": {reauthState}})
}

// IsRestart reports whether a state is one of Restart's. It bounds restarts in a
// browser that keeps no cookies, where no attempt is found: Kinde sends the state
// back. It is no proof of anything else.
func IsRestart(state string) bool { return strings.HasSuffix(state, restartMark) }

const restartMark = "-again" // base32 has no hyphen

// maxParams bounds the parameters that an attempt keeps, in bytes: they share
// the cookie's budget with the return URL.
const maxParams = 256

// keptParams are the parameters of extra that the form needs too, the most
// important first, as long as they fit.
func keptParams(extra url.Values) string {
	kept := url.Values{}
	for _, name := range []string{"org_code", "invitation_code", "is_invitation", "connection_id", "lang", "login_hint",
		"is_create_org", "org_name", "plan_interest", "pricing_table_key"} {
		if value := extra.Get(name); value != "" {
			if kept.Set(name, value); len(kept.Encode()) > maxParams {
				kept.Del(name)
			}
		}
	}
	return kept.Encode()
}

func (s *Sessions) start(r *Request, attempt session.Attempt, extra url.Values) (string, error) {
	// 26 characters of base32 are 130 bits; a verifier needs 43 at least (RFC
	// 7636 section 4.1).
	attempt.State, attempt.Nonce, attempt.Verifier = rand.Text(), rand.Text(), rand.Text()+rand.Text()
	if attempt.Restarted {
		attempt.State += restartMark
	}
	attempt.Started = time.Now()
	if err := s.Cookies.Begin(r.Out, r.HTTP, attempt); err != nil {
		return "", err
	}
	challenge := sha256.Sum256([]byte(attempt.Verifier))
	return s.Kinde.AuthorizeURL(s.App, attempt.State, attempt.Nonce, base64.RawURLEncoding.EncodeToString(challenge[:]), extra), nil
}

// Welcome verifies a sign-in's access token, which must be subject's, and puts
// the session into cookies. Its errors are LoginFailed or SessionTooLarge.
func (s *Sessions) Welcome(ctx context.Context, out http.Header, subject string, tokens session.Tokens) (Caller, error) {
	claims, err := s.Verifier.Access(ctx, tokens.Access)
	if err == nil && claims.Subject != subject {
		err = errors.New("access token and ID token are of different people")
	}
	if err != nil {
		return Caller{}, problem.New(problem.LoginFailed, err)
	}
	switch err := s.Cookies.Write(out, tokens); {
	case errors.Is(err, session.ErrTooLarge):
		return Caller{}, problem.New(problem.SessionTooLarge, err)
	case err != nil:
		return Caller{}, problem.New(problem.LoginFailed, err)
	}
	return sessionCaller(tokens, claims), nil
}
