package endpoint

import (
	"cmp"
	"crypto/sha256"
	"log/slog"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
)

// Shared is what the instances of a deployment share by REDIS_URL.
type Shared struct {
	// Store keeps values sealed and their names hashed, with the deployment's
	// secrets; nil: there is none.
	Store  store.Store
	limits store.Evaluator
	names  store.Names // of callers, for limits
}

// Share connects to REDIS_URL, where there is one, at the first use.
func Share(s *config.Settings) (*Shared, error) {
	if s.RedisURL == "" {
		return &Shared{}, nil
	}
	if err := store.CheckURL(s.RedisURL); err != nil {
		return nil, config.Faults{{Name: config.RedisURL.Name(), Why: err.Error()}}
	}
	redis, err := store.NewRedis(s.RedisURL, func(err error) {
		slog.Warn("store", "cause", err.Error(), "remedy", "check REDIS_URL; until it answers, instances share nothing")
	})
	if err != nil {
		return nil, err
	}
	box, err := sealing(s)
	if err != nil {
		return nil, err
	}
	names, err := store.NewNames(sealingKeys(s), s.Issuer, s.ClientID, s.Site)
	if err != nil {
		return nil, err
	}
	return &Shared{Store: store.Sealed(redis, box, names), limits: redis, names: names}, nil
}

// ConnectionCookies keep connected apps' sealed handles. They need no sessions.
func ConnectionCookies(s *config.Settings) (*session.Cookies, error) {
	box, err := sealing(s)
	if err != nil {
		return nil, err
	}
	return session.NewCookies(s.Site, box, time.Now), nil
}

func sealing(s *config.Settings) (*session.Box, error) {
	return session.NewBox(sealingKeys(s), s.Issuer, cmp.Or(s.ClientID, s.DeviceClientID))
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
