package config

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// origin checks that value is an origin in the one form in which origins are
// compared: scheme://host[:port] in lower case, https unless the host is loopback
// (RFC 6454 section 6.1, without normalization).
func origin(value string) (string, error) {
	if strings.TrimSpace(value) != value {
		return "", errors.New("has a space around it")
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme == "" {
		return "", errors.New("is not an absolute URL such as https://example.com")
	}
	host := u.Hostname()
	switch {
	case strings.HasSuffix(value, "/"):
		return "", errors.New("ends in a slash; remove it")
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#"):
		return "", errors.New("must be scheme and host alone, such as https://example.com")
	case u.Scheme == "http" && !loopback(host):
		return "", errors.New("must begin with https:// (http is for loopback only)")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("must begin with https://")
	case u.Scheme+"://"+u.Host != value || strings.ToLower(value) != value:
		return "", errors.New("must be in lower case")
	case strings.HasSuffix(host, ".") || !plainHost(host):
		return "", errors.New("has a host name that browsers would write differently")
	case !plainPort(u):
		return "", errors.New("must not name its scheme's default port, nor an impossible one")
	}
	return value, nil
}

func plainHost(host string) bool {
	for _, c := range []byte(host) {
		letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !letter && c != '.' && c != '-' && c != ':' {
			return false
		}
	}
	return host != "" && !strings.Contains(host, "..")
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 section 6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func plainPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	isDefault := u.Scheme == "https" && n == 443 || u.Scheme == "http" && n == 80
	return err == nil && n > 0 && !isDefault && strconv.FormatUint(n, 10) == port
}
