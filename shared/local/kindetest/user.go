package kindetest

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// User is a user of the tenant. There are no passwords.
type User struct {
	ID            string // kp_…
	ProvidedID    string // the id in the system that they were imported from; may be empty
	GivenName     string
	FamilyName    string
	Email         string
	EmailVerified bool
	Picture       string // may be empty
	Username      string // may be empty
	UpdatedAt     time.Time
	// Suspended users can neither sign in nor refresh.
	Suspended bool
	// Test users are listed apart on the sign-in page.
	Test bool
	// Memberships are the user's accounts, one for each organization; a
	// sign-in that names no org_code gets the first.
	Memberships []Membership
}

// Membership is a user's account in one organization.
type Membership struct {
	OrgCode, OrgName string
	Plans            []Plan
	Entitlements     []Entitlement
	FeatureFlags     []FeatureFlag
	Permissions      []Permission
	Roles            []Role
	Properties       []Property
}

// Name is the user's first and last name separated by a space.
func (p *User) Name() string {
	return strings.TrimSpace(p.GivenName + " " + p.FamilyName)
}

func (p *User) membership(orgCode string) *Membership {
	if orgCode == "" && len(p.Memberships) > 0 {
		return &p.Memberships[0]
	}
	i := slices.IndexFunc(p.Memberships, func(m Membership) bool { return m.OrgCode == orgCode })
	if i < 0 {
		return nil
	}
	return &p.Memberships[i]
}

// user returns a user by id, or nil; k.mu is held.
func (k *Kinde) user(id string) *User {
	i := slices.IndexFunc(k.users, func(p *User) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return k.users[i]
}

var (
	errNoUser = errors.New("kindetest: no such user")
	errFull   = errors.New("kindetest: too many users")
)

// UpdateUser changes a user's own record. The Account API shows the change at
// once, and so does the next access token that is issued; UpdateInherited
// changes what tokens keep from one to the next.
func (k *Kinde) UpdateUser(id string, change func(*User)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.user(id)
	if p == nil {
		return errNoUser
	}
	change(p)
	delete(k.claims, id)
	p.UpdatedAt = k.opt.Now()
	return nil
}

const maxUsers = 200

// register adds a user with an empty account in the first organization;
// k.mu is held.
func (k *Kinde) register(given, family, email string) (*User, error) {
	if len(k.users) >= maxUsers {
		return nil, errFull
	}
	p := &User{
		ID: "kp_" + randomHex(16), GivenName: given, FamilyName: family, Email: email,
		UpdatedAt:   k.opt.Now(),
		Memberships: []Membership{{OrgCode: DemoOrg, OrgName: demoOrgName}},
	}
	k.users = append(k.users, p)
	return p, nil
}

// Plan is a subscription to a price list.
type Plan struct {
	Key          string    `json:"key"`
	Name         string    `json:"name"`
	SubscribedOn time.Time `json:"subscribed_on"`
}

// Entitlement is a feature that the user's plans give them, with its limits;
// a nil number is null.
type Entitlement struct {
	ID          string `json:"id"`
	FixedCharge *int   `json:"fixed_charge"`
	PriceName   string `json:"price_name"`
	UnitAmount  *int   `json:"unit_amount"` // in cents
	FeatureKey  string `json:"feature_key"`
	FeatureName string `json:"feature_name"`
	LimitMax    *int   `json:"entitlement_limit_max"`
	LimitMin    *int   `json:"entitlement_limit_min"`
}

// FeatureFlag is a switch with a value: bool, int, string, or any JSON object.
type FeatureFlag struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Key   string `json:"key"`
	Type  string `json:"type"` // boolean, integer, string or json
	Value any    `json:"value"`
}

// Permission is something the user may do in the organization.
type Permission struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Key  string `json:"key"`
}

// Role is a named set of permissions.
type Role struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Key  string `json:"key"`
}

// Property is a datum kept about the user: string, bool or int.
type Property struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Key   string `json:"key"`
	Value any    `json:"value"`
}
