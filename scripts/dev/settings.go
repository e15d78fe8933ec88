package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kindetest"
)

// lookup finds an environment variable, as os.LookupEnv does.
type lookup func(name string) (value string, set bool)

// settings are the caller's, by their names: all of .env, and of the
// environment what the functions know. The environment wins.
type settings map[string]string

// wayOut are variables with which a machine reaches the Internet at all.
var wayOut = []string{
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
}

// sessionKeys is the setting that is made anew for each run when it is unset.
const sessionKeys = "SESSION_KEYS"

func loadSettings(root string, env lookup) (settings, error) {
	s := settings{}
	file, err := os.ReadFile(filepath.Join(root, ".env"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := s.readFile(file); err != nil {
		return nil, err
	}
	names := slices.Concat(wayOut, slices.Collect(maps.Keys(s)))
	for _, setting := range config.All() {
		names = append(names, setting.Name())
	}
	for _, name := range names {
		if value, set := env(name); set {
			s[name] = value
		}
	}
	return s, nil
}

// readFile reads lines of the form NAME=value, with or without "export" and
// quotes. Errors name the line and never what stands in it.
func (s settings) readFile(content []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !found || !isName(name) {
			return fmt.Errorf(".env, line %d: want NAME=value", n)
		}
		if quote := strings.IndexAny(value, `"'`); quote == 0 {
			if len(value) < 2 || value[len(value)-1] != value[0] {
				return fmt.Errorf(".env, line %d: the quote is not closed", n)
			}
			value = value[1 : len(value)-1]
		}
		s[name] = value
	}
	if lines.Err() != nil {
		return errors.New(".env: a line is too long")
	}
	return nil
}

func isName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && !('A' <= r && r <= 'Z') && !('a' <= r && r <= 'z') && !('0' <= r && r <= '9')
	})
}

func (s settings) issuer() string { return s[config.Issuer.Name()] }

// hasTenant reports whether the caller named a tenant to use.
func (s settings) hasTenant() bool { return s.issuer() != "" }

// environment is what the functions are started with. The embedded Kinde's
// settings replace all of the caller's for Kinde, since a mixture of two
// tenants helps nobody.
func (s settings) environment(kinde *kindetest.Server, site string) []string {
	env := maps.Clone(map[string]string(s))
	if kinde != nil {
		maps.DeleteFunc(env, func(name, _ string) bool { return strings.HasPrefix(name, "KINDE_") })
		maps.Copy(env, kinde.Env())
	}
	complete(env, site)
	env["PATH"], env["TZ"] = "/usr/local/bin:/usr/bin:/bin", ":UTC" // as on Lambda
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// complete adds what can be made up on the spot: a key, where people can sign
// in at all. Without a secret it would only keep the functions from serving.
func complete(env map[string]string, site string) {
	if env[config.Site.Name()] == "" {
		env[config.Site.Name()] = site
	}
	if env[sessionKeys] == "" && env[config.ClientSecret.Name()] != "" {
		var key [32]byte
		rand.Read(key[:])
		env[sessionKeys] = base64.StdEncoding.EncodeToString(key[:])
	}
}

// warn names the settings for a tenant that will not work here.
func (s settings) warn(screen *terminal, site string) {
	env := maps.Clone(map[string]string(s))
	complete(env, site)
	_, err := config.Load(func(name string) (string, bool) {
		value, set := env[name]
		return value, set
	}, config.All()...)
	if err != nil {
		screen.say("SETTINGS: %v.", err)
	}
	if secret := config.ClientSecret.Name(); env[secret] == "" {
		screen.say("%s is not set: nobody can sign in here. Pasted access tokens work.", secret)
	}
	if own := env[config.Site.Name()]; own != site {
		screen.say("%s is %s: you will be sent there and not back to %s.", config.Site.Name(), own, site)
	}
}
