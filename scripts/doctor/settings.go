package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/redirect"
	"kinde-functions/shared/store"
)

// noSettings is the reason to skip what needs settings.
func noSettings(d *doctor) string { return d.blocked("settings.here") }

// checkHere loads the settings. There are none in a fresh clone, and where only a
// deployment is to be checked.
func (d *doctor) checkHere(context.Context) result {
	if d.url != "" && d.env[config.Site.Name()] == "" && d.env["URL"] == "" {
		d.env[config.Site.Name()] = d.url // as Netlify's URL would be
	}
	found := slices.ContainsFunc(slices.Collect(maps.Keys(d.env)), func(name string) bool {
		fromURL := name == config.Site.Name() && d.env[name] == d.url
		return strings.HasPrefix(strings.ToUpper(name), "KINDE_") && d.env[name] != "" && !fromURL
	})
	switch {
	case found:
		var err error
		d.settings, err = config.Load(d.lookup, config.All()...)
		d.faults, _ = errors.AsType[config.Faults](err)
		d.kinde = kinde.New(d.settings.Issuer, d.settings.Management, d.out)
		return passed("found in .env or the environment")
	case d.url != "":
		return skipped("no KINDE_… setting in .env or the environment: only the deployment is checked")
	}
	return failed("there is no KINDE_… setting, neither in .env nor in the environment",
		step{Do: "Write the tenant's settings into .env; docs/kinde.md describes where they come from:"},
		step{Copy: config.Issuer.Name() + "=https://your_subdomain.kinde.com"},
		step{Copy: config.ClientID.Name() + "=your_client_id"},
		step{Copy: config.ClientSecret.Name() + "=your_client_secret"},
		step{Do: "Or check a deployment, or scripts/dev while it runs with its embedded Kinde:"},
		step{Run: "go run ./scripts/doctor --url https://your-site.example"},
		step{Run: "go run ./scripts/doctor --dev"})
}

// checkSetting checks one setting as the functions would read it.
func (d *doctor) checkSetting(name string) result {
	fault := config.Fault{}
	i := slices.IndexFunc(d.faults, func(f config.Fault) bool { return f.Name == name })
	if i >= 0 {
		fault = d.faults[i]
	}
	value := d.env[name]
	switch {
	case fault.Why != "":
		return failed(fault.Why, d.correctForm(name)...)
	case i >= 0 && name == config.Site.Name():
		return noted("not set here: Netlify sets URL, AWS requires it; without it the callback and logout URLs are "+
			"not checked", step{Do: "To check them, name the site:"},
			step{Run: "KINDE_SITE_URL=https://your-site.example go run ./scripts/doctor"})
	case i >= 0 && name == config.Issuer.Name():
		return failed("not set, and needed; scripts/dev then runs its embedded Kinde and ignores the other KINDE_ "+
			"settings", howToSet(name)...)
	case i >= 0:
		return failed("not set, and needed", howToSet(name)...)
	case d.awsReference(name) != "":
		return passed("a reference to a secret in AWS, which is not read here")
	case name == config.RedisURL.Name() && value != "" && store.CheckURL(value) != nil:
		return failed(store.CheckURL(value).Error(), howToSet(name)...)
	case name == config.PreviewOrigins.Name() && openPattern(value) != "":
		return failed(openPattern(value), howToSet(name)...)
	case value == "" && name == config.Site.Name() && d.env["URL"] != "":
		return passed("not set: URL is used")
	case value == "":
		return passed("not set")
	case name == config.Issuer.Name(), name == config.Site.Name(), name == config.Management.Name():
		return passed(value)
	}
	return passed("set")
}

// awsReference returns why a secret cannot be used here, if one of names holds a
// reference that functions on AWS resolve. It returns "" for secrets and unset names.
func (d *doctor) awsReference(names ...string) string {
	for _, name := range names {
		_, reference, err := config.ParseReference(d.env[name])
		if reference && err == nil && slices.Contains(secretNames(), name) {
			return name + " is a reference to a secret in AWS, which is not read here"
		}
	}
	return ""
}

// correctForm returns the steps for a malformed value: the corrected value for an origin
// that has something around it.
func (d *doctor) correctForm(name string) []step {
	if fixed := correctOrigin(name, d.env[name]); fixed != "" {
		return []step{set(name, fixed)}
	}
	if value := d.env[name]; strings.TrimSpace(value) != value {
		return append([]step{{Do: "Enter it again without the space or line break around it:"}}, howToSet(name)...)
	}
	return howToSet(name)
}

