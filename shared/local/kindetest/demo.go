package kindetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The users of DemoUsers, by id.
const (
	StudioUser = "kp_0000000000000000000000000000571d" // an ordinary account
	AdminUser  = "kp_0000000000000000000000000000ad31" // more permissions, two organizations
	DemoUser   = "kp_0000000000000000000000000000d0e1" // a full account with unusual names
	EmptyUser  = "kp_0000000000000000000000000000e3b7" // an empty account
	MarkupUser = "kp_0000000000000000000000000000b01d" // names that hold markup
)

// The organizations of DemoUsers, and an invitation to the second.
const (
	DemoOrg        = "org_0demo1studio"
	SecondOrg      = "org_0demo2works"
	InvitationCode = "inv_demo"
)

const (
	demoOrgName   = "Example Studio"
	secondOrgName = "Second Works & Söhne"
)

// DemoUsers returns invented users: two ordinary ones, and three with unusual data. DemoUser has 23 entitlements, so
// that the default
// page size of 10 makes three pages.
func DemoUsers() []User {
	since := time.Date(2025, time.June, 1, 12, 0, 0, 0, time.UTC)
	return []User{studioUser(since), adminUser(since), {
		ID: DemoUser, Test: true, ProvidedID: "crm-1001", GivenName: "Dana", FamilyName: "Demo",
		Email: "dana@example.com", EmailVerified: true, Username: "dana",
		Picture: "https://example.com/dana.png", UpdatedAt: since,
		Memberships: []Membership{{
			OrgCode: DemoOrg, OrgName: demoOrgName,
			Plans: []Plan{
				{"pro_plan", "Pro", since},
				{"add_on_storage", "Extra storage", since.AddDate(0, 1, 0)},
				{"legacy_\"2019\"", "Legacy “2019” — naïve café ☕", since.AddDate(-4, 0, 0)},
			},
			Entitlements: demoEntitlements(), FeatureFlags: demoFlags(),
			Permissions: permissions("view_reports", "export_reports", "invite_people"),
			Roles:       roles("editor", "beta_tester"),
			Properties:  demoProperties(),
		}},
	}, {
		ID: EmptyUser, Test: true, GivenName: "Eli", FamilyName: "Empty", Email: "eli@example.test",
		UpdatedAt: since, Memberships: []Membership{{OrgCode: DemoOrg, OrgName: demoOrgName}},
	}, {
		ID: MarkupUser, Test: true, GivenName: `<b>Mallory</b>`, FamilyName: `"><script>alert(1)</script>`,
		Email: "mallory@example.test", UpdatedAt: since, Username: `' onload='alert(2)`,
		Memberships: []Membership{{
			OrgCode: DemoOrg, OrgName: demoOrgName,
			Properties: []Property{{fixtureID("prop", 90), "<i>Motto</i>", "motto", "</script><img src=x onerror=alert(3)>"}},
		}},
	}}
}

// DemoUserByID returns one of DemoUsers. It panics on another id.
func DemoUserByID(id string) User {
	users := DemoUsers()
	return users[slices.IndexFunc(users, func(p User) bool { return p.ID == id })]
}

func adminUser(since time.Time) User {
	return User{
		ID: AdminUser, GivenName: "Alex", FamilyName: "Admin", Email: "alex@example.com",
		EmailVerified: true, Username: "alex", UpdatedAt: since,
		Memberships: []Membership{{
			OrgCode: DemoOrg, OrgName: demoOrgName,
			Plans:        []Plan{{"pro_plan", "Pro", since}},
			Entitlements: demoEntitlements(), FeatureFlags: demoFlags(),
			Permissions: permissions("view_reports", "export_reports", "invite_people", "manage_billing",
				"manage_members", "delete_organization", "introspect_tokens", "read_audit_log",
				"manage_api_keys", "manage_roles", "manage_plans", "impersonate"),
			Roles:      roles("admin", "editor"),
			Properties: demoProperties(),
		}, {
			OrgCode: SecondOrg, OrgName: secondOrgName,
			Permissions: permissions("view_reports"), Roles: roles("viewer"),
		}},
	}
}

