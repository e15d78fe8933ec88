package config

import (
	"slices"
	"strings"
)

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(name string) (value string, set bool)

// Fault is one setting that keeps a function from serving.
type Fault struct {
	Name string
	Why  string // empty when the setting is missing; never holds the value
}

// Faults is the error of Load: everything that is missing or wrong.
type Faults []Fault

func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		why := fault.Why
		if why == "" {
			why = "is not set"
		}
		parts[i] = fault.Name + " " + why
	}
	return strings.Join(parts, "; ")
}

func (f Faults) name(setting string) bool {
	return slices.ContainsFunc(f, func(fault Fault) bool { return fault.Name == setting })
}

// halves returns a fault for each setting that is missing beside one that is useless
// alone. given are the names of the settings that have a good value.
func (f Faults) halves(given []string, uses []Setting) (missing Faults) {
	for _, pair := range [][2]Setting{
		{SessionKeys, ClientSecret}, {M2MClientID, M2MClientSecret}, {M2MClientSecret, M2MClientID},
		{WebhookForwardURL, WebhookForwardSecret}, {WebhookForwardSecret, WebhookForwardURL},
	} {
		has, absent := pair[0], pair[1]
		used := slices.ContainsFunc(uses, func(u Setting) bool { return u.name == absent.name })
		isHalf := slices.Contains(given, has.name) && !slices.Contains(given, absent.name)
		if isHalf && used && !f.name(absent.name) {
			missing = append(missing, Fault{Name: absent.name})
		}
	}
	return missing
}

// Split returns the names of the settings that are missing and of those that are
// malformed. Neither is nil.
func (f Faults) Split() (missing, wrong []string) {
	missing, wrong = []string{}, []string{}
	for _, fault := range f {
		if fault.Why == "" {
			missing = append(missing, fault.Name)
		} else {
			wrong = append(wrong, fault.Name)
		}
	}
	return missing, wrong
}

// Load reads the settings that a function needs, and those that it uses where they
// are set. It returns the settings that it could read and, when one that is needed
// is missing or one that is used is malformed, Faults.
//
// A secret's setting that still holds a Reference counts as set and stays unread:
// shared/secrets fetches the secret and reports one that it cannot fetch.
func Load(lookup Lookup, uses ...Setting) (*Settings, error) {
	settings := &Settings{}
	if _, faults := load(lookup, settings, uses, nil); len(faults) > 0 {
		return settings, faults
	}
	return settings, nil
}

// load also returns the names of the settings that have a good value, elsewhere's
// among them: those that are set for other functions.
func load(lookup Lookup, settings *Settings, uses []Setting, elsewhere []string) (given []string, faults Faults) {
	given = elsewhere
	wrong := map[string]bool{}
	for _, use := range uses {
		variable, value := use.lookup(lookup)
		switch {
		case wrong[use.name]: // listed twice, as used and as needed
		case value != "":
			if err := use.readOrRefer(settings, value); err != nil {
				wrong[use.name] = true
				faults = append(faults, Fault{Name: variable, Why: err.Error()})
			} else {
				given = append(given, use.name)
			}
		case use.needed:
			wrong[use.name] = true
			faults = append(faults, Fault{Name: use.name})
		}
	}
	if settings.Management == "" {
		settings.Management = settings.Issuer
	}
	return given, append(faults, faults.halves(given, uses)...)
}
