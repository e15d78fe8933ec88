package token

import (
	"encoding/json"
	"reflect"
	"testing"
)

// without is a token's claims without those that have Hasura forms.
func without() fields { return with(goodClaims(), fields{"org_code": nil, "permissions": nil}) }

func TestHasuraClaims(t *testing.T) {
	hasura := fields{
		"x-hasura-org-code": "org_1", "x-hasura-org-codes": []string{"org_1", "org_2"},
		"x-hasura-permissions":   []string{"read:a"},
		"x-hasura-roles":         []fields{{"id": "r1", "key": "admin", "name": "Admin"}},
		"x-hasura-feature-flags": fields{"dark": fields{"t": "b", "v": true}},
	}
	plain := fields{
		"org_code": "org_1", "org_codes": []string{"org_2", "org_1", "org_1"}, "permissions": []string{"read:a"},
		"roles":         []fields{{"id": "r1", "key": "admin", "name": "Admin"}},
		"feature_flags": json.RawMessage(`{ "dark": {"v": true , "t":"b"} }`),
	}
	nulls := fields{}
	for name := range plain {
		nulls[name] = json.RawMessage("null")
	}
	want := Grants{
		OrgCodes: []string{"org_1", "org_2"}, Permissions: []string{"read:a"},
		Roles:        []Role{{ID: "r1", Key: "admin", Name: "Admin"}},
		FeatureFlags: map[string]Flag{"dark": {Type: "b", Value: json.RawMessage("true")}},
	}
	v := newVerifier(t, nil)
	for name, claims := range map[string]fields{
		"alone": hasura, "beside nulls": with(nulls, hasura), "beside the same": with(plain, hasura),
	} {
		got, err := v.Access(t.Context(), sign(issuerKey(), jsonOf(goodHeader()), jsonOf(with(without(), claims))))
		if err != nil {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		grants := got.Grants()
		if name == "beside the same" {
			grants.OrgCodes = want.OrgCodes // the plain claim's order
		}
		if got.OrgCode != "org_1" || !reflect.DeepEqual(grants, want) {
			t.Errorf("%s: got %q %+v, want %+v", name, got.OrgCode, grants, want)
		}
	}
}

func TestHasuraClaimsThatDifferAreRefused(t *testing.T) {
	flag := func(value any) fields { return fields{"dark": fields{"t": "b", "v": value}} }
	v := newVerifier(t, nil)
	for _, row := range []struct {
		name, hasura string
		plain, other any
	}{
		{"org_code", "x-hasura-org-code", "org_1", "org_2"},
		{"org_code", "x-hasura-org-code", "", "org_2"},
		{"org_codes", "x-hasura-org-codes", []string{"org_1"}, []string{"org_1", "org_2"}},
		{"permissions", "x-hasura-permissions", []string{}, []string{"read:a"}},
		{"permissions", "x-hasura-permissions", "read:a", []string{"read:a"}},
		{"roles", "x-hasura-roles", []fields{{"key": "a"}}, []fields{{"key": "b"}}},
		{"roles", "x-hasura-roles", []fields{}, []fields{{"key": "b"}}},
		{"feature_flags", "x-hasura-feature-flags", flag(true), flag(false)},
		{"feature_flags", "x-hasura-feature-flags", flag(true), fields{}},
		{"feature_flags", "x-hasura-feature-flags", flag(1), fields{"dark": fields{"t": "i", "v": 1}}},
	} {
		claims := with(without(), fields{row.name: row.plain, row.hasura: row.other})
		_, err := v.Check(sign(issuerKey(), jsonOf(goodHeader()), jsonOf(claims)))
		if got := reasonOf(err); got != "hasura-claim" {
			t.Errorf("%s %v, %v: got %q", row.name, row.plain, row.other, got)
		}
	}
}

// An ID token need not have nonce and at_hash, and is still not an access token.
func TestAccessRefusesIDTokens(t *testing.T) {
	bare := with(goodIDClaims(), fields{"nonce": nil, "at_hash": nil})
	for name, claims := range map[string]fields{
		"for the client":            bare,
		"for our other client":      with(bare, fields{"aud": "client-device"}),
		"for the client and others": with(bare, fields{"aud": []string{"x", testClient}}),
		"for the issuer":            with(bare, fields{"aud": []string{testIssuer}}),
		"with null scopes":          with(bare, fields{"scp": json.RawMessage("null"), "scope": json.RawMessage("null")}),
	} {
		v := newVerifier(t, func(c *Config) { c.ClientIDs = []string{testClient, "client-device"} })
		_, err := v.Access(t.Context(), sign(issuerKey(), jsonOf(goodHeader()), jsonOf(claims)))
		if got := reasonOf(err); got != "id-token" {
			t.Errorf("%s: got %q, want id-token", name, got)
		}
	}
}
