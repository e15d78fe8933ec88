package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/config"
	"kinde-functions/shared/redirect"
	"kinde-functions/shared/store"
)

// checkSettings makes the checks that need no network. It reports whether there are
// settings.
func (d *doctor) checkSettings() bool {
	named := 0
	for name, value := range d.env {
		fromURL := name == config.Site.Name() && value == d.url
		if strings.HasPrefix(strings.ToUpper(name), "KINDE_") && value != "" && !fromURL {
			named++
		}
	}
	if named == 0 {
		d.noSettings()
		return false
	}
	d.report.ok("settings.here", "found in .env or the environment")
	var err error
	d.settings, err = config.Load(d.lookup, config.All()...)
	faults, _ := errors.AsType[config.Faults](err)
	for _, name := range settingNames() {
		d.checkSetting(name, faults)
	}
	d.checkSignInSettings()
	d.checkSessionKeys()
	d.checkPublicValues()
	d.checkApplications()
	d.checkPairs()
	d.checkManagementURL()
	d.checkOrigins()
	d.checkReturnPaths()
	d.checkNames()
	return true
}

// noSettings reports a machine without settings: a fresh clone, or one from which only a
// deployment is checked.
func (d *doctor) noSettings() {
	reason := "no KINDE_… setting in .env or the environment: only the deployment is checked"
	if d.url != "" {
		d.report.skip("settings.here", reason)
	} else {
		reason = "because of settings.here"
		d.report.fix("settings.here", "there is no KINDE_… setting, neither in .env nor in the environment",
			step{Do: "Write the tenant's settings into .env; docs/kinde.md says where they come from:"},
			step{Copy: config.Issuer.Name() + "=https://your_subdomain.kinde.com"},
			step{Copy: config.ClientID.Name() + "=your_client_id"},
			step{Copy: config.ClientSecret.Name() + "=your_client_secret"},
			step{Do: "Or check a deployment, or scripts/dev while it runs with its embedded Kinde:"},
			step{Run: "go run ./scripts/doctor --url https://your-site.example"},
			step{Run: "go run ./scripts/doctor --dev"})
	}
	for _, area := range []string{"settings", "tenant", "application", "machine", "device", "apis", "redis"} {
		d.report.skipRest(area, reason)
	}
}

