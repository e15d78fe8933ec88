package gate

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

type vectors struct {
	Rules  json.RawMessage `json:"rules"`
	Keys   []string        `json:"keys"` // of 32 bytes that are each key's only letter
	Paths  []pathVector    `json:"paths"`
	Images []imageVector   `json:"images"`
	Passes []passVector    `json:"passes"`
}

// imageVector is the query of an address of Netlify's Image CDN on https://site.example, and
// the path of the image that it shows.
type imageVector struct {
	Query string  `json:"query"`
	Path  *string `json:"path"` // null: refused
}

type pathVector struct {
	Path       string  `json:"path"`
	Netlify    reading `json:"netlify"`
	CloudFront reading `json:"cloudfront"`
}

// reading is what a host's edge makes of a path.
type reading struct {
	Normal   *string  `json:"normal"`   // null: refused
	Requires []string `json:"requires"` // null: public
}

type passVector struct {
	Why   string   `json:"why"`
	Pass  string   `json:"pass"`
	Now   int64    `json:"now"`
	Needs []string `json:"needs"`
	Meets bool     `json:"meets"`
}

func readVectors(t testing.TB) (vectors, Rules) {
	t.Helper()
	content, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(content, &v); err != nil {
		t.Fatal(err)
	}
	rules, err := Parse(v.Rules)
	if err != nil {
		t.Fatal(err)
	}
	return v, rules
}

func TestNormalAndRulesMatchVectors(t *testing.T) {
	v, rules := readVectors(t)
	if len(v.Paths) < 80 {
		t.Fatalf("got %d path vectors, want 80 or more", len(v.Paths))
	}
	for _, vector := range v.Paths {
		for host, want := range map[Host]reading{Netlify: vector.Netlify, CloudFront: vector.CloudFront} {
			normal, err := Normal(vector.Path, host)
			if (err != nil) != (want.Normal == nil) || err == nil && normal != *want.Normal {
				t.Errorf("Normal(%q, %v) = %q, %v, want %v", vector.Path, host, normal, err, want.Normal)
				continue
			}
			if err != nil {
				continue
			}
			var got []string
			for _, rule := range rules.For(normal, host) {
				got = append(got, rule.Text())
			}
			if !slices.Equal(got, want.Requires) {
				t.Errorf("%q on %v requires %q, want %q", vector.Path, host, got, want.Requires)
			}
		}
	}
}

func TestImagePathMatchesVectors(t *testing.T) {
	v, _ := readVectors(t)
	if len(v.Images) < 30 {
		t.Fatalf("got %d image vectors, want 30 or more", len(v.Images))
	}
	for _, vector := range v.Images {
		path, err := ImagePath(strings.TrimPrefix(vector.Query, "?"), "https://site.example")
		if (err != nil) != (vector.Path == nil) || err == nil && path != *vector.Path {
			t.Errorf("ImagePath(%q) = %q, %v, want %v", vector.Query, path, err, vector.Path)
		}
	}
	if path, err := ImagePath("url=https://other.example/members/a.png", "https://site.example"); err == nil {
		t.Errorf("an image of another site: got %q, want an error", path)
	}
}

func testKeys(v vectors) Keys {
	var keys Keys
	for _, letter := range v.Keys {
		keys = append(keys, []byte(strings.Repeat(letter, 32)))
	}
	return keys
}

func TestPassesMatchVectors(t *testing.T) {
	v, _ := readVectors(t)
	if len(v.Passes) < 15 {
		t.Fatalf("got %d pass vectors, want 15 or more", len(v.Passes))
	}
	keys := testKeys(v)
	for _, vector := range v.Passes {
		pass, err := keys.Open(vector.Pass, time.Unix(vector.Now, 0))
		if got := err == nil && pass.Meets(rulesOf(t, vector.Needs)); got != vector.Meets {
			t.Errorf("%s: got %t (%v), want %t", vector.Why, got, err, vector.Meets)
		}
	}
}

