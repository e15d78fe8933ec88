package config

import (
	"slices"
	"strings"
)

// setElsewhere is the variable by which a deployment whose functions have environments
// of their own tells /api/health which settings other functions have: names, separated
// by commas or spaces.
const setElsewhere = "KINDE_FUNCTIONS_SET"

// Status lists by name what is wrong with a deployment's settings. No field is nil.
type Status struct {
	Missing []string            // not set, and no function for users serves without it
	Wrong   []string            // malformed
	Off     map[string][]string // capability: the unset settings that switch it off
}

// Check finds the faults of all settings together. A setting that the environment does
// not hold and KINDE_FUNCTIONS_SET names counts as set and well-formed: the function
// that has its value reports a malformed one in its log.
func Check(lookup Lookup) Status {
	names, _ := lookup(setElsewhere)
	named := strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' })
	var here []Setting
	var elsewhere []string
	for _, setting := range All() {
		_, value := setting.lookup(lookup)
		if slices.Contains(named, setting.name) && (value == "" || value == setting.preset) {
			elsewhere = append(elsewhere, setting.name)
		} else {
			here = append(here, setting)
		}
	}
	given, faults := load(lookup, &Settings{}, here, elsewhere)
	status := Status{Off: map[string][]string{}}
	status.Missing, status.Wrong = faults.Split()
	for _, c := range capabilities {
		for _, setting := range c.needs() {
			// A malformed setting is wrong, and not unset.
			_, value := setting.lookup(lookup)
			if value == "" && !slices.Contains(given, setting.name) {
				status.Off[c.name] = append(status.Off[c.name], setting.name)
			}
		}
	}
	return status
}