// checkSetting reports one setting as the functions would read it.
func (d *doctor) checkSetting(name string, faults config.Faults) {
	id := "settings." + name
	i := slices.IndexFunc(faults, func(f config.Fault) bool { return f.Name == name })
	unset := "not set"
	if name == config.Site.Name() && d.env["URL"] != "" {
		unset = "not set: URL is used"
	}
	switch {
	case i >= 0 && faults[i].Why != "":
		d.report.fix(id, faults[i].Why, d.correctForm(name)...)
	case i >= 0 && name == config.Site.Name():
		d.report.note(id, "not set here: Netlify sets URL, AWS requires it; without it the callback and logout URLs are "+
			"not checked",
			step{Do: "To check them, name the site:"},
			step{Run: "KINDE_SITE_URL=https://your-site.example go run ./scripts/doctor"})
	case i >= 0 && name == config.Issuer.Name():
		d.report.fix(id, "not set, and needed; scripts/dev then runs its embedded Kinde and ignores the other KINDE_ "+
			"settings",
			howToSet(name)...)
	case i >= 0:
		d.report.fix(id, "not set, and needed", howToSet(name)...)
	case d.awsReference(name) != "":
		d.report.ok(id, "a reference to a secret in AWS, which is not read here")
	case name == config.RedisURL.Name() && d.env[name] != "" && store.CheckURL(d.env[name]) != nil:
		d.report.fix(id, store.CheckURL(d.env[name]).Error(), howToSet(name)...)
	case d.env[name] == "":
		d.report.ok(id, unset)
	case name == config.Issuer.Name(), name == config.Site.Name(), name == config.Management.Name():
		d.report.ok(id, d.env[name])
	default:
		d.report.ok(id, "set")
	}
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

// checkSignInSettings reports settings with which nobody can sign in.
func (d *doctor) checkSignInSettings() {
	const id = "settings.sign-in"
	secret, keys := config.ClientSecret.Name(), config.SessionKeys.Name()
	var unset []string
	for _, name := range []string{secret, keys} {
		if d.env[name] == "" {
			unset = append(unset, name)
		}
	}
	switch reason := d.report.blocked("settings."+secret, "settings."+keys); {
	case reason != "":
		d.report.skip(id, reason)
	case len(unset) == 0:
		d.report.ok(id, "KINDE_CLIENT_SECRET and SESSION_KEYS are set")
	case d.tokensOnly:
		d.report.ok(id, "access tokens alone, as --tokens-only says")
	default:
		found := strings.Join(unset, " and ") + " is not set: nobody can sign in"
		if len(unset) > 1 {
			found = strings.Replace(found, " is ", " are ", 1)
		} else if unset[0] == keys {
			found += "; only scripts/dev makes up a key"
		}
		var steps []step
		for _, name := range unset {
			steps = append(steps, howToSet(name)...)
		}
		d.report.fix(id, found, append(steps, tokensOnlySteps...)...)
	}
}

// tokensOnlySteps say how to choose access tokens alone.
var tokensOnlySteps = []step{
	{Do: "Or, where the site accepts access tokens alone and nobody signs in at it, say so:"},
	{Run: "go run ./scripts/doctor --tokens-only"},
}

// checkSessionKeys looks for keys that were not made at random: of 32 random bytes some
// 30 differ, and not all are printable.
func (d *doctor) checkSessionKeys() {
	const id = "settings.session-keys-random"
	if len(d.settings.SessionKeys) == 0 {
		name := config.SessionKeys.Name()
		d.report.skip(id, cmp.Or(d.report.blocked("settings."+name), d.awsReference(name), "SESSION_KEYS is not set"))
		return
	}
	for i, key := range d.settings.SessionKeys {
		different := map[byte]bool{}
		typed := true
		for _, b := range key {
			different[b] = true
			typed = typed && b >= ' ' && b <= '~'
		}
		if typed || len(different) < 16 {
			d.report.fix(id, fmt.Sprintf("entry %d of SESSION_KEYS was typed or follows a pattern", i+1),
				howToSet(config.SessionKeys.Name())...)
			return
		}
	}
	d.report.ok(id, fmt.Sprintf("%d, random", len(d.settings.SessionKeys)))
}

func (d *doctor) checkReturnPaths() {
	const id = "settings.return-paths"
	policy, err := redirect.NewPolicy(cmp.Or(d.settings.Site, "https://site.invalid"), d.settings.AllowedOrigins)
	if err != nil {
		d.report.skip(id, "because of "+config.AllowedOrigins.Name())
		return
	}
	for name, path := range map[string]string{
		config.AfterPortal.Name(): d.settings.AfterPortalPath,
		config.AfterLogin.Name():  d.settings.AfterLoginPath,
		config.AfterLogout.Name(): d.settings.AfterLogoutPath,
	} {
		if _, err := policy.OnSite(path); path != "" && err != nil {
			d.report.fix(id, name+": "+err.Error(), howToSet(name)...)
			return
		}
	}
	d.report.ok(id, "all are paths of the site")
}

// checkNames looks for names in .env and the environment that look like settings and that
// no function reads.
func (d *doctor) checkNames() {
	const id = "settings.unknown"
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
			steps = append(steps, step{Do: "Rename " + name + ":"})
			steps = append(steps, howToSet(meant)...)
		}
	}
	switch text := "no function reads " + strings.Join(found, ", "); {
	case len(found) == 0:
		d.report.ok(id, "none")
	case fix:
		d.report.fix(id, text, steps...)
	default:
		d.report.note(id, text, steps...)
	}
}
