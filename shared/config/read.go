package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinde-functions/shared/text"
)

func originTo(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, value string) (err error) {
		*field(s), err = origin(value)
		return err
	}
}

// wordTo reads an identifier: printable ASCII without spaces. A line break pasted
// behind a client id is hard to find otherwise.
func wordTo(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		if !printable(value) {
			return errors.New("holds a space, a line break or a character that is not ASCII")
		}
		*field(s) = value
		return nil
	}
}

// pathTo reads a path on the site; redirect.Policy checks it again in full.
func pathTo(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		if !strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//") || !printable(value) {
			return errors.New("must be a path on the site that begins with one slash")
		}
		*field(s) = value
		return nil
	}
}

// readAudiences reads a list separated by commas, as this service always did, or by
// spaces, as Kinde's SDKs do.
func readAudiences(s *Settings, value string) error {
	var audiences []string
	for item := range strings.SplitSeq(value, ",") {
		words := strings.Fields(item)
		if len(words) == 0 {
			return errors.New("must be a list separated by commas or spaces, without empty entries")
		}
		audiences = append(audiences, words...)
	}
	if slices.ContainsFunc(audiences, func(audience string) bool { return !printable(audience) }) {
		return errors.New("holds a character that is not ASCII")
	}
	s.Audiences = audiences
	return nil
}

func readAllowedOrigins(s *Settings, value string) error {
	list, err := commaList(value)
	if err != nil {
		return err
	}
	for i, item := range list {
		if _, err := origin(item); err != nil {
			return fmt.Errorf("entry %d %w", i+1, err)
		}
	}
	s.AllowedOrigins = list
	return nil
}

// readKeysTo reads keys in either base64 alphabet, padded or not. A key that is
// given twice, or that is one byte repeated, is a mistake.
func readKeysTo(field func(*Settings) *[][]byte) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		list, err := commaList(value)
		if err != nil {
			return err
		}
		var keys [][]byte
		seen := map[string]bool{}
		for i, item := range list {
			plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(item, "="))
			key, err := base64.RawStdEncoding.Strict().DecodeString(plain)
			if err != nil || len(key) != 32 {
				return fmt.Errorf("entry %d is not 32 bytes in base64; "+
					"make one with: openssl rand -base64 32", i+1)
			}
			if seen[string(key)] || string(key) == strings.Repeat(string(key[:1]), 32) {
				return fmt.Errorf("entry %d repeats; make another with: openssl rand -base64 32", i+1)
			}
			seen[string(key)] = true
			keys = append(keys, key)
		}
		*field(s) = keys
		return nil
	}
}

// readScopes requires openid, without which Kinde issues no ID token, and refuses
// offline_access, for which Kinde silently issues no refresh token.
func readScopes(s *Settings, value string) error {
	scopes := strings.Fields(value)
	switch {
	case !slices.Contains(scopes, "openid"):
		return errors.New("must hold openid")
	case slices.Contains(scopes, "offline_access"):
		return errors.New("holds offline_access; Kinde's scope for refresh tokens is offline")
	case slices.ContainsFunc(scopes, func(scope string) bool { return !printable(scope) }):
		return errors.New("holds a character that is not ASCII")
	}
	s.Scopes = strings.Join(scopes, " ")
	return nil
}

// readProtectedScopes reads scope-tokens (RFC 6749 section 3.3): a quote or a
// backslash would break out of the challenge that names them.
func readProtectedScopes(s *Settings, value string) error {
	scopes := strings.Fields(value)
	for _, scope := range scopes {
		if !printable(scope) || strings.ContainsAny(scope, `"\,`) {
			return errors.New("must be scopes separated by spaces, without commas, quotes and backslashes")
		}
	}
	s.ProtectedScopes = scopes
	return nil
}

// readConnectedApps reads names that are safe in a path, a cookie's name and a log.
func readConnectedApps(s *Settings, value string) error {
	list, err := commaList(value)
	if err != nil {
		return err
	}
	for i, app := range list {
		if !text.IsPlain(app, 64, "_-") {
			return fmt.Errorf("entry %d is not a key_code_ref: letters, digits, _ and - alone", i+1)
		}
	}
	s.ConnectedApps = list
	return nil
}

func readRedisURL(s *Settings, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Host == "" {
		return errors.New("must be redis://… or rediss://…")
	}
	s.RedisURL = value
	return nil
}

// readOriginSecret requires a secret that cannot be guessed: a request that carries
// it may name its host and its client address.
func readOriginSecret(s *Settings, value string) error {
	if !printable(value) || len(value) < 32 {
		return errors.New("must be 32 characters or more, without spaces; make one with: openssl rand -hex 32")
	}
	s.OriginSecret = value
	return nil
}

func readRateLimit(s *Settings, value string) error {
	if value == "off" {
		return nil
	}
	count, window, _ := strings.Cut(value, "/")
	requests, err := strconv.Atoi(count)
	d, windowErr := time.ParseDuration(window)
	switch {
	case err != nil || windowErr != nil || strconv.Itoa(requests) != count:
		return errors.New("must be such as 100/15m, or off")
	case requests < 1 || requests > 1_000_000:
		return errors.New("must allow 1 to 1000000 requests, such as 100/15m, or be off")
	case d < time.Second || d > 24*time.Hour:
		return errors.New("must have a time of 1s to 24h, such as 100/15m, or be off")
	}
	s.RateLimit = Rate{Requests: requests, Window: d}
	return nil
}

func readTimeout(s *Settings, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > 15*time.Minute {
		return errors.New("must be a Go duration such as 5s, above zero and at most 15m")
	}
	s.UpstreamTimeout = d
	return nil
}

func readLogLevel(s *Settings, value string) error {
	if s.LogLevel.UnmarshalText([]byte(value)) != nil {
		s.LogLevel = slog.LevelInfo
		return errors.New("must be debug, info, warn or error")
	}
	return nil
}

func commaList(value string) ([]string, error) {
	list := strings.Split(value, ",")
	for i, item := range list {
		list[i] = strings.TrimSpace(item)
		if !printable(list[i]) {
			return nil, fmt.Errorf("must be a comma list; entry %d is empty or holds a space", i+1)
		}
	}
	return list, nil
}

func printable(value string) bool { return value != "" && text.IsVisible(value) }
