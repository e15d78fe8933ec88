package auth

import (
	"reflect"
	"testing"
	"time"

	"kinde-functions/shared/session"
	"kinde-functions/shared/token"
)

func TestIdentityOf(t *testing.T) {
	issued := time.Unix(1_790_000_000, 0)
	type orgs = []session.Organization
	for raw, want := range map[string]orgs{
		`{}`:                                 nil,
		`{"org_codes":["org_1","","org_2"]}`: {{Code: "org_1"}, {Code: "org_2"}},
		`{"x-hasura-org-codes":["org_1"]}`:   {{Code: "org_1"}},
		`{"org_codes":["org_1"],"organizations":[{"id":"org_1","name":"One"},{"name":"none"}]}`: {
			{Code: "org_1", Name: "One"}},
		`{"org_codes":["org_1"],"organizations":[]}`: {{Code: "org_1"}},
		`{"org_codes":"org_1","organizations":7}`:    nil,
	} {
		got := IdentityOf(&token.IDClaims{Subject: "kp_1", IssuedAt: issued, Raw: []byte(raw)})
		if got.Subject != "kp_1" || !reflect.DeepEqual(got.Organizations.List, want) {
			t.Errorf("%s: got %+v, want %+v", raw, got, want)
		}
	}
}

func TestIdentityTimeIsOfTheSignIn(t *testing.T) {
	issued := time.Unix(1_790_000_000, 0)
	for name, row := range map[string]struct{ authTime, want time.Time }{
		"before the token":    {issued.Add(-time.Hour), issued.Add(-time.Hour)},
		"none":                {time.Time{}, issued},
		"the epoch":           {time.Unix(0, 0), issued},
		"after it was issued": {issued.Add(time.Second), issued},
		"when it was issued":  {issued, issued},
	} {
		got := IdentityOf(&token.IDClaims{Subject: "kp_1", IssuedAt: issued, AuthTime: row.authTime, Raw: []byte("{}")})
		if !got.Time.Equal(row.want) {
			t.Errorf("%s: got %v, want %v", name, got.Time, row.want)
		}
	}
}
