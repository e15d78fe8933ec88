package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/redirect"
	"kinde-functions/shared/store"
)

// examineSettings makes the checks that need no network. It reports whether there are
// settings at all.
func (d *doctor) examineSettings() bool {
	named := 0
	for _, name := range settingNames() {
		if strings.HasPrefix(name, "KINDE_") && d.env[name] != "" && !(name == config.Site.Name() && d.env[name] == d.url) {
			named++
		}
	}
	if named == 0 {
		d.nothingHere()
		return false
	}
	d.report.ok("settings.here", "found in .env or the environment")
	var err error
	d.settings, err = config.Load(d.lookup, config.All()...)
	faults, _ := err.(config.Faults)
	for _, name := range settingNames() {
		d.examineSetting(name, faults)
	}
	d.examineSessionKeys()
	d.examinePublicValues()
	d.examineApplications()
	d.examinePairs()
	d.examineManagementURL()
	d.examineOrigins()
	d.examineReturnPaths()
	d.examineNames()
	return true
}

// nothingHere is for a machine without settings: a fresh clone, or a look at a
// deployment from elsewhere.
func (d *doctor) nothingHere() {
	reason := "no KINDE_… setting in .env or the environment: only the deployment is examined"
	if d.url != "" {
		d.report.skip("settings.here", reason)
	} else {
		reason = "because of settings.here"
		d.report.mend("settings.here", "there is no KINDE_… setting, neither in .env nor in the environment",
			step{Do: "Write the tenant's settings into .env; \"Set up Kinde\" in the README says where they come from:"},
			step{Copy: config.Issuer.Name() + "=https://your_subdomain.kinde.com"},
			step{Copy: config.ClientID.Name() + "=your_client_id"},
			step{Do: "Or examine a deployment, or scripts/dev while it runs with its embedded Kinde:"},
			step{Run: "go run ./scripts/doctor --url https://your-site.example"},
			step{Run: "go run ./scripts/doctor --dev"})
	}
	for _, area := range []string{"settings", "tenant", "application", "machine", "device", "redis"} {
		d.report.rest(area, reason)
	}
}

// examineSetting reports one setting as the functions would read it.
func (d *doctor) examineSetting(name string, faults config.Faults) {
	id := "settings." + name
	i := slices.IndexFunc(faults, func(f config.Fault) bool { return f.Name == name })
	unset := "not set"
	if name == config.Site.Name() && d.env["URL"] != "" {
		unset = "not set: URL serves"
	}
	switch {
	case i >= 0 && faults[i].Why != "":
		d.report.mend(id, faults[i].Why, d.rightForm(name)...)
	case i >= 0 && name == config.Site.Name():
		d.report.note(id, "not set here: on Netlify URL serves, on AWS it is required; the callback and logout URLs cannot be examined without it",
			step{Do: "To examine them, name the site:"}, step{Run: "KINDE_SITE_URL=https://your-site.example go run ./scripts/doctor"})
	case i >= 0:
		d.report.mend(id, "not set, and needed", howToSet(name)...)
	case d.kept(name) != "":
		d.report.ok(id, "a reference to a secret in AWS, which is not read here")
	case name == config.RedisURL.Name() && d.env[name] != "" && store.CheckURL(d.env[name]) != nil:
		d.report.mend(id, store.CheckURL(d.env[name]).Error(), howToSet(name)...)
	case d.env[name] == "":
		d.report.ok(id, unset)
	case name == config.Issuer.Name(), name == config.Site.Name(), name == config.Management.Name():
		d.report.ok(id, d.env[name])
	default:
		d.report.ok(id, "set")
	}
}

// kept is why a secret cannot be used here that AWS keeps and functions fetch; empty
// where the setting holds the secret itself, or nothing.
func (d *doctor) kept(names ...string) string {
	for _, name := range names {
		if _, reference, err := config.ParseReference(d.env[name]); reference && err == nil && slices.Contains(secretNames(), name) {
			return name + " is a reference to a secret in AWS, which is not read here"
		}
	}
	return ""
}

// rightForm is the mend of a malformed value: the value in its right form where it is
// an origin with something around it.
func (d *doctor) rightForm(name string) []step {
	if fixed := mendedOrigin(name, d.env[name]); fixed != "" {
		return []step{set(name, fixed)}
	}
	if value := d.env[name]; strings.TrimSpace(value) != value {
		return append([]step{{Do: "Enter it again without the space or line break around it:"}}, howToSet(name)...)
	}
	return howToSet(name)
}

// mendedOrigin is an origin without the slash, path, spaces and capitals that keep it
// from being one; empty when value is not that, or holds more than an address.
func mendedOrigin(name, value string) string {
	u, err := url.Parse(strings.TrimSpace(value))
	if err != nil || u.User != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || len(strings.Trim(u.Path, "/")) > 0 && u.Path != "/api" {
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

// examineSessionKeys looks for keys that nobody drew at random. Of 32 random bytes
// some 30 differ, and it never happens that all can be typed.
func (d *doctor) examineSessionKeys() {
	const id = "settings.session-keys-random"
	if len(d.settings.SessionKeys) == 0 {
		d.report.skip(id, cmp.Or(d.report.because("settings."+config.SessionKeys.Name()), d.kept(config.SessionKeys.Name()), "SESSION_KEYS is not set"))
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
			d.report.mend(id, fmt.Sprintf("entry %d of SESSION_KEYS was typed or follows a pattern", i+1), howToSet(config.SessionKeys.Name())...)
			return
		}
	}
	d.report.ok(id, fmt.Sprintf("%d, random", len(d.settings.SessionKeys)))
}

func (d *doctor) examineReturnPaths() {
	const id = "settings.return-paths"
	policy, err := redirect.NewPolicy(cmp.Or(d.settings.Site, "https://site.invalid"), d.settings.AllowedOrigins)
	if err != nil {
		d.report.skip(id, "because of "+config.AllowedOrigins.Name())
		return
	}
	for name, path := range map[string]string{
		config.AfterPortal.Name(): d.settings.AfterPortalPath, config.AfterLogin.Name(): d.settings.AfterLoginPath,
		config.AfterLogout.Name(): d.settings.AfterLogoutPath,
	} {
		if _, err := policy.OnSite(path); path != "" && err != nil {
			d.report.mend(id, name+": "+err.Error(), howToSet(name)...)
			return
		}
	}
	d.report.ok(id, "all of them are safe")
}

// examineNames looks for names in the settings that look like ours and are not.
func (d *doctor) examineNames() {
	const id = "settings.unknown"
	known := append(settingNames(), "URL")
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(d.env)) {
		upper := strings.ToUpper(name)
		ours := strings.HasPrefix(upper, "KINDE_") || slices.Contains(known, upper)
		if ours && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		d.report.ok(id, "none")
		return
	}
	d.report.note(id, "no function reads "+strings.Join(unknown, ", "),
		step{Do: "Compare the names with docs/settings.md, and remove what nothing reads."})
}
