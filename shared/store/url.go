package store

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// CheckURL returns what is wrong with a Redis URL, as words that follow the name of
// the setting. The words quote nothing of the URL.
func CheckURL(rawURL string) error {
	_, err := parseURL(rawURL)
	return err
}

// parseURL checks redis[s]://[[user]:password@]host[:port][/database] and returns it
// with its port. It refuses what Redis clients read in different ways: a user without
// a password, parameters, an absent host, and a password that is not percent-encoded.
func parseURL(rawURL string) (string, error) {
	const example = "such as rediss://:password@redis.example.com:6379/0"
	u, err := url.Parse(rawURL)
	if err != nil { // its text quotes the URL
		return "", errors.New("is not a URL " + example + "; percent-encode special characters in the password")
	}
	password, _ := u.User.Password()
	port := u.Port()
	if port == "" {
		port = "6379"
		u.Host += ":6379"
	}
	number, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return "", errors.New("must begin with redis:// or rediss://")
	case u.Hostname() == "":
		return "", errors.New("has no host; write one " + example)
	case portErr != nil || number == 0:
		return "", errors.New("has an impossible port")
	case u.User != nil && password == "":
		return "", errors.New("has a user without a password; " +
			"write redis://:password@host or redis://user:password@host")
	case strings.ContainsAny(rawURL, "?#"):
		return "", errors.New("contains ? or #; there are no parameters, and a password is percent-encoded")
	}
	if path := strings.TrimPrefix(u.EscapedPath(), "/"); path != "" {
		if n, err := strconv.Atoi(path); err != nil || n < 0 || strconv.Itoa(n) != path {
			return "", errors.New("must end with the host or the number of a database, such as /0")
		}
	}
	return u.String(), nil
}
