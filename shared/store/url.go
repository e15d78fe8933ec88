package store

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// server is what a Redis URL says.
type server struct {
	host     string
	address  string // host:port
	tls      bool
	user     string
	password string
	database int
}

// CheckURL says what NewRedis would refuse rawURL for, as words to follow the
// setting's name. The words hold nothing of rawURL.
func CheckURL(rawURL string) error {
	_, err := parseURL(rawURL)
	return err
}

// parseURL reads redis[s]://[[user]:password@]host[:port][/database], port 6379 and
// database 0 when there is none. What other clients read in different ways it
// refuses: a user without a password, parameters, an absent host. A password that
// is not percent-encoded is refused too wherever it would move into another part.
func parseURL(rawURL string) (server, error) {
	const example = "such as rediss://:password@redis.example.com:6379/0"
	u, err := url.Parse(rawURL)
	if err != nil { // its text quotes the URL
		return server{}, errors.New("is not a URL " + example + "; percent-encode what is special in the password")
	}
	s := server{host: u.Hostname(), tls: u.Scheme == "rediss", user: u.User.Username()}
	s.password, _ = u.User.Password()
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	s.address = net.JoinHostPort(s.host, port)
	number, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return server{}, errors.New("must begin with redis:// or rediss://")
	case s.host == "":
		return server{}, errors.New("names no host; write one " + example)
	case portErr != nil || number == 0:
		return server{}, errors.New("names an impossible port")
	case u.User != nil && s.password == "":
		return server{}, errors.New("names a user without a password; write redis://:password@host or redis://user:password@host")
	case strings.ContainsAny(rawURL, "?#"):
		return server{}, errors.New("holds ? or #; parameters are not read, and in a password they are percent-encoded")
	}
	if path := strings.TrimPrefix(u.EscapedPath(), "/"); path != "" {
		if s.database, err = strconv.Atoi(path); err != nil || s.database < 0 || strconv.Itoa(s.database) != path {
			return server{}, errors.New("must end after the host, or in a database's number such as /0")
		}
	}
	return s, nil
}
