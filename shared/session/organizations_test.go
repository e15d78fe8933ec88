package session

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestOrganizationsFit(t *testing.T) {
	many := Organizations{}
	for i := range 100 {
		many.List = append(many.List, Organization{fmt.Sprintf("org_%03d", i), fmt.Sprintf("Organization %d", i)})
	}
	long := Organizations{List: []Organization{{"org_1", strings.Repeat("n", 700)}, {"org_2", "Two"}}}
	for name, row := range map[string]struct {
		given Organizations
		want  func(Organizations) bool
	}{
		"none": {Organizations{}, func(o Organizations) bool { return len(o.List) == 0 && !o.Incomplete }},
		"two with names": {large.Organizations, func(o Organizations) bool {
			return reflect.DeepEqual(o, large.Organizations)
		}},
		"a name that does not fit": {long, func(o Organizations) bool {
			return reflect.DeepEqual(o.List, []Organization{{"org_1", ""}, {"org_2", "Two"}}) && !o.Incomplete
		}},
		"more codes than fit": {many, func(o Organizations) bool {
			return len(o.List) == 66 && o.Incomplete && o.List[65].Code == "org_065"
		}},
		"an empty code": {Organizations{List: []Organization{{"", "x"}}},
			func(o Organizations) bool { return len(o.List) == 0 }},
	} {
		got := row.given.fit(maxOrganizations)
		size := 0
		for _, org := range got.List {
			size += len(org.appendTo(nil))
		}
		if !row.want(got) || size > maxOrganizations {
			t.Errorf("%s: got %+v in %d bytes, want at most %d", name, got, size, maxOrganizations)
		}
	}
}

// Tokens come before organizations, and codes before names.
func TestLargeSessionDropsOrganizations(t *testing.T) {
	c, _ := newCookies(t, site)
	full := largest(t, c)
	full.Organizations.List = nil
	for i := range 20 {
		full.Organizations.List = append(full.Organizations.List, Organization{fmt.Sprintf("org_%03d", i), "Organization"})
	}
	h := http.Header{}
	if err := c.Write(h, full); err != nil {
		t.Fatal(err)
	}
	set, _ := cookiesSet(h)
	got, err := c.Read(requestWith(set...))
	if err != nil || got.Tokens != full.Tokens || !got.Organizations.Incomplete {
		t.Errorf("Read = %+v, %v, want all tokens and incomplete organizations", got.Organizations, err)
	}
}
