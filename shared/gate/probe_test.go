package gate

import "testing"

func TestSpellingsAreProtected(t *testing.T) {
	for _, path := range []string{"/", "/members/", "/members/gold/", "/Beta"} {
		rules := Rules{{Path: path}}
		for _, spelling := range rules[0].Spellings() {
			normal, err := Normal(spelling, Netlify)
			if err == nil && len(rules.For(normal, Netlify)) == 0 {
				t.Errorf("%q is public under the rule %q", spelling, path)
			}
		}
	}
}
