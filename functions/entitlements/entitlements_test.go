package main

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

func start(t *testing.T, quirks kindetest.Quirks) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{Quirks: quirks})
}

type response struct {
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

func decode(t *testing.T, w *httptest.ResponseRecorder) (r response) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &r); w.Code != 200 || err != nil {
		t.Fatalf("got %d %s, want 200", w.Code, w.Body)
	}
	return r
}

func TestPagesAddUpToTheWholeList(t *testing.T) {
	f := start(t, kindetest.Quirks{})
	whole := decode(t, f.SignedIn("/api/entitlements?all=true"))
	if len(whole.Data.Entitlements) != 23 || whole.Metadata.HasMore {
		t.Fatalf("got %d entitlements, has_more %t, want 23, false",
			len(whole.Data.Entitlements), whole.Metadata.HasMore)
	}
	var got []kindetest.Entitlement
	pages := 0
	for target := "/api/entitlements?page_size=7"; target != ""; pages++ {
		page := decode(t, f.SignedIn(target))
		got = append(got, page.Data.Entitlements...)
		target = ""
		if page.Metadata.HasMore {
			target = "/api/entitlements?page_size=7&starting_after=" + url.QueryEscape(page.Metadata.Next)
		}
	}
	if pages != 4 || len(got) != 23 {
		t.Fatalf("got %d entitlements on %d pages, want 23 on 4", len(got), pages)
	}
	for i, want := range whole.Data.Entitlements {
		if got[i].FeatureKey != want.FeatureKey {
			t.Errorf("%d: got %s, want %s", i, got[i].FeatureKey, want.FeatureKey)
		}
	}
}

func TestNullLimitsStayNull(t *testing.T) {
	f := start(t, kindetest.Quirks{})
	for _, target := range []string{"/api/entitlements", "/api/entitlements?all=true"} {
		if body := f.SignedIn(target).Body.String(); !strings.Contains(body, `"entitlement_limit_max":null`) {
			t.Errorf("%s: got %.200s, want a null limit", target, body)
		}
	}
}

// Some tenants lack the path for a single entitlement.
func TestEntitlementByKey(t *testing.T) {
	for name, quirks := range map[string]kindetest.Quirks{"path form": {}, "no path form": {NoEntitlementRoute: true}} {
		t.Run(name, func(t *testing.T) {
			f := start(t, quirks)
			for _, want := range decode(t, f.SignedIn("/api/entitlements?all=true")).Data.Entitlements {
				if want.FeatureKey == "" { // it has no path
					continue
				}
				w := f.SignedIn("/api/entitlements/" + url.PathEscape(want.FeatureKey))
				if got := decode(t, w); got.Data.Entitlement.ID != want.ID || got.Data.OrgCode != kindetest.DemoOrg {
					t.Errorf("%q: got %s, want %s of %s", want.FeatureKey, w.Body, want.ID, kindetest.DemoOrg)
				}
			}
			for _, folder := range []string{"/api/entitlements/", "/.netlify/functions/entitlements/"} {
				w := f.SignedIn(folder + "no_such_feature")
				if w.Code != 404 || !strings.Contains(w.Body.String(), `"not-entitled"`) {
					t.Errorf("%s: got %d %s, want 404 not-entitled", folder, w.Code, w.Body)
				}
			}
		})
	}
}

func TestMalformedKeysAreNotForwarded(t *testing.T) {
	f := start(t, kindetest.Quirks{})
	f.SignedIn("/api/entitlements")
	f.ForgetCalls()
	for _, key := range []string{
		"a%2Fb", "%2e%2e", "%2E", "..%2Froles", "a%5Cb", "100%25", "a%252Fb", "a%00", "a%0Ab", "a/b", "%zz",
		strings.Repeat("a", 300),
	} {
		r := "/api/entitlements/" + key
		if _, err := url.ParseRequestURI(r); err != nil {
			continue // net/http's server refuses it
		}
		if w := f.SignedIn(r); w.Code != 400 && w.Code != 404 {
			t.Errorf("%s: got %d %s, want 400 or 404", key, w.Code, w.Body)
		}
	}
	if calls := f.Calls("/"); len(calls) != 0 {
		t.Errorf("got calls %+v, want none", calls)
	}
}
