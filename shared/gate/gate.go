// Package gate decides which pages are protected, by what, and who has shown that they
// meet it.
//
// gate.json states the rules. A pass is a cookie that says, under a key of GATE_KEYS,
// which rules' requirements a session met, so that the edge can check it without the
// network. edge/check.js is the same check in JavaScript, and testdata/vectors.json holds
// both to the same results. The package defends against
//
//   - other spellings of a protected path: a path is judged in one normal form that meets
//     every rule that the file a host serves for it meets, or it is refused;
//   - forged and altered passes, and passes past their ten minutes;
//   - a pass that outlives a change of a rule: it names requirements and not rules.
//
// It does not tell a copied pass from its owner's.
package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	maxRules = 50
	maxFile  = 4096 // bytes
	maxKey   = 128  // characters of a permission's or other key
)

// Kind is a kind of requirement, as gate.json and the passes name it.
type Kind string

// The kinds, in the order in which a rule's requirements are written.
const (
	Permission  Kind = "permission"
	Role        Kind = "role"
	FeatureFlag Kind = "feature_flag"
	Entitlement Kind = "entitlement"
)

var kinds = []Kind{Permission, Role, FeatureFlag, Entitlement}

// Rule is what one path prefix requires. A rule without requirements requires a
// signed-in user.
type Rule struct {
	Path     string // normal, with or without a slash at its end
	Requires map[Kind]string
}

// Text is the rule's requirements in the one form that passes hash. It is empty for a
// rule without requirements.
func (r Rule) Text() string {
	var parts []string
	for _, kind := range kinds {
		if key, ok := r.Requires[kind]; ok {
			parts = append(parts, string(kind)+":"+key)
		}
	}
	return strings.Join(parts, "\n")
}

// Rules are the rules of gate.json.
type Rules []Rule

// open are the paths of the functions and of the page that explains errors. They protect
// themselves, and a browser without a pass must reach them.
var open = []string{"/.netlify", "/access", "/api", "/auth", "/portal", "/webhooks"}

// Parse reads gate.json. Its errors name the rule and what to write instead.
func Parse(file []byte) (Rules, error) {
	if len(file) > maxFile {
		return nil, fmt.Errorf("gate.json has %d bytes; the limit is %d", len(file), maxFile)
	}
	// Maps, since encoding/json would match the fields of a struct in any letter case.
	var content map[string][]map[string]string
	if err := json.Unmarshal(file, &content); err != nil {
		return nil, fmt.Errorf("gate.json is not {\"rules\": [{\"path\": \"/members/\", …}]}: %w", err)
	}
	given, ok := content["rules"]
	if !ok || len(content) != 1 {
		return nil, errors.New("gate.json must have the field rules, and no other")
	}
	if len(given) > maxRules {
		return nil, fmt.Errorf("gate.json has %d rules; the limit is %d", len(given), maxRules)
	}
	rules := make(Rules, 0, len(given))
	for i, fields := range given {
		rule, err := parseRule(fields)
		if err != nil {
			return nil, fmt.Errorf("rule %d of gate.json %w", i+1, err)
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

func parseRule(fields map[string]string) (Rule, error) {
	rule := Rule{Path: fields["path"], Requires: map[Kind]string{}}
	for _, kind := range kinds {
		key, ok := fields[string(kind)]
		if ok && (key == "" || len(key) > maxKey ||
			strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' })) {
			return Rule{}, fmt.Errorf("has a %s that is empty, too long or not printable ASCII", kind)
		}
		if ok {
			rule.Requires[kind] = key
		}
	}
	if len(fields) != len(rule.Requires)+1 {
		return Rule{}, errors.New("must have path and no fields but permission, role, feature_flag and entitlement")
	}
	return rule, checkPath(rule.Path)
}

// checkPath insists on a normal path of plain characters: what a rule protects is then
// plain from reading it, and the edge need not normalize it at each request.
func checkPath(path string) error {
	for _, c := range []byte(path) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("/-._~", rune(c)) {
			return errors.New("has a path with a character other than letters, digits and / - . _ ~; protect a folder above it")
		}
	}
	normal, err := Normal(path, Host{})
	if err != nil {
		return errors.New("has a path that does not begin with a slash or has dot segments")
	}
	if want := strings.TrimSuffix(path, "/"); normal != want && path != "/" {
		return fmt.Errorf("has the path %q; write %q", path, strings.TrimSuffix(normal, "/")+"/")
	}
	for _, prefix := range open {
		if under(strings.ToLower(normal), prefix) {
			return fmt.Errorf("protects a path below %s/, which must stay open", prefix)
		}
	}
	return nil
}

// For returns the rules that a normal path meets; there are none for a public path.
func (rules Rules) For(path string, host Host) Rules {
	for _, prefix := range open {
		if under(path, prefix) {
			return nil
		}
	}
	var found Rules
	for _, rule := range rules {
		if under(path, host.fold(strings.TrimSuffix(rule.Path, "/"))) {
			found = append(found, rule)
		}
	}
	return found
}

// under reports whether a normal path is a prefix or below it. The empty prefix is the
// whole site.
func under(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || prefix == "" || rest[0] == '/')
}

// Has reports whether a rule is among the rules.
func (rules Rules) Has(rule Rule) bool {
	return slices.ContainsFunc(rules, func(other Rule) bool {
		return other.Path == rule.Path &&
			other.Text() == rule.Text()
	})
}
