package auth

import (
	"cmp"
	"crypto/sha256"
	"log/slog"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/ratelimit"
	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
)

// Shared is what the instances of a deployment share by REDIS_URL.
type Shared struct {
	// Store keeps values sealed and their names hashed with the deployment's secrets;
	// nil: there is no shared store.
	Store  store.Store
	limits store.Evaluator
	names  store.Names // of callers, for limits
}

// Share returns what is shared by REDIS_URL, which is connected to at its first use.
func Share(s *config.Settings) (*Shared, error) {
	if s.RedisURL == "" {
		return &Shared{}, nil
	}
	if err := store.CheckURL(s.RedisURL); err != nil {
		return nil, config.Faults{{Name: config.RedisURL.Name(), Why: err.Error()}}
	}
	redis, err := store.NewRedis(s.RedisURL, func(err error) {
		slog.Warn("store", "cause", err.Error(), "remedy", "check REDIS_URL; until it responds, instances share nothing")
	})
	if err != nil {
		return nil, err
	}
	shared, err := sealed(s, redis)
	if err != nil {
		return nil, err
	}
	shared.limits = redis
	return shared, nil
}

// sealed returns what is shared in inner.
func sealed(s *config.Settings, inner store.Store) (*Shared, error) {
	box, err := sealing(s)
	if err != nil {
		return nil, err
	}
	names, err := store.NewNames(sealingKeys(s), s.Issuer, clientOf(s), s.Site)
	if err != nil {
		return nil, err
	}
	return &Shared{Store: store.Sealed(inner, box, names), names: names}, nil
}

// Limiter returns a limiter that counts for all instances where they share a store.
func (sh *Shared) Limiter(policy ratelimit.Policy, name string) (*ratelimit.Limiter, error) {
	if sh.limits == nil {
		return ratelimit.New(policy, name, nil, nil)
	}
	return ratelimit.New(policy, name, sh.limits, sh.names.First)
}

func clientOf(s *config.Settings) string { return cmp.Or(s.ClientID, s.DeviceClientID) }

// ConnectionCookies returns the cookies that keep the handles of connected apps. They need
// no sessions.
func ConnectionCookies(s *config.Settings) (*session.Cookies, error) {
	box, err := sealing(s)
	if err != nil {
		return nil, err
	}
	return session.NewCookies(s.Site, box, time.Now), nil
}

func sealing(s *config.Settings) (*session.Box, error) {
	return session.NewBox(sealingKeys(s), s.Issuer, clientOf(s), s.Site)
}

// sealingKeys are the session keys, or where there are none a key made of another
// secret, which all instances of a function have alike. A function without any
// seals nothing that is secret.
func sealingKeys(s *config.Settings) [][]byte {
	if s.Sessions() {
		return s.SessionKeys
	}
	key := sha256.Sum256([]byte("kinde-functions sealing\x00" + cmp.Or(s.M2MClientSecret, s.ClientSecret)))
	return [][]byte{key[:]}
}
