package token

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinde-functions/shared/jsonscan"
)

// Claims are the claims of an access token.
type Claims struct {
	Subject  string // sub, never empty
	OrgCode  string // org_code or x-hasura-org-code; empty: no organization
	ClientID string // azp, one of Config.ClientIDs
	ID       string // jti; may be empty
	Expiry   time.Time
	IssuedAt time.Time // zero: absent
	// Scopes is the union of scp and scope, sorted. Compare whole words.
	Scopes []string
	// Raw is the payload as it came: JSON, one object.
	Raw json.RawMessage
}

// Grants are what an access token grants its subject, by plain claims or their
// Hasura forms. Lists and maps are nil where the token has none, and entries of another
// shape are left out.
type Grants struct {
	OrgCodes     []string // the organizations that the token names beside OrgCode
	Permissions  []string
	Roles        []Role
	FeatureFlags map[string]Flag
}

// Grants reads them. It takes as long as reading the other claims, and few callers need it.
func (c *Claims) Grants() Grants {
	set, err := readClaimSet(c.Raw)
	if err != nil {
		return Grants{} // Raw is not a token's payload
	}
	return Grants{
		OrgCodes:     texts(set[claimOrgCodes]),
		Permissions:  texts(set[claimPermissions]),
		Roles:        roles(set[claimRoles]),
		FeatureFlags: flags(set[claimFeatureFlags]),
	}
}

// Role is one of Kinde's roles. A role given as a bare string has a Key alone.
type Role struct {
	ID   string `json:"id"`
	Key  string `json:"key"`
	Name string `json:"name"`
}

// Flag is one of Kinde's feature flags.
type Flag struct {
	Type  string          `json:"t"` // b, i, s or j
	Value json.RawMessage `json:"v"` // nil: the flag has none
}

// The claims that decide who a user is and what they may do, and their places in
// claimNames. Each may occur once, and in no other case: code that reads Claims.Raw with
// encoding/json would otherwise see another value than the one that was checked.
const (
	claimIss = iota
	claimSub
	claimAud
	claimExp
	claimNbf
	claimIat
	claimJti
	claimAzp
	claimClientID
	claimGrantType
	claimNonce
	claimAtHash
	claimScope
	claimScp
	claimOrgCode
	claimOrgCodes
	claimPermissions
	claimRoles
	claimFeatureFlags
	claimAuthTime
	claimHasuraOrgCode
	claimHasuraOrgCodes
	claimHasuraPermissions
	claimHasuraRoles
	claimHasuraFeatureFlags
	numClaims
)

var claimNames = []string{
	claimIss: "iss", claimSub: "sub", claimAud: "aud", claimExp: "exp", claimNbf: "nbf",
	claimIat: "iat", claimJti: "jti", claimAzp: "azp", claimClientID: "client_id",
	claimGrantType: "gty", claimNonce: "nonce", claimAtHash: "at_hash", claimScope: "scope",
	claimScp: "scp", claimOrgCode: "org_code", claimOrgCodes: "org_codes",
	claimPermissions: "permissions", claimRoles: "roles", claimFeatureFlags: "feature_flags",
	claimAuthTime:      "auth_time",
	claimHasuraOrgCode: "x-hasura-org-code", claimHasuraOrgCodes: "x-hasura-org-codes",
	claimHasuraPermissions: "x-hasura-permissions", claimHasuraRoles: "x-hasura-roles",
	claimHasuraFeatureFlags: "x-hasura-feature-flags",
}

// claimSet holds the raw values; nil: absent. Of a claim with a Hasura form,
// the plain name's place holds the value of either.
type claimSet [numClaims][]byte

// readClaimSet reads the payload. It judges names, and whether claims and their Hasura
// forms agree.
func readClaimSet(payload []byte) (*claimSet, error) {
	set := new(claimSet)
	var duplicate bool
	ok := jsonscan.Object(payload, func(name, value []byte) bool {
		i, exact := match(name, claimNames)
		if i < 0 {
			return true
		}
		duplicate = !exact || set[i] != nil
		set[i] = value
		return !duplicate
	})
	if duplicate {
		return nil, refuse(reasonDupClaim)
	}
	if !ok {
		return nil, refuse(reasonMalformed)
	}
	if !set.adoptHasura() {
		return nil, refuse(reasonHasura)
	}
	return set, nil
}

