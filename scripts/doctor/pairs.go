package main

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"kinde-functions/shared/config"
)

// published matches names whose values site builders put into pages.
var published = regexp.MustCompile(
	`^(NEXT_PUBLIC|VITE|PUBLIC|REACT_APP|GATSBY|NUXT_PUBLIC|EXPO_PUBLIC|VUE_APP|NG_APP)_`)

// longWord matches runs of the characters of secrets.
var longWord = regexp.MustCompile(`[A-Za-z0-9_+=-]{40,}`)

// looksSecret reports whether a public value holds what looks like a secret: a token, a
// password in a URL, or a long word of capitals, lower case letters and digits.
func looksSecret(value string) bool {
	if u, err := url.Parse(value); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return true
		}
	}
	return jwtLike.MatchString(value) || slices.ContainsFunc(longWord.FindAllString(value, -1), func(word string) bool {
		return strings.ContainsAny(word, "0123456789") && strings.ToLower(word) != word && strings.ToUpper(word) != word
	})
}

func (d *doctor) checkPublicValues(context.Context) result {
	secrets := secretsIn(d.env)
	for _, name := range slices.Sorted(maps.Keys(d.env)) {
		value := d.env[name]
		shown := published.MatchString(name)
		public := slices.Contains(settingNames(), name) && !slices.Contains(secretNames(), name)
		if value == "" || !shown && !public {
			continue
		}
		holds := slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(value, secret) })
		if !holds && !looksSecret(value) && !(shown && strings.Contains(name, "SECRET")) {
			continue
		}
		steps := []step{{Do: "Treat it as disclosed: make a new one in Kinde, and set that where secrets belong."}}
		if shown {
			steps = append(steps, step{Do: "Remove " + name + ": site builders write such names into pages."})
		} else {
			steps = append(steps, howToSet(name)...)
		}
		return failed(name+" holds what looks like a secret", steps...)
	}
	return passed("none found")
}

// checkApplications looks for one application's credentials in settings of another.
func (d *doctor) checkApplications(context.Context) result {
	s := d.settings
	for _, pair := range []struct {
		a, b        string
		name, other string
	}{
		{s.M2MClientID, s.ClientID, config.M2MClientID.Name(), config.ClientID.Name()},
		{s.DeviceClientID, s.ClientID, config.DeviceClientID.Name(), config.ClientID.Name()},
		{s.DeviceClientID, s.M2MClientID, config.DeviceClientID.Name(), config.M2MClientID.Name()},
		{s.M2MClientSecret, s.ClientSecret, config.M2MClientSecret.Name(), config.ClientSecret.Name()},
	} {
		if pair.a != "" && pair.a == pair.b {
			return failed(pair.name+" is the same as "+pair.other, howToSet(pair.name)...)
		}
	}
	return passed("no two are the same")
}

// checkPairs looks for settings that do nothing alone, besides those that config refuses.
func (d *doctor) checkPairs(context.Context) result {
	s := d.settings
	switch {
	case len(s.ConnectedApps) > 0 && s.M2MClientID == "" && s.M2MClientSecret == "":
		return failed("CONNECTED_APPS is set, and no machine-to-machine application",
			howToSet(config.M2MClientID.Name(), config.M2MClientSecret.Name())...)
	case s.IntrospectionPermission != "" && s.M2MClientID == "":
		return noted("INTROSPECTION_PERMISSION is set, and no machine-to-machine application to introspect with",
			howToSet(config.M2MClientID.Name())...)
	case len(s.ProxyAPIs) > 0 && len(s.Audiences) == 0:
		return noted("PROXY_APIS is set and KINDE_AUDIENCE is not: tokens carry no audience that your API could check",
			howToSet(config.Audiences.Name())...)
	default:
		return passed("all are complete")
	}
}

// onKinde reports whether an origin is on kinde.com or on this machine.
func onKinde(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (strings.HasSuffix(u.Hostname(), ".kinde.com") || onLoopback(origin))
}

func (d *doctor) checkManagementURL(context.Context) result {
	s, given := d.settings, d.env[config.Management.Name()]
	switch {
	case s.Issuer == "" || given != "" && d.blocked("settings."+config.Management.Name()) != "":
		return skipped("because of the settings above")
	case given != "" && !onKinde(given):
		return failed("KINDE_MANAGEMENT_URL is not a kinde.com address", howToSet(config.Management.Name())...)
	case given != "" || onKinde(s.Issuer):
		return passed(s.Management)
	case s.M2MClientID != "":
		return failed("the issuer is a custom domain, there is a machine-to-machine application, and "+
			"KINDE_MANAGEMENT_URL is not set",
			howToSet(config.Management.Name())...)
	default:
		return noted("the issuer is a custom domain: introspect and connected-apps would need KINDE_MANAGEMENT_URL",
			howToSet(config.Management.Name())...)
	}
}

func onLoopback(origin string) bool {
	u, err := url.Parse(origin)
	host := ""
	if err == nil {
		host = u.Hostname()
	}
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}

func (d *doctor) checkOrigins(context.Context) result {
	s := d.settings
	switch {
	case s.Site == "":
		return skipped("KINDE_SITE_URL is not set here")
	case s.Site == s.Issuer:
		return failed("KINDE_SITE_URL is the tenant and not the site", howToSet(config.Site.Name())...)
	case slices.Contains(s.AllowedOrigins, s.Issuer):
		return failed("ALLOWED_ORIGINS holds the tenant, whose pages send no request here",
			step{Do: "Take " + s.Issuer + " out of ALLOWED_ORIGINS."})
	case strings.Contains(s.Site, "--") && strings.HasSuffix(s.Site, ".netlify.app"):
		return noted("KINDE_SITE_URL is a deploy preview or a branch: no user can sign in at the site's own address",
			howToSet(config.Site.Name())...)
	case !onLoopback(s.Site) && slices.ContainsFunc(s.AllowedOrigins, onLoopback):
		return noted("ALLOWED_ORIGINS allows pages on users' own machines, and the site is public",
			step{Do: "Keep origins on localhost for deployments that only you use."})
	case slices.Contains(s.AllowedOrigins, s.Site):
		return noted("ALLOWED_ORIGINS holds the site itself, which is always allowed",
			step{Do: "Take " + s.Site + " out of ALLOWED_ORIGINS."})
	default:
		return passed("no origin contradicts another")
	}
}
