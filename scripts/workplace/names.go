package workplace

import (
	"slices"
	"strings"

	"kinde-functions/shared/config"
)

// read are the variables that functions read besides the settings.
var read = []string{"URL", scopeAlias, "KINDE_FUNCTIONS_SET"}

// Misspelled reports whether a variable looks like a setting and no function reads it.
// meant is the setting that was probably meant, or "".
func Misspelled(name string) (meant string, misspelled bool) {
	if slices.Contains(read, name) {
		return "", false
	}
	upper := strings.ToUpper(name)
	best := 3
	for _, setting := range config.All() {
		if setting.Name() == name {
			return "", false
		}
		if d := distance(upper, setting.Name()); d < best {
			best, meant = d, setting.Name()
		}
	}
	if other, found := otherNames[upper]; found {
		return other.Name(), true
	}
	return meant, meant != "" || strings.HasPrefix(upper, "KINDE_")
}

// distance is the number of bytes to insert, delete or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