// text returns a claim that is a string, else "".
func (set *claimSet) text(claim int) string {
	s, _ := jsonscan.Text(set[claim])
	return string(s)
}

// audienceHolds reports whether aud names one of accepted. ok is false when aud
// is neither absent, a string nor an array of strings (RFC 7519 section 4.1.3).
func (set *claimSet) audienceHolds(accepted []string) (holds, ok bool) {
	look := func(value []byte) bool {
		audience, isText := jsonscan.Text(value)
		holds = holds || isText && slices.Contains(accepted, string(audience))
		return isText
	}
	aud := set[claimAud]
	ok = aud == nil || look(aud) || jsonscan.Array(aud, look)
	return holds && ok, ok
}

// audienceIs reports whether aud names only, and nothing else.
func (set *claimSet) audienceIs(only string) bool {
	same := false
	look := func(value []byte) bool {
		audience, isText := jsonscan.Text(value)
		same = isText && string(audience) == only
		return same
	}
	aud := set[claimAud]
	return look(aud) || jsonscan.Array(aud, look) && same
}

// date reads a NumericDate (RFC 7519 section 2): a JSON number of seconds, not
// after the year 9999. ok is false for any other value, null included; an absent
// claim is the zero time.
func (set *claimSet) date(claim int) (date time.Time, ok bool) {
	if set[claim] == nil {
		return time.Time{}, true
	}
	return numericDate(set[claim])
}

func numericDate(value []byte) (date time.Time, ok bool) {
	const year9999 = 253402300799
	if whole, err := strconv.ParseInt(string(value), 10, 64); err == nil {
		return time.Unix(whole, 0), 0 <= whole && whole <= year9999
	}
	// The value is JSON, so none of Go's own spellings of a number occurs.
	seconds, err := strconv.ParseFloat(string(value), 64)
	if err != nil || seconds < 0 || seconds > year9999 {
		return time.Time{}, false
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)), true
}

// claims reads the claims that refuse no token by their shape: what can be read is
// read, and nothing is guessed.
func (set *claimSet) claims(payload []byte) *Claims {
	return &Claims{
		Subject:  set.text(claimSub),
		OrgCode:  set.text(claimOrgCode),
		ClientID: set.text(claimAzp),
		ID:       set.text(claimJti),
		Scopes:   scopes(set[claimScp], set[claimScope]),
		Raw:      payload,
	}
}

// texts returns the non-empty strings of an array.
func texts(value []byte) []string {
	var list []string
	jsonscan.Array(value, func(element []byte) bool {
		if s, _ := jsonscan.Text(element); len(s) > 0 {
			list = append(list, string(s))
		}
		return true
	})
	return list
}

// scopes joins claims that are each an array, one scope an element, or a string
// of scopes parted by spaces (RFC 6749 section 3.3).
func scopes(values ...[]byte) []string {
	var list []string
	for _, value := range values {
		list = append(list, texts(value)...)
		s, _ := jsonscan.Text(value)
		for scope := range strings.SplitSeq(string(s), " ") {
			if scope != "" {
				list = append(list, scope)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func roles(value []byte) []Role {
	var list []Role
	jsonscan.Array(value, func(element []byte) bool {
		var r Role
		if key, isText := jsonscan.Text(element); isText {
			r.Key = string(key)
		}
		jsonscan.Object(element, func(name, member []byte) bool {
			s, _ := jsonscan.Text(member)
			switch string(name) {
			case "id":
				r.ID = string(s)
			case "key":
				r.Key = string(s)
			case "name":
				r.Name = string(s)
			}
			return true
		})
		if r != (Role{}) {
			list = append(list, r)
		}
		return true
	})
	return list
}

func flags(value []byte) map[string]Flag {
	var m map[string]Flag
	jsonscan.Object(value, func(key, flag []byte) bool {
		var f Flag
		isFlag := jsonscan.Object(flag, func(name, member []byte) bool {
			switch string(name) {
			case "t":
				t, _ := jsonscan.Text(member)
				f.Type = string(t)
			case "v":
				f.Value = member
			}
			return true
		})
		if !isFlag {
			return true
		}
		if m == nil {
			m = make(map[string]Flag)
		}
		m[string(key)] = f
		return true
	})
	return m
}
