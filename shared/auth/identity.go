package auth

import (
	"encoding/json"
	"time"

	"kinde-functions/shared/session"
	"kinde-functions/shared/token"
)

// Identity holds the user's claims of a verified ID token.
type Identity struct {
	Subject       string
	Time          time.Time // when the user signed in, by Kinde's clock
	Organizations session.Organizations
}

// IdentityOf reads the ID token of a completed sign-in. Organizations come from its
// organizations claim, else from org_codes; an odd shape counts as none.
func IdentityOf(id *token.IDClaims) Identity {
	var claims struct {
		Organizations json.RawMessage `json:"organizations"`
		Codes         json.RawMessage `json:"org_codes"`
		HasuraCodes   json.RawMessage `json:"x-hasura-org-codes"`
	}
	_ = json.Unmarshal(id.Raw, &claims) // verified JSON; a claim of another type stays zero
	identity := Identity{Subject: id.Subject, Time: id.IssuedAt}
	if id.AuthTime.Unix() > 0 && !id.AuthTime.After(id.IssuedAt) {
		identity.Time = id.AuthTime
	}
	identity.Organizations.List = organizationsIn(claims.Organizations)
	if len(identity.Organizations.List) == 0 {
		identity.Organizations.List = codesIn(claims.Codes)
	}
	if len(identity.Organizations.List) == 0 {
		identity.Organizations.List = codesIn(claims.HasuraCodes)
	}
	return identity
}

func organizationsIn(raw json.RawMessage) []session.Organization {
	var entries []struct{ ID, Name string }
	if json.Unmarshal(raw, &entries) != nil {
		return nil
	}
	var list []session.Organization
	for _, entry := range entries {
		if entry.ID != "" {
			list = append(list, session.Organization{Code: entry.ID, Name: entry.Name})
		}
	}
	return list
}

func codesIn(raw json.RawMessage) []session.Organization {
	var codes []string
	if json.Unmarshal(raw, &codes) != nil {
		return nil
	}
	var list []session.Organization
	for _, code := range codes {
		if code != "" {
			list = append(list, session.Organization{Code: code})
		}
	}
	return list
}
