package main

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/config"
	"kinde-functions/shared/kindetest"
)

// settings are the caller's, by their names: all of .env, and of the
// environment what the functions know. The environment wins.
type settings map[string]string

// sessionKeys is the setting that is made anew for each run when it is unset.
const sessionKeys = "SESSION_KEYS"

func loadSettings(root string, env workplace.Lookup) (settings, error) {
	found, err := workplace.Settings(root, env)
	return settings(found), err
}

func (s settings) issuer() string { return s[config.Issuer.Name()] }

// hasTenant reports whether the caller named a tenant to use.
func (s settings) hasTenant() bool { return s.issuer() != "" }

// environment is what the functions are started with. The embedded Kinde's
// settings replace all of the caller's for Kinde, since a mixture of two
// tenants helps nobody; what is asked of either at sign-in stays.
func (s settings) environment(kinde *kindetest.Server, site string) []string {
	env := maps.Clone(map[string]string(s))
	if kinde != nil {
		maps.DeleteFunc(env, func(name, _ string) bool { return strings.HasPrefix(name, "KINDE_") && name != config.Scopes.Name() })
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