// rulesOf gives rules with those requirements.
func rulesOf(t testing.TB, texts []string) Rules {
	t.Helper()
	var rules Rules
	for _, text := range texts {
		rule := Rule{Path: "/x/", Requires: map[Kind]string{}}
		for part := range strings.SplitSeq(text, "\n") {
			if kind, key, ok := strings.Cut(part, ":"); ok {
				rule.Requires[Kind(kind)] = key
			}
		}
		if rule.Text() != text {
			t.Fatalf("got rule text %q, want %q", rule.Text(), text)
		}
		rules = append(rules, rule)
	}
	return rules
}

func TestPassBelongsToItsSession(t *testing.T) {
	now := time.Now()
	old, current := Keys{[]byte(strings.Repeat("a", 32))},
		Keys{[]byte(strings.Repeat("b", 32)), []byte(strings.Repeat("a", 32))}
	pass, err := current.Open(old.Issue("session-1", nil, nil, now.Add(PassLife)), now)
	if err != nil || !pass.Belongs("session-1") || pass.Belongs("session-2") {
		t.Errorf("pass under the second key: got %+v, %v, want one of session-1", pass, err)
	}
	if _, err := old.Open(current.Issue("session-1", nil, nil, now.Add(PassLife)), now); err == nil {
		t.Error("a pass under another key opens")
	}
}

func TestPassFitsItsShareOfCookies(t *testing.T) {
	var rules Rules
	for i := range maxRules {
		rules = append(rules, Rule{Requires: map[Kind]string{Permission: strings.Repeat("p", i+1)}})
	}
	keys := Keys{[]byte(strings.Repeat("k", 32))}
	issued := keys.Issue("s", rules[45:48], rules, time.Now().Add(PassLife))
	if len(issued) > 240 {
		t.Errorf("got a pass of %d bytes, want 240 at most", len(issued))
	}
	pass, err := keys.Open(issued, time.Now())
	if err != nil || !pass.Meets(rules[45:48]) || !pass.Meets(rules[:17]) || pass.Meets(rules[17:18]) {
		t.Errorf("got %+v, %v, want the requirements of the page and of 17 others", pass, err)
	}
}

func TestParseRefusesWhatItCannotEnforce(t *testing.T) {
	for file, says := range map[string]string{
		`{}`: "rules", `[]`: "gate.json is not", `{"rules": [], "x": []}`: "no other", `{"Rules": []}`: "rules",
		`{"rules": [{}]}`: "path",
		`{"rules": [{"path": "/members/", "permision": "x"}]}`:                   "no fields but",
		`{"rules": [{"path": "/members/", "Permission": "x"}]}`:                  "no fields but",
		`{"rules": [{"path": "/members/", "permission": ""}]}`:                   "permission",
		`{"rules": [{"path": "/members/", "role": "a b"}]}`:                      "role",
		`{"rules": [{"path": "/members/", "permission": 1}]}`:                    "gate.json is not",
		`{"rules": [{"path": "members/"}]}`:                                      "slash",
		`{"rules": [{"path": "/members//gold/"}]}`:                               `write "/members/gold/"`,
		`{"rules": [{"path": "/members/index.html"}]}`:                           `write "/members/"`,
		`{"rules": [{"path": "/members.html"}]}`:                                 `write "/members/"`,
		`{"rules": [{"path": "/members/../x/"}]}`:                                "dot segments",
		`{"rules": [{"path": "/m%65mbers/"}]}`:                                   "character",
		`{"rules": [{"path": "/größe/"}]}`:                                       "character",
		`{"rules": [{"path": "/members;a/"}]}`:                                   "character",
		`{"rules": [{"path": "/Access/x/"}]}`:                                    "must stay open",
		`{"rules": [{"path": "/api/"}]}`:                                         "must stay open",
		`{"rules": [` + strings.Repeat(`{"path":"/a"},`, 50) + `{"path":"/a"}]}`: "51 rules",
		`{"rules": [{"path": "/` + strings.Repeat("a", 4096) + `"}]}`:            "bytes",
	} {
		if _, err := Parse([]byte(file)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Parse(%.60s): %v, want an error with %q", file, err, says)
		}
	}
	if rules, err := Parse([]byte(`{"rules": [{"path": "/"}, {"path": "/Members"}]}`)); err != nil || len(rules) != 2 {
		t.Errorf("got %v, %v", rules, err)
	}
}
