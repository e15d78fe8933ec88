package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// readForwardURL reads an absolute URL, https unless its host is loopback.
func readForwardURL(s *Settings, value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil || !printable(value) || u.Host == "" || u.User != nil || strings.Contains(value, "#"):
		return fmt.Errorf("must be a URL such as https://example.com/kinde-events")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return fmt.Errorf("must begin with https:// (http is for loopback only)")
	}
	s.WebhookForwardURL = value
	return nil
}

const (
	forwardSecretPrefix = "whsec_"
	// The Standard Webhooks specification requires 24 to 64 random bytes.
	minForwardSecret, maxForwardSecret = 24, 64
)

// readForwardSecret reads a signing secret as the Standard Webhooks
// specification writes it: whsec_ and the key in base64.
func readForwardSecret(s *Settings, value string) error {
	encoded, found := strings.CutPrefix(value, forwardSecretPrefix)
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !found || err != nil || len(key) < minForwardSecret || len(key) > maxForwardSecret {
		return errors.New("must be whsec_ and 24 to 64 bytes in base64; " +
			`make one with: echo "whsec_$(openssl rand -base64 32)"`)
	}
	s.WebhookForwardSecret = key
	return nil
}

func readRequireOrganization(s *Settings, value string) error {
	switch value {
	case "yes", "no":
		s.RequireOrganization = value == "yes"
		return nil
	}
	return fmt.Errorf("must be yes or no")
}
