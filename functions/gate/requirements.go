package main

import (
	"context"
	"encoding/json"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/gate"
	"kinde-functions/shared/kinde"
)

// lists are the Account API's lists by kind of requirement.
var lists = map[gate.Kind]kinde.List{
	gate.Permission: kinde.Permissions, gate.Role: kinde.Roles, gate.FeatureFlag: kinde.FeatureFlags,
	gate.Entitlement: kinde.Entitlements,
}

// met returns the rules whose requirements the caller meets. The access token says what
// the caller has; where it does not, and a rule of the page depends on it, Kinde is asked.
// Other rules then count as not met, which their own pages will settle.
func (g gatekeeper) met(ctx context.Context, caller auth.Caller, needed gate.Rules) (gate.Rules, error) {
	has := granted(caller)
	for _, rule := range needed {
		for kind := range rule.Requires {
			if has[kind] != nil {
				continue
			}
			keys, err := g.ask(ctx, caller.Token, lists[kind])
			if err != nil {
				return nil, err
			}
			has[kind] = keys
		}
	}
	var met gate.Rules
	for _, rule := range g.rules {
		if meets(rule, has) {
			met = append(met, rule)
		}
	}
	return met, nil
}

func meets(rule gate.Rule, has map[gate.Kind]map[string]bool) bool {
	for kind, key := range rule.Requires {
		if !has[kind][key] {
			return false
		}
	}
	return true
}

// granted returns what the access token says that the caller has, by kind. A kind of which
// it says nothing is absent.
func granted(caller auth.Caller) map[gate.Kind]map[string]bool {
	has := map[gate.Kind]map[string]bool{}
	add := func(kind gate.Kind, key string, on bool) {
		if has[kind] == nil {
			has[kind] = map[string]bool{}
		}
		has[kind][key] = on
	}
	grants := caller.Claims.Grants()
	for _, permission := range grants.Permissions {
		add(gate.Permission, permission, true)
	}
	for _, role := range grants.Roles {
		add(gate.Role, role.Key, true)
	}
	for key, flag := range grants.FeatureFlags {
		add(gate.FeatureFlag, key, string(flag.Value) == "true")
	}
	return has
}

// ask returns the keys of a list of the Account API. Of feature flags it returns those
// that are on.
func (g gatekeeper) ask(ctx context.Context, token string, list kinde.List) (map[string]bool, error) {
	whole, err := g.kinde.All(ctx, token, list, "")
	if err != nil {
		return nil, err
	}
	var page struct {
		Data map[string]json.RawMessage `json:"data"`
	}
	var entries []struct {
		Key     string          `json:"key"`
		Feature string          `json:"feature_key"`
		Value   json.RawMessage `json:"value"`
	}
	err = json.Unmarshal(whole, &page)
	if err == nil {
		err = json.Unmarshal(page.Data[string(list)], &entries)
	}
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for _, entry := range entries {
		key := entry.Key
		if list == kinde.Entitlements {
			key = entry.Feature
		}
		keys[key] = list != kinde.FeatureFlags || string(entry.Value) == "true"
	}
	return keys, nil
}
