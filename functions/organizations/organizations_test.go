package main

import (
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

func TestOrganizations(t *testing.T) {
	f := functiontest.Start(t, function, kindetest.Options{},
		append(functiontest.Sessions, "REQUIRE_ORGANIZATION", "yes")...)
	in := func(orgs session.Organizations, claims ...kindetest.Claim) []string {
		s := functiontest.NewSession(session.Tokens{Access: f.Mint(claims...), Refresh: "r"})
		s.Organizations = orgs
		return []string{"Cookie", f.Holding(s), "X-CSRF", "1"}
	}
	two := []session.Organization{{Code: kindetest.DemoOrg, Name: "Studio"}, {Code: "org_2"}}
	none := kindetest.Without("org_code")
	const demo = `"` + kindetest.DemoOrg + `"`
	for name, row := range map[string]struct {
		header []string
		want   string
	}{
		"two": {in(session.Organizations{List: two}),
			`{"current":` + demo + `,"organizations":[{"code":` + demo + `,"name":"Studio"},{"code":"org_2","name":null}]}`},
		"not all": {in(session.Organizations{List: two, Incomplete: true}),
			`{"current":` + demo + `,"organizations":[{"code":` + demo +
				`,"name":"Studio"},{"code":"org_2","name":null}],"complete":false}`},
		"only in the access token": {in(session.Organizations{}),
			`{"current":` + demo + `,"organizations":[{"code":` + demo + `,"name":null}]}`},
		"none": {in(session.Organizations{}, none), `{"current":null,"organizations":[]}`},
		"Bearer": {f.Bearer(kindetest.With("org_codes", []string{kindetest.DemoOrg, "org_9"})),
			`{"current":` + demo + `,"organizations":[{"code":` + demo + `,"name":null},{"code":"org_9","name":null}]}`},
		"Bearer, none": {f.Bearer(none), `{"current":null,"organizations":[]}`},
	} {
		if w := f.Get("/api/organizations", row.header...); w.Code != 200 || w.Body.String() != row.want {
			t.Errorf("%s: got %d %s, want %s", name, w.Code, w.Body, row.want)
		}
	}
	if w := f.Get("/api/organizations"); w.Code != 401 || !strings.Contains(w.Body.String(), "no-token") {
		t.Errorf("signed out: got %d %s, want 401", w.Code, w.Body)
	}
}