// correctOrigin returns an origin without the slash, path, spaces and capitals that make
// it malformed. It returns "" for values that are no origin or hold more than one.
func correctOrigin(name, value string) string {
	u, err := url.Parse(strings.TrimSpace(value))
	if err != nil || u.User != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" ||
		len(strings.Trim(u.Path, "/")) > 0 && u.Path != "/api" {
		return ""
	}
	fixed := strings.ToLower(u.Scheme + "://" + u.Host)
	for _, setting := range []config.Setting{config.Issuer, config.Management, config.Site} {
		if setting.Name() != name {
			continue
		}
		if _, err := config.Load(func(string) (string, bool) { return fixed, true }, setting); err == nil {
			return fixed
		}
	}
	return ""
}

// checkSignInSettings checks that sign-ins have their settings.
func (d *doctor) checkSignInSettings(context.Context) result {
	secret, keys := config.ClientSecret.Name(), config.SessionKeys.Name()
	var unset []string
	for _, name := range []string{secret, keys} {
		if d.env[name] == "" {
			unset = append(unset, name)
		}
	}
	switch reason := d.blocked("settings."+secret, "settings."+keys); {
	case reason != "":
		return skipped(reason)
	case len(unset) == 0:
		return passed("KINDE_CLIENT_SECRET and SESSION_KEYS are set")
	case d.tokensOnly:
		return passed("access tokens alone, by --tokens-only")
	}
	found := strings.Join(unset, " and ") + " is not set: no user can sign in"
	if len(unset) > 1 {
		found = strings.Replace(found, " is ", " are ", 1)
	} else if unset[0] == keys {
		found += "; only scripts/dev generates a key"
	}
	return failed(found, slices.Concat(howToSet(unset...), tokensOnlySteps)...)
}

// tokensOnlySteps choose access tokens alone.
var tokensOnlySteps = []step{
	{Do: "Or, where the site accepts access tokens alone and no user signs in, check it so:"},
	{Run: "go run ./scripts/doctor --tokens-only"},
}

// checkSessionKeys looks for keys that were not made at random: of 32 random bytes some
// 30 differ, and not all are printable.
func (d *doctor) checkSessionKeys(context.Context) result {
	if len(d.settings.SessionKeys) == 0 {
		name := config.SessionKeys.Name()
		return skipped(cmp.Or(d.blocked("settings."+name), d.awsReference(name), "SESSION_KEYS is not set"))
	}
	for i, key := range d.settings.SessionKeys {
		different := map[byte]bool{}
		typed := true
		for _, b := range key {
			different[b] = true
			typed = typed && b >= ' ' && b <= '~'
		}
		if typed || len(different) < 16 {
			return failed(fmt.Sprintf("entry %d of SESSION_KEYS was typed or follows a pattern", i+1),
				howToSet(config.SessionKeys.Name())...)
		}
	}
	return passed(fmt.Sprintf("%d, random", len(d.settings.SessionKeys)))
}

func (d *doctor) checkReturnPaths(context.Context) result {
	policy, err := redirect.NewPolicy(cmp.Or(d.settings.Site, "https://site.invalid"), d.settings.AllowedOrigins)
	if err != nil {
		return skipped("because of " + config.AllowedOrigins.Name())
	}
	for name, path := range map[string]string{
		config.AfterPortal.Name(): d.settings.AfterPortalPath,
		config.AfterLogin.Name():  d.settings.AfterLoginPath,
		config.AfterLogout.Name(): d.settings.AfterLogoutPath,
	} {
		if _, err := policy.OnSite(path); path != "" && err != nil {
			return failed(name+": "+err.Error(), howToSet(name)...)
		}
	}
	return passed("all are paths of the site")
}

// checkNames looks for names in .env and the environment that look like settings and that
// no function reads.
func (d *doctor) checkNames(context.Context) result {
	var found []string
	var steps []step
	fix := false
	names := slices.Concat(slices.Collect(maps.Keys(d.env)), d.names)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		meant, misspelled := workplace.Misspelled(name)
		switch {
		case !misspelled:
			continue
		case meant == "":
			found = append(found, name)
			steps = append(steps, step{Do: "Remove " + name + "; docs/settings.md lists the settings."})
		case d.env[meant] != "":
			found = append(found, name)
			steps = append(steps, step{Do: "Remove " + name + ": " + meant + " is set."})
		default:
			fix = true
			found = append(found, name+" (meant is "+meant+"?)")
			steps = append(append(steps, step{Do: "Rename " + name + ":"}), howToSet(meant)...)
		}
	}
	switch text := "no function reads " + strings.Join(found, ", "); {
	case len(found) == 0:
		return passed("none")
	case fix:
		return failed(text, steps...)
	default:
		return noted(text, steps...)
	}
}
