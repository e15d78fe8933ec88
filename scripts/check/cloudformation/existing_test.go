package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestServeSiteDecidesWhatIsMade(t *testing.T) {
	testRule(t, serveSite, [][2]string{
		{"    Type: AWS::SecretsManager::Secret\n    Condition: BehindCloudFront\n",
			"    Type: AWS::SecretsManager::Secret\n    Condition: Site\n"},
		{"    Type: AWS::CloudFront::Distribution\n    Condition: Site\n",
			"    Type: AWS::CloudFront::Distribution\n    Condition: BehindCloudFront\n"},
		{"  BehindCloudFront: !Or [!Condition Site, !Condition ExistingSite]",
			"  BehindCloudFront: !Or [!Condition Site, !Condition SiteDomain]"},
		{"  OriginSecretArn:\n    Condition: ExistingSite\n", "  OriginSecretArn:\n"},
		{"  OriginDomain:\n    Condition: ExistingSite\n", "  OriginDomain:\n    Condition: Site\n"},
		{"Value: !Ref OriginSecret\n", "Value: !Sub \"{{resolve:secretsmanager:${OriginSecret}}}\"\n"},
		{"    Value: !GetAtt SiteViewer.FunctionARN\n", "    Value: !GetAtt SitePaths.FunctionARN\n"},
		{"Assert: !Not [!Equals [!Ref ServeSite, \"no\"]]", "Assert: !Equals [!Ref ServeSite, \"yes\"]"},
		{"RuleCondition: !Not [!Equals [!Ref ServeSite, \"yes\"]]", "RuleCondition: !Equals [!Ref ServeSite, \"no\"]"},
	})
}

// made are resources and outputs that depend on ServeSite, and the values with which each
// is made. Those of protected pages need ProtectPages=yes as well.
var made = map[string]string{
	"Distribution": "yes", "Pages": "yes", "PagesHeaders": "yes", "SitePaths": "yes", "SiteDomain": "yes",
	"OriginSecret": "yes existing", "SiteViewer": "yes existing",
	"OriginDomain": "existing", "OriginSecretArn": "existing", "ViewerFunctionArn": "existing",
	"GateRequest": "yes existing", "GateResponse": "yes existing", "GateStore": "yes existing",
	"GateRequestFunctionArn": "yes existing", "GateResponseFunctionArn": "yes existing",
}

// serveSite evaluates the template's conditions and rules for each value of ServeSite.
func serveSite(_ *testing.T, template object) (faults []string) {
	for _, serve := range []string{"yes", "existing", "no"} {
		for _, protect := range []string{"yes", "no"} {
			s := stack{template, map[string]string{"ServeSite": serve, "ProtectPages": protect, "GateKeys": "k"}}
			name := fmt.Sprintf("ServeSite=%s ProtectPages=%s", serve, protect)
			for id, values := range made {
				gate := strings.HasPrefix(id, "Gate")
				want := slices.Contains(strings.Fields(values), serve) && (!gate || protect == "yes")
				for _, section := range []string{"Resources", "Outputs"} {
					if got := s.made(section)[id] != nil; at(template, section, id) != nil && got != want {
						faults = append(faults, fmt.Sprintf("%s: %s is made: %t, want %t", name, id, got, want))
					}
				}
			}
			faults = append(faults, s.dangling(name)...)
			if refused := s.refused(); (refused != "") != (serve == "no" && protect == "yes") {
				faults = append(faults, fmt.Sprintf("%s: refused because %q", name, refused))
			}
		}
		s := stack{template, map[string]string{"ServeSite": serve, "SiteCertificateArn": "arn"}}
		if refused := s.refused(); (refused != "") != (serve != "yes") {
			faults = append(faults, fmt.Sprintf("ServeSite=%s with a certificate: refused because %q", serve, refused))
		}
	}
	for id := range made {
		if at(template, "Resources", id) == nil && at(template, "Outputs", id) == nil {
			faults = append(faults, "there is no "+id)
		}
	}
	for name, from := range map[string]string{"OriginSecretArn": "OriginSecret", "ViewerFunctionArn": "SiteViewer",
		"GateRequestFunctionArn": "GateRequest", "GateResponseFunctionArn": "GateResponse"} {
		if got := references(at(template, "Outputs", name, "Value")); !slices.Equal(got, []string{from}) {
			faults = append(faults, fmt.Sprintf("the output %s is of %v, want %s", name, got, from))
		}
	}
	if strings.Contains(fmt.Sprint(template["Outputs"]), "resolve:") {
		faults = append(faults, "an output shows a secret")
	}
	return faults
}

// stack is the template with parameters; the others have their defaults.
type stack struct {
	template   object
	parameters map[string]string
}

// made returns the resources or the outputs whose conditions hold.
func (s stack) made(section string) object {
	all, _ := s.template[section].(object)
	kept := object{}
	for name, item := range all {
		if condition := text(item, "Condition"); condition == "" || s.holds(object{"Condition": condition}) {
			kept[name] = item
		}
	}
	return kept
}

// holds evaluates a condition.
func (s stack) holds(condition any) bool {
	for function, argument := range condition.(object) {
		list, _ := argument.([]any)
		switch function {
		case "Condition":
			return s.holds(at(s.template, "Conditions", argument.(string)))
		case "Fn::Equals":
			return s.value(list[0]) == s.value(list[1])
		case "Fn::Not":
			return !s.holds(list[0])
		case "Fn::And":
			return !slices.ContainsFunc(list, func(c any) bool { return !s.holds(c) })
		case "Fn::Or":
			return slices.ContainsFunc(list, s.holds)
		}
	}
	return false
}

// value evaluates an operand of Fn::Equals; functions other than Ref are as they are.
func (s stack) value(operand any) string {
	name := text(operand, "Ref")
	if name == "" {
		return fmt.Sprint(operand)
	}
	if given, ok := s.parameters[name]; ok {
		return given
	}
	return fmt.Sprint(at(s.template, "Parameters", name, "Default"))
}

// resolve replaces each Fn::If by the branch that holds.
func (s stack) resolve(value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = s.resolve(item)
		}
		return list
	case object:
		if branch := items(value, "Fn::If"); len(branch) == 3 {
			if s.holds(object{"Condition": branch[0]}) {
				return s.resolve(branch[1])
			}
			return s.resolve(branch[2])
		}
		m := object{}
		for key, item := range value {
			m[key] = s.resolve(item)
		}
		return m
	}
	return value
}

// dangling finds references to resources that are not made.
func (s stack) dangling(name string) (faults []string) {
	resources := s.made("Resources")
	for _, section := range []object{resources, s.made("Outputs")} {
		for _, id := range slices.Sorted(maps.Keys(section)) {
			for _, referred := range references(s.resolve(section[id])) {
				declared := at(s.template, "Resources", referred) != nil
				if _, there := resources[referred]; declared && !there {
					faults = append(faults, fmt.Sprintf("%s: %s refers to %s, which is not made", name, id, referred))
				}
			}
		}
	}
	return faults
}

// refused returns the description of an assertion that does not hold.
func (s stack) refused() string {
	rules, _ := s.template["Rules"].(object)
	for _, rule := range rules {
		if !s.holds(at(rule, "RuleCondition")) {
			continue
		}
		for _, assertion := range items(rule, "Assertions") {
			if !s.holds(at(assertion, "Assert")) {
				return text(assertion, "AssertDescription")
			}
		}
	}
	return ""
}
