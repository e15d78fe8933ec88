package derived

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kinde-functions/shared/gate"
)

func readEdge(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../edge", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEdgeFunctionWithLargestRulesFitsCloudFront(t *testing.T) {
	file := `{"rules":[`
	for i := range 50 {
		file += fmt.Sprintf(`{"path":"/members/the-area-%03d/","permission":"read:the-members-area-%03d"},`, i, i)
	}
	file = strings.TrimSuffix(file, ",") + `]}`
	if len(file) < 3500 || len(file) > 4096 {
		t.Fatalf("got a file of %d bytes, want one close to 4,096", len(file))
	}
	rules, err := gate.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	code, err := assembleEdge(readEdge(t, "cloudfront/request.js"), readEdge(t, "check.js"), rules,
		"open", "folds", "normalPath", "requirements", "equal", "passMeets", "check", "keyList")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(code))
}

// CloudFront's runtime lacks these of the language.
func TestEdgeScriptsUseCloudFrontsLanguage(t *testing.T) {
	lacks := regexp.MustCompile(`\bfor \(.* of |\bclass \b|\.\.\.|\?\.|\?\?|\b(const|let) [\[{]|` + "`")
	for _, name := range []string{"check.js", "cloudfront/request.js", "cloudfront/response.js"} {
		if found := lacks.FindString(compact(readEdge(t, name))); found != "" {
			t.Errorf("edge/%s uses %q", name, found)
		}
	}
}

func TestCompactKeepsCode(t *testing.T) {
	if got, want := compact("// a\n\n  const x = 'http://y'; // z\n"), "const x = 'http://y'; // z\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
