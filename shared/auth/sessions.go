package auth

import (
	"cmp"
	"context"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/ratelimit"
	"kinde-functions/shared/redirect"
	"kinde-functions/shared/session"
	"kinde-functions/shared/token"
)

// redeemsPerAttempt is how many codes one sign-in may redeem. The window exceeds the
// attempt's life, so that none is given back.
var redeemsPerAttempt = ratelimit.Policy{Requests: 3, Window: 24 * time.Hour}

// Sessions starts, refreshes and ends sessions.
type Sessions struct {
	Cookies  *session.Cookies
	Kinde    *kinde.Client
	App      kinde.App
	Verifier *token.Verifier
	Returns  *redirect.Policy
	After    redirect.Target // where a sign-in leads that names no other place: AFTER_LOGIN_PATH
	Site     string

	ended     *endings
	refresher *refresher
	redeems   *ratelimit.Limiter // per sign-in attempt; nil: off
	refusals  *ratelimit.Limiter // per session; nil: off
}

// NewSessions returns the sessions of a function, or nil where SESSION_KEYS switches
// sessions off.
func NewSessions(s *config.Settings, function string, client *kinde.Client, verifier *token.Verifier,
	shared *Shared) (*Sessions, error) {
	if !s.Sessions() {
		return nil, nil
	}
	box, err := session.NewBox(s.SessionKeys, s.Issuer, s.ClientID, s.Site)
	if err != nil {
		return nil, err
	}
	returns, err := redirect.NewPolicy(s.Site, s.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	after, err := returns.OnSite(cmp.Or(s.AfterLoginPath, "/"))
	if err != nil {
		return nil, config.Faults{{Name: config.AfterLogin.Name(), Why: err.Error()}}
	}
	sessions := &Sessions{
		Cookies: session.NewCookies(s.Site, box, time.Now), Kinde: client, Verifier: verifier,
		Returns: returns, After: after, Site: s.Site,
		App: kinde.App{ID: s.ClientID, Secret: s.ClientSecret, RedirectURI: s.Site + "/auth/callback",
			Scopes: s.Scopes, Audiences: s.Audiences},
		ended: &endings{shared.Store},
	}
	sessions.refresher = newRefresher(client, sessions.App, shared.Store, s.UpstreamTimeout)
	if s.RateLimit == (config.Rate{}) {
		return sessions, nil // RATE_LIMIT=off
	}
	if sessions.redeems, err = shared.Limiter(redeemsPerAttempt, function+" redeem"); err != nil {
		return nil, err
	}
	sessions.refusals, err = shared.Limiter(ratelimit.Policy(s.RateLimit), function+" refused refresh")
	return sessions, err
}

// take counts one more call for key. Its error is problem.RateLimited.
func take(ctx context.Context, limiter *ratelimit.Limiter, key string) error {
	result := limiter.Take(ctx, key)
	if result.Allowed {
		return nil
	}
	p := problem.New(problem.RateLimited, nil)
	p.RetryAfter = max(result.RetryAfter, time.Second)
	return p
}