// studioUser works in a small studio on the Pro plan, with 8 of 10 seats taken.
func studioUser(since time.Time) User {
	return User{
		ID: StudioUser, GivenName: "Robin", FamilyName: "Hartley", Email: "robin@example.com",
		EmailVerified: true, Username: "robin", UpdatedAt: since,
		Memberships: []Membership{{
			OrgCode: DemoOrg, OrgName: demoOrgName,
			Plans: []Plan{{"pro_plan", "Pro", since}},
			Entitlements: []Entitlement{
				{ID: fixtureID("entitlement", 101), FeatureKey: "base_price", FeatureName: "Pro", PriceName: "Pro",
					FixedCharge: new(3500)},
				{ID: fixtureID("entitlement", 102), FeatureKey: "seats", FeatureName: "Seats", PriceName: "Seats",
					UnitAmount: new(500), LimitMin: new(1), LimitMax: new(10)},
				{ID: fixtureID("entitlement", 103), FeatureKey: "projects", FeatureName: "Projects", PriceName: "Projects",
					LimitMax: new(50)},
				{ID: fixtureID("entitlement", 104), FeatureKey: "storage_gb", FeatureName: "Storage (GB)", PriceName: "Storage",
					LimitMax: new(100)},
				{ID: fixtureID("entitlement", 105), FeatureKey: "client_portal", FeatureName: "Client portal",
					PriceName: "Client portal"},
			},
			FeatureFlags: []FeatureFlag{
				{ID: fixtureID("flag", 101), Name: "New dashboard", Key: "new_dashboard", Type: "boolean", Value: true},
				{ID: fixtureID("flag", 102), Name: "Weekly summary", Key: "weekly_summary", Type: "boolean", Value: false},
				{ID: fixtureID("flag", 103), Name: "Upload limit (MB)", Key: "upload_limit", Type: "integer", Value: 50},
				{ID: fixtureID("flag", 104), Name: "Theme", Key: "theme", Type: "string", Value: "light"},
			},
			Permissions: permissions("view_reports", "export_reports", "invite_members"),
			Roles:       roles("editor"),
			Properties: []Property{
				{fixtureID("prop", 101), "Company name", "company_name", demoOrgName},
				{fixtureID("prop", 102), "Seats in use", "seats_in_use", 8},
			},
		}},
	}
}

// fixtureID imitates Kinde's ids: a prefix and 32 hexadecimal digits.
func fixtureID(prefix string, n int) string { return fmt.Sprintf("%s_0195ac80a14e%020x", prefix, n) }

func demoEntitlements() []Entitlement {
	named := []struct{ key, name, price string }{
		{"base_price", "Pro gym", "Pro gym"},
		{"seats", "Seats", "Seats"},
		{"unicode_名前", "日本語の名前 and Ελληνικά", "naïve café"},
		{"quotes", `"double", 'single' and \back\slashes`, `5" × 7"`},
		{"emoji", "👩‍👩‍👧‍👦 Family plan 🎉", "🎉"},
		{"markup", "<b>bold</b> & <script>", "R&D"},
		{"right_to_left", "שלום עולם", "مرحبا"},
		{"very_long_" + strings.Repeat("x", 200), strings.Repeat("A very long feature name. ", 20), "Long"},
		{"", "A feature whose key is empty", ""},
	}
	var list []Entitlement
	for i := range 23 {
		e := Entitlement{ID: fixtureID("entitlement", i+1)}
		if i < len(named) {
			e.FeatureKey, e.FeatureName, e.PriceName = named[i].key, named[i].name, named[i].price
		} else {
			e.FeatureKey = fmt.Sprintf("feature_%02d", i+1)
			e.FeatureName = fmt.Sprintf("Feature %02d", i+1)
			e.PriceName = "Feature"
		}
		switch i % 4 { // every mix of numbers and nulls
		case 0:
			e.FixedCharge = new(35)
		case 1:
			e.LimitMax = new(10)
		case 2:
			e.UnitAmount, e.LimitMin, e.LimitMax = new(250), new(0), new(1_000_000)
		}
		list = append(list, e)
	}
	return list
}

func demoFlags() []FeatureFlag {
	flags := []FeatureFlag{
		{Name: "New dashboard", Key: "new_dashboard", Type: "boolean", Value: true},
		{Name: "Dark launch", Key: "dark_launch", Type: "boolean", Value: false},
		{Name: "Upload limit", Key: "upload_limit", Type: "integer", Value: 50},
		{Name: "Theme", Key: "theme", Type: "string", Value: "midnight “blue” 🌙"},
		{Name: "Layout", Key: "layout", Type: "json", Value: map[string]any{"columns": 3, "order": []string{"a", "b"},
			"wide": nil}},
	}
	for i := len(flags); i < 12; i++ {
		flags = append(flags, FeatureFlag{
			Name: fmt.Sprintf("Experiment %02d", i), Key: fmt.Sprintf("experiment_%02d", i), Type: "boolean", Value: i%2 == 0,
		})
	}
	for i := range flags {
		flags[i].ID = fixtureID("flag", i+1)
	}
	return flags
}

func demoProperties() []Property {
	list := []Property{
		{Name: "Company name", Key: "company_name", Value: "Example & Daughters"},
		{Name: "Newsletter", Key: "newsletter", Value: true},
		{Name: "Employees", Key: "employees", Value: 42},
		{Name: "Motto", Key: "motto", Value: "Per aspera ad “astra” ✨"},
	}
	for i := range list {
		list[i].ID = fixtureID("prop", i+1)
	}
	return list
}

func permissions(keys ...string) []Permission {
	list := make([]Permission, len(keys))
	for i, key := range keys {
		list[i] = Permission{fixtureID("perm", i+1), title(key), key}
	}
	return list
}

func roles(keys ...string) []Role {
	list := make([]Role, len(keys))
	for i, key := range keys {
		list[i] = Role{fixtureID("role", i+1), title(key), key}
	}
	return list
}

// title returns a display name for a key: View reports for view_reports.
func title(key string) string {
	words := strings.ReplaceAll(key, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}
