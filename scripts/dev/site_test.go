package main

import (
	"testing"

	"kinde-functions/shared/route"
)

func TestMatch(t *testing.T) {
	table := rows([]route.Route{
		{Function: "portal", Method: "GET", Pattern: "/portal"},
		{Function: "entitlements", Method: "GET", Pattern: "/api/entitlements"},
		{Function: "entitlements", Method: "GET", Pattern: "/api/entitlements/{key}"},
		{Function: "apps", Method: "GET", Pattern: "/api/apps/{app}/connect"},
		{Function: "login", Method: "GET", Pattern: "/auth/register"},
		{Function: "special", Method: "GET", Pattern: "/api/{any}/special"},
		{Function: "proxy", Pattern: "/api/proxy/{name}"},
		{Function: "proxy", Pattern: "/api/proxy/{name}/{path+}"},
	})
	for path, want := range map[string]string{
		"/portal":                            "portal",
		"/portal/":                           "portal", // as on Netlify
		"/portal/x":                          "",
		"/Portal":                            "",
		"/":                                  "",
		"":                                   "",
		"/api/entitlements":                  "entitlements",
		"/api/entitlements/seats":            "entitlements",
		"/api/entitlements/a%2Fb":            "entitlements", // one segment
		"/api/entitlements/a/b":              "",
		"/api/entitlements//":                "",
		"/api/entitlements/special":          "entitlements", // as literal as the other, and before it
		"/api/apps/drive/connect":            "apps",
		"/api/apps//connect":                 "",
		"/api/apps/drive":                    "",
		"/.netlify/functions/login":          "login",
		"/.netlify/functions/login/register": "login",
		"/.netlify/functions/":               "",
		"/api/proxy/sample/":                 "proxy",
		"/api/proxy/sample/a/b":              "proxy",
		"/api/proxy/":                        "",
		"//portal":                           "",
	} {
		if got, _ := match(table, path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

func TestMatchPrefersTheLiteral(t *testing.T) {
	table := rows([]route.Route{
		{Function: "any", Pattern: "/api/{key}"},
		{Function: "one", Pattern: "/api/one"},
	})
	if got, _ := match(table, "/api/one"); got != "one" {
		t.Errorf("got %q, want the row that spells it out", got)
	}
	if got, _ := match(table, "/api/two"); got != "any" {
		t.Errorf("got %q, want the placeholder's row", got)
	}
}
