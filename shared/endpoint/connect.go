package endpoint

import (
	"kinde-functions/shared/auth"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/ratelimit"
	"kinde-functions/shared/token"
)

// Connect fills in the services of a function with that name. Nothing is connected to
// before the first use.
type Connect func(s *Services, function string) error

// ToKinde connects a function that identifies callers. Everything shares the connections
// to Kinde.
func ToKinde(s *Services, function string) error {
	if err := ToStore(s, function); err != nil {
		return err
	}
	set := s.Settings
	upstream := outbound.New(set.UpstreamTimeout)
	keys := token.NewKeys(set.Issuer+kinde.KeysPath, upstream.HTTP())
	verifier, err := token.NewVerifier(token.Config{
		Issuer: set.Issuer, ClientIDs: set.ClientIDs(), Audiences: set.Audiences, Keys: keys,
	})
	if err != nil {
		return err
	}
	s.Kinde, s.Verifier = kinde.New(set.Issuer, set.Management, upstream), verifier
	if s.Sessions, err = auth.NewSessions(set, function, s.Kinde, verifier, s.Shared); err != nil {
		return err
	}
	s.auth = auth.NewAuthenticator(set, verifier, keys, s.Sessions)
	return nil
}

// ToStore connects a function that identifies no callers and has limited rows.
func ToStore(s *Services, function string) error {
	shared, err := auth.Share(s.Settings)
	if err != nil {
		return err
	}
	limits, err := shared.Limiter(ratelimit.Policy(s.Settings.RateLimit), function)
	s.Shared, s.limiter = shared, limiter{limits}
	return err
}
