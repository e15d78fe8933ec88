package workplace

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"kinde-functions/shared/config"
)

// NearMiss is a variable that is set under a name that no function reads.
type NearMiss struct{ Name, Want string }

// otherNames are the names that Kinde's SDKs and other projects give to settings.
var otherNames = map[string]config.Setting{
	"KINDE_DOMAIN":                   config.Issuer,
	"KINDE_AUTH_DOMAIN":              config.Issuer,
	"KINDE_ISSUER":                   config.Issuer,
	"KINDE_ISSUER_BASE_URL":          config.Issuer,
	"KINDE_SECRET":                   config.ClientSecret,
	"KINDE_SITE":                     config.Site,
	"KINDE_POST_LOGIN_REDIRECT_URL":  config.AfterLogin,
	"KINDE_POST_LOGOUT_REDIRECT_URL": config.AfterLogout,
}

// NearMisses returns the variables of .env in the folder root, and those of the
// environment, that have a name close to a setting's, sorted by name. A setting that is
// set has no near miss.
func NearMisses(root string, env Lookup) ([]NearMiss, error) {
	file, err := readFile(filepath.Join(root, ".env"))
	if err != nil {
		return nil, err
	}
	value := func(name string) string {
		if text, set := env(name); set {
			return text
		}
		return file[name]
	}
	near := map[string]string{}
	known := map[string]bool{scopeAlias: true}
	for _, setting := range config.All() {
		known[setting.Name()] = true
	}
	for name, setting := range otherNames {
		near[name] = setting.Name()
	}
	for name := range known { // singular and plural
		if name == scopeAlias {
			continue
		}
		if singular, plural := strings.CutSuffix(name, "S"); plural {
			near[singular] = name
		} else {
			near[name+"S"] = name
		}
	}
	var misses []NearMiss
	for _, name := range slices.Sorted(maps.Keys(near)) {
		if want := near[name]; !known[name] && value(name) != "" && value(want) == "" {
			misses = append(misses, NearMiss{name, want})
		}
	}
	return misses, nil
}
