package auth

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
	"kinde-functions/shared/store"
)

// CheckHost refuses a request on another host than the site's: its cookies would not be
// sent when Kinde redirects the browser back.
func (s *Sessions) CheckHost(host string) error {
	_, want, _ := strings.Cut(s.Site, "://")
	if host != want {
		detail := "Sign in at " + s.Site + "; this address cannot hold the site's session."
		return problem.New(problem.WrongHost, nil).WithDetail(detail)
	}
	return nil
}

// Start begins a sign-in that leads to back: it seals an attempt into a cookie of its own
// and returns the URL at Kinde. extra holds checked parameters by Kinde's names.
func (s *Sessions) Start(out http.Header, r *http.Request, back redirect.Target, extra url.Values) (string, error) {
	attempt := session.Attempt{ReturnURL: back.Absolute()}
	if extra.Get("prompt") == "none" {
		attempt.Silent, attempt.Params = true, keptParams(extra)
	}
	return s.start(out, r, attempt, extra)
}

// ContinueWithForm begins a silent attempt again without prompt=none.
func (s *Sessions) ContinueWithForm(out http.Header, r *http.Request, attempt session.Attempt) (string, error) {
	extra, err := url.ParseQuery(attempt.Params)
	if err != nil {
		return "", err
	}
	again := session.Attempt{ReturnURL: attempt.ReturnURL, Session: attempt.Session, Restarted: attempt.Restarted}
	return s.start(out, r, again, extra)
}

// Restart begins a sign-in in place of one whose link had expired, with the reauth_state
// that Kinde gave for it.
func (s *Sessions) Restart(out http.Header, r *http.Request, returnURL, reauthState string) (string, error) {
	attempt := session.Attempt{ReturnURL: returnURL, Restarted: true}
	return s.start(out, r, attempt, url.Values{"reauth_state": {reauthState}})
}

// ErrUserEnded refuses a sign-in at Kinde that began before the user's sessions were ended.
// Kinde may keep such a sign-in over a suspension, and give it again without a form.
var ErrUserEnded = errors.New("the user's sessions have been ended since this sign-in")

// SignInAgain begins a sign-in with the form in place of one that ErrUserEnded refuses.
func (s *Sessions) SignInAgain(out http.Header, r *http.Request, returnURL, orgCode string) (string, error) {
	extra := url.Values{"prompt": {"login"}}
	if orgCode != "" {
		extra.Set("org_code", orgCode)
	}
	return s.start(out, r, session.Attempt{ReturnURL: returnURL, Restarted: true}, extra)
}

// IsRestart reports whether a state is one of Restart's. It bounds restarts in a browser
// that keeps no cookies, where no attempt is found: Kinde sends the state back. It is no
// proof of anything else.
func IsRestart(state string) bool { return strings.HasSuffix(state, restartMark) }

const restartMark = "-again" // base32 has no hyphen

// maxParams bounds the parameters that an attempt keeps, in bytes: they share the
// cookie's budget with the return URL.
const maxParams = 256

// keptParams are the parameters of extra that the form needs too, the most important
// first, as long as they fit.
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

func (s *Sessions) start(out http.Header, r *http.Request, attempt session.Attempt, extra url.Values) (string, error) {
	// 26 characters of base32 are 130 bits; a verifier needs 43 at least (RFC 7636 section
	// 4.1).
	attempt.State, attempt.Nonce, attempt.Verifier = rand.Text(), rand.Text(), rand.Text()+rand.Text()
	if attempt.Restarted {
		attempt.State += restartMark
	}
	attempt.Started = time.Now()
	if replaced, err := s.Cookies.Read(r); err == nil {
		attempt.Session = replaced.ID
	}
	if err := s.begin(out, r, attempt); err != nil {
		return "", err
	}
	challenge := sha256.Sum256([]byte(attempt.Verifier))
	encoded := base64.RawURLEncoding.EncodeToString(challenge[:])
	return s.Kinde.AuthorizeURL(s.App, attempt.State, attempt.Nonce, encoded, extra), nil
}

// begin sets the attempt's cookie. An attempt that does not fit gives up the parameters
// that only the form would need, then its return URL for AFTER_LOGIN_PATH.
func (s *Sessions) begin(out http.Header, r *http.Request, attempt session.Attempt) error {
	err := s.Cookies.Begin(out, r, attempt)
	if errors.Is(err, session.ErrTooLarge) {
		attempt.Params = ""
		err = s.Cookies.Begin(out, r, attempt)
	}
	if errors.Is(err, session.ErrTooLarge) {
		attempt.ReturnURL = s.After.Absolute()
		err = s.Cookies.Begin(out, r, attempt)
	}
	return err
}

// CountRedeem counts a code that is to be redeemed for a sign-in. A browser has three
// tries for each, counted by the attempt and never by address, which a school shares. The
// error is problem.RateLimited.
func (s *Sessions) CountRedeem(ctx context.Context, attempt session.Attempt) error {
	return take(ctx, s.redeems, "attempt:"+store.Digest(attempt.State))
}

// SignIn verifies the tokens of a sign-in, whose ID token has been verified, and puts a new
// session into the cookies. It ends the session that the sign-in replaces. Its errors are
// problem.LoginFailed, problem.SessionTooLarge, and problem.LoginExpired for ErrUserEnded,
// with the caller who would have signed in.
func (s *Sessions) SignIn(ctx context.Context, out http.Header, attempt session.Attempt, id Identity,
	tokens session.Tokens) (Caller, error) {
	claims, err := s.Verifier.Access(ctx, tokens.Access)
	if err == nil && claims.Subject != id.Subject {
		err = errors.New("access token and ID token are of different users")
	}
	if err != nil {
		return Caller{}, problem.New(problem.LoginFailed, err)
	}
	signedIn := session.New(tokens, id.Subject, id.Time, id.Organizations)
	if s.ended.read(ctx, signedIn).ended {
		return sessionCaller(signedIn, claims), problem.New(problem.LoginExpired, ErrUserEnded)
	}
	switch err := s.Cookies.SignIn(out, signedIn); {
	case errors.Is(err, session.ErrTooLarge):
		return Caller{}, problem.New(problem.SessionTooLarge, err)
	case err != nil:
		return Caller{}, problem.New(problem.LoginFailed, err)
	}
	s.ended.end(ctx, attempt.Session)
	return sessionCaller(signedIn, claims), nil
}

// ErrorPage is the page that explains why a sign-in failed. A request on another host than
// the site's gets no page there: it redirects to the site.
func (s *Sessions) ErrorPage(failed *problem.Error) string {
	code := problem.LoginFailed
	switch failed.Code {
	case problem.WrongHost, problem.NotANavigation:
		return ""
	case problem.InvalidReturnURL, problem.InvalidParameter, problem.LoginExpired, problem.LoginRequired,
		problem.AccessDenied, problem.SessionTooLarge, problem.RateLimited:
		code = failed.Code
	}
	return s.Site + "/access/?error=" + string(code)
}
