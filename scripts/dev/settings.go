package main

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/config"
	"kinde-functions/shared/local/kindetest"
)

// settings are the developer's, by their names: all of .env, and of the environment what
// the functions know. The environment takes precedence.
type settings map[string]string

func loadSettings(root string, env workplace.Lookup) (settings, error) {
	found, err := workplace.Settings(root, env)
	return settings(found), err
}

func (s settings) issuer() string { return s[config.Issuer.Name()] }

// hasTenant reports whether the developer named a tenant to use.
func (s settings) hasTenant() bool { return s.issuer() != "" }

// isTenants reports whether a setting belongs to a tenant. What a sign-in requests does
// not.
func isTenants(name string) bool {
	return strings.HasPrefix(name, "KINDE_") && !strings.HasPrefix(name, "KINDE_SCOPE")
}

// ignored returns the settings that the embedded Kinde replaces, sorted.
func (s settings) ignored() []string {
	var names []string
	for name, value := range s {
		if isTenants(name) && value != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// list joins names as prose does.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// environment is what the functions are started with. The embedded Kinde's settings
// replace all of the developer's for Kinde, since a mixture of two tenants works nowhere.
// sample is the origin of the sample API.
func (s settings) environment(kinde *kindetest.Server, site, sample string) []string {
	env := maps.Clone(map[string]string(s))
	if kinde != nil {
		maps.DeleteFunc(env, func(name, _ string) bool { return isTenants(name) })
		maps.Copy(env, kinde.Env())
	}
	complete(env, site)
	if env[config.ProxyAPIs.Name()] == "" {
		env[config.ProxyAPIs.Name()] = "sample=" + sample
	}
	env["PATH"], env["TZ"] = "/usr/local/bin:/usr/bin:/bin", ":UTC" // as on Lambda
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// complete adds what can be made up: the site's address, and keys where users can sign in.
// Without a client secret, keys would only keep the functions from serving.
func complete(env map[string]string, site string) {
	if env[config.Site.Name()] == "" {
		env[config.Site.Name()] = site
	}
	keys := config.SessionKeys.Name()
	if env[keys] == "" && env[config.ClientSecret.Name()] != "" {
		var key [32]byte
		rand.Read(key[:])
		env[keys] = base64.StdEncoding.EncodeToString(key[:])
	}
}

// warn names the settings for a tenant that do not work here.
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
		screen.say("SETTINGS: %s is not set, so users cannot sign in here. Pasted access tokens work.", secret)
	}
	if own := env[config.Site.Name()]; own != site {
		screen.say("SETTINGS: %s is %s: sign-ins lead there and not back to %s.", config.Site.Name(), own, site)
	}
}
