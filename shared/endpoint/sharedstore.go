package endpoint

import (
	"cmp"
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

// Shared is what the instances of a deployment share by REDIS_URL.
type Shared struct {
	// Store keeps values sealed and their names hashed, with the deployment's
	// secrets; nil: there is none.
	Store store.Store
	cells store.Cells
	hash  func(string) string // of cells' names
}

// Share connects to REDIS_URL, where there is one, at the first use.
func Share(s *config.Settings) (*Shared, error) {
	if s.RedisURL == "" {
		return &Shared{}, nil
	}
	if err := store.CheckURL(s.RedisURL); err != nil {
		return nil, config.Faults{{Name: config.RedisURL.Name(), Why: err.Error()}}
	}
	redis, err := store.NewRedis(s.RedisURL)
	if err != nil {
		return nil, err
	}
	box, err := sealing(s)
	if err != nil {
		return nil, err
	}
	names, err := hkdf.Key(sha256.New, sealingKeys(s)[0], nil, "kinde-functions store names "+s.Issuer+" "+s.ClientID, sha256.Size)
	if err != nil {
		return nil, err
	}
	hash := func(key string) string {
		mac := hmac.New(sha256.New, names)
		mac.Write([]byte(key))
		return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	warn := func(err error) {
		slog.Warn("store", "cause", err.Error(), "remedy", "check REDIS_URL; until it answers, instances share nothing")
	}
	guarded := store.Breaker(redis, outage, warn)
	return &Shared{Store: store.Sealed(guarded, box.Seal, box.Open, hash), cells: guarded, hash: hash}, nil
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
