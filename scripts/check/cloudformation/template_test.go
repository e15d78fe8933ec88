package cloudformation

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const root = "../../.."

// object is a mapping of the template. Short intrinsic functions are expanded: !Ref x is
// {"Ref": "x"}, !Sub x is {"Fn::Sub": "x"}.
type object = map[string]any

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func parse(t *testing.T, text string) object {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	return convert(document.Content[0]).(object)
}

func convert(n *yaml.Node) any {
	var value any
	switch n.Kind {
	case yaml.AliasNode:
		return convert(n.Alias)
	case yaml.MappingNode:
		m := object{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = convert(n.Content[i+1])
		}
		value = m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = convert(item)
		}
		value = list
	default:
		value = n.Value
		if n.Tag == "!!int" || n.Tag == "!!bool" {
			_ = n.Decode(&value) // as the tag says
		}
	}
	switch name, short := strings.CutPrefix(n.Tag, "!"); {
	case !short || strings.HasPrefix(name, "!"):
		return value
	case name == "Ref" || name == "Condition":
		return object{name: value}
	default:
		return object{"Fn::" + name: value}
	}
}

// at returns the value at a path of keys, or nil.
func at(value any, keys ...string) any {
	for _, key := range keys {
		m, _ := value.(object)
		value = m[key]
	}
	return value
}

func text(value any, keys ...string) string {
	s, _ := at(value, keys...).(string)
	return s
}

func items(value any, keys ...string) []any {
	list, _ := at(value, keys...).([]any)
	return list
}

// walk calls visit with every mapping in value, the outer ones first.
func walk(value any, visit func(object)) {
	switch value := value.(type) {
	case object:
		visit(value)
		for _, key := range slices.Sorted(maps.Keys(value)) {
			walk(value[key], visit)
		}
	case []any:
		for _, item := range value {
			walk(item, visit)
		}
	}
}

// texts returns all strings in value, including those in intrinsic functions.
func texts(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, item := range value {
			all = append(all, texts(item)...)
		}
		return all
	case object:
		var all []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			all = append(all, texts(value[key])...)
		}
		return all
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{([A-Za-z0-9]+)`)

// references returns the names that value refers to, with repetitions.
func references(value any) []string {
	var names []string
	walk(value, func(m object) {
		if name, ok := m["Ref"].(string); ok {
			names = append(names, name)
		}
		if sub, ok := m["Fn::Sub"]; ok {
			for _, s := range texts(sub) {
				for _, match := range variable.FindAllStringSubmatch(s, -1) {
					names = append(names, match[1])
				}
			}
		}
		if name, _, ok := strings.Cut(text(m, "Fn::GetAtt"), "."); ok {
			names = append(names, name)
		}
	})
	return names
}

// ofType returns the resources of a type by name.
func ofType(template object, kind string) map[string]object {
	found := map[string]object{}
	resources, _ := template["Resources"].(object)
	for name, resource := range resources {
		if text(resource, "Type") == kind {
			found[name] = resource.(object)
		}
	}
	return found
}

// testRule checks that the template passes a rule, and that the rule finds a fault after
// each of the changes, which are pairs of old and new text.
func testRule(t *testing.T, check func(t *testing.T, template object) []string, changes [][2]string) {
	t.Helper()
	original := readFile(t, "template.yaml")
	for _, fault := range check(t, parse(t, original)) {
		t.Error(fault)
	}
	for _, change := range changes {
		changed := strings.Replace(original, change[0], change[1], 1)
		if changed == original {
			t.Errorf("template.yaml has no %q to change", change[0])
		} else if len(check(t, parse(t, changed))) == 0 {
			t.Errorf("got no fault with %q in place of %q, want one", change[1], change[0])
		}
	}
}
