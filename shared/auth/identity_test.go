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
	for raw, want := range map[string]struct {
		time          time.Time
		organizations orgs
	}{
		`{}`:                                 {issued, nil},
		`{"auth_time":1789999000}`:           {time.Unix(1_789_999_000, 0), nil},
		`{"auth_time":1790000001}`:           {issued, nil}, // after the token was issued
		`{"auth_time":"yesterday"}`:          {issued, nil},
		`{"org_codes":["org_1","","org_2"]}`: {issued, orgs{{Code: "org_1"}, {Code: "org_2"}}},
		`{"x-hasura-org-codes":["org_1"]}`:   {issued, orgs{{Code: "org_1"}}},
		`{"org_codes":["org_1"],"organizations":[{"id":"org_1","name":"One"},{"name":"none"}]}`: {issued,
			orgs{{Code: "org_1", Name: "One"}}},
		`{"org_codes":["org_1"],"organizations":[]}`: {issued,
			orgs{{Code: "org_1"}}},
		`{"org_codes":"org_1","organizations":7}`: {issued, nil},
	} {
		got := IdentityOf(&token.IDClaims{Subject: "kp_1", IssuedAt: issued, Raw: []byte(raw)})
		if got.Subject != "kp_1" || !got.Time.Equal(want.time) ||
			!reflect.DeepEqual(got.Organizations.List, []session.Organization(want.organizations)) {
			t.Errorf("%s: got %+v, want %+v", raw, got, want)
		}
	}
}
