package endpoint

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
)

// outage is how long a store that was found down is left in peace.
const outage = 5 * time.Second

// sharedStore is what instances share by REDIS_URL, sealed with the session
// keys; nil without one.
func sharedStore(s *config.Settings, box *session.Box) (store.Store, error) {
	if s.RedisURL == "" {
		return nil, nil
	}
	if err := store.CheckURL(s.RedisURL); err != nil {
		return nil, config.Faults{{Name: config.RedisURL.Name(), Why: err.Error()}}
	}
	redis, err := store.NewRedis(s.RedisURL)
	if err != nil {
		return nil, err
	}
	names, err := hkdf.Key(sha256.New, s.SessionKeys[0], nil, "kinde-functions store names "+s.Issuer+" "+s.ClientID, sha256.Size)
	if err != nil {
		return nil, err
	}
	hash := func(key string) string {
		mac := hmac.New(sha256.New, names)
		mac.Write([]byte(key))
		return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	warn := func(err error) {
		slog.Warn("store", "cause", err.Error(), "remedy", "check REDIS_URL; until it answers, instances do not share sessions' refreshes and sign-outs")
	}
	return store.Sealed(store.Breaker(redis, outage, warn), box.Seal, box.Open, hash), nil
}
