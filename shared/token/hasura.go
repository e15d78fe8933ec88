package token

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

// hasuraForms pairs each plain claim with the name it has in a tenant whose Hasura
// switch is on. equal reports whether two values are equal.
var hasuraForms = []struct {
	plain, hasura int
	equal         func(a, b []byte) bool
}{
	{claimOrgCode, claimHasuraOrgCode, bytes.Equal},
	{claimOrgCodes, claimHasuraOrgCodes, sameTexts},
	{claimPermissions, claimHasuraPermissions, sameTexts},
	{claimRoles, claimHasuraRoles, sameRoles},
	{claimFeatureFlags, claimHasuraFeatureFlags, sameFlags},
}

// adoptHasura puts each Hasura claim in the place of the plain claim that is absent. It
// returns false if both are present and differ: one of two readers would
// then see what the other does not. A null counts as absent.
func (set *claimSet) adoptHasura() bool {
	for _, form := range hasuraForms {
		plain, hasura := set[form.plain], set[form.hasura]
		switch {
		case isAbsent(hasura):
		case isAbsent(plain):
			set[form.plain] = hasura
		case !form.equal(plain, hasura):
			return false
		}
	}
	return true
}

func isAbsent(value []byte) bool { return value == nil || string(value) == "null" }

func sameTexts(a, b []byte) bool { return sameSet(texts(a), texts(b)) }

// sameRoles compares roles by what decisions are made by.
func sameRoles(a, b []byte) bool {
	names := func(value []byte) (list []string) {
		for _, role := range roles(value) {
			list = append(list, cmp.Or(role.Key, role.ID, role.Name))
		}
		return list
	}
	return sameSet(names(a), names(b))
}

func sameSet(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

func sameFlags(a, b []byte) bool {
	return maps.EqualFunc(flags(a), flags(b), func(a, b Flag) bool {
		return a.Type == b.Type && bytes.Equal(compactJSON(a.Value), compactJSON(b.Value))
	})
}

func compactJSON(value []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, value) != nil {
		return nil // absent
	}
	return out.Bytes()
}
