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
	"KINDE_HOST":                     config.Issuer,
	"KINDE_SECRET":                   config.ClientSecret,
	"KINDE_CALLBACK_URL":             config.Site,
	"KINDE_REDIRECT_URI":             config.Site,
	"KINDE_REDIRECT_URL":             config.Site,
	"KINDE_LOGOUT_REDIRECT_URI":      config.AfterLogout,
	"KINDE_MANAGEMENT_CLIENT_ID":     config.M2MClientID,
	"KINDE_MANAGEMENT_CLIENT_SECRET": config.M2MClientSecret,
	"KINDE_SITE":                     config.Site,
	"KINDE_POST_LOGIN_REDIRECT_URL":  config.AfterLogin,
	"KINDE_POST_LOGOUT_REDIRECT_URL": config.AfterLogout,
}

// NearMisses returns the variables of .env in the folder root that Misspelled finds, and
// common ones of the environment, sorted by name. A setting that is set has no near miss.
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
	candidates := slices.Concat(slices.Collect(maps.Keys(file)), slices.Collect(maps.Keys(otherNames)))
	for _, setting := range config.All() { // singular and plural
		if singular, plural := strings.CutSuffix(setting.Name(), "S"); plural {
			candidates = append(candidates, singular)
		} else {
			candidates = append(candidates, setting.Name()+"S")
		}
	}
	slices.Sort(candidates)
	var misses []NearMiss
	for _, name := range slices.Compact(candidates) {
		want, misspelled := Misspelled(name)
		if misspelled && want != "" && value(name) != "" && value(want) == "" {
			misses = append(misses, NearMiss{name, want})
		}
	}
	return misses, nil
}
