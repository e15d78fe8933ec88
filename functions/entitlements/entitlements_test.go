package main

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kinde-functions/shared/functiontest"
	"kinde-functions/shared/kindetest"
)

func start(t *testing.T, quirks kindetest.Quirks) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{Quirks: quirks})
}

type answer struct {
	Data struct {
		OrgCode      string `json:"org_code"`
		Entitlements []kindetest.Entitlement
		Entitlement  kindetest.Entitlement
	}
	Metadata struct {
		HasMore bool   `json:"has_more"`
		Next    string `json:"next_page_starting_after"`
	}
}

func read(t *testing.T, w *httptest.ResponseRecorder) (a answer) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &a); w.Code != 200 || err != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return a
}

func TestPagesLeadToTheWholeList(t *testing.T) {
	f := start(t, kindetest.Quirks{})
	whole := read(t, f.SignedIn("/api/entitlements?all=true"))
	if len(whole.Data.Entitlements) != 23 || whole.Metadata.HasMore {
		t.Fatalf("%d entitlements, has_more %v", len(whole.Data.Entitlements), whole.Metadata.HasMore)
	}
	var walked []kindetest.Entitlement
	for target, pages := "/api/entitlements?page_size=7", 0; ; pages++ {
		page := read(t, f.SignedIn(target))
		walked = append(walked, page.Data.Entitlements...)
		if !page.Metadata.HasMore {
			if pages != 3 {
				t.Errorf("%d further pages of 7", pages)
			}
			break
		}
		target = "/api/entitlements?page_size=7&starting_after=" + url.QueryEscape(page.Metadata.Next)
	}
	if len(walked) != 23 {
		t.Fatalf("walked %d", len(walked))
	}
	for i, one := range walked {
		if one.FeatureKey != whole.Data.Entitlements[i].FeatureKey {
			t.Errorf("%d: %s and %s", i, one.FeatureKey, whole.Data.Entitlements[i].FeatureKey)
		}
	}
}

func TestNullLimitsStayNull(t *testing.T) {
	f := start(t, kindetest.Quirks{})
	for _, target := range []string{"/api/entitlements", "/api/entitlements?all=true"} {
		if body := f.SignedIn(target).Body.String(); !strings.Contains(body, `"entitlement_limit_max":null`) {
			t.Errorf("%s: no null limit in %.200s", target, body)
		}
	}
}

// One entitlement is the same with the tenant's path form and without it.
func TestOneByItsKey(t *testing.T) {
	for name, quirks := range map[string]kindetest.Quirks{"path form": {}, "no path form": {NoEntitlementRoute: true}} {
		t.Run(name, func(t *testing.T) {
			f := start(t, quirks)
			for _, want := range read(t, f.SignedIn("/api/entitlements?all=true")).Data.Entitlements {
				if want.FeatureKey == "" { // has no path of its own
					continue
				}
				w := f.SignedIn("/api/entitlements/" + url.PathEscape(want.FeatureKey))
				if got := read(t, w); got.Data.Entitlement.ID != want.ID || got.Data.OrgCode != kindetest.DemoOrg {
					t.Errorf("%q: %d %s", want.FeatureKey, w.Code, w.Body)
				}
			}
			if w := f.SignedIn("/api/entitlements/no_such_feature"); w.Code != 404 ||
				!strings.Contains(w.Body.String(), `"not-entitled"`) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w := f.SignedIn("/.netlify/functions/entitlements/no_such_feature"); w.Code != 404 ||
				!strings.Contains(w.Body.String(), `"not-entitled"`) {
				t.Errorf("second address: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestKeysNeverLeadElsewhere(t *testing.T) {
	f := start(t, kindetest.Quirks{})
	f.SignedIn("/api/entitlements")
	f.ForgetCalls()
	for _, key := range []string{"a%2Fb", "%2e%2e", "%2E", "..%2Froles", "a%5Cb", "100%25", "a%252Fb", "a%00", "a%0Ab",
		"a/b", "%zz", strings.Repeat("a", 300)} {
		r := "/api/entitlements/" + key
		if _, err := url.ParseRequestURI(r); err != nil {
			continue // net/http's server refuses it before we see it
		}
		if w := f.SignedIn(r); w.Code != 400 && w.Code != 404 {
			t.Errorf("%s: %d %s", key, w.Code, w.Body)
		}
	}
	if calls := f.Calls("/"); len(calls) != 0 {
		t.Errorf("asked Kinde %+v", calls)
	}
}
