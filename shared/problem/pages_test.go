package problem_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/problem"
)

// codes returns every code, sorted.
func codes() []string {
	var all []string
	for _, code := range problem.Codes() {
		all = append(all, string(code))
	}
	slices.Sort(all)
	return all
}

func page(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../public", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestAccessPageExplainsEveryCode checks that every code has an article with a doctor
// command, and a link in the list for browsers without scripts.
func TestAccessPageExplainsEveryCode(t *testing.T) {
	html := page(t, "access/index.html")
	articles := map[string]string{}
	marked := regexp.MustCompile(`(?s)<article [^>]*data-code="([^"]+)".*?</article>`)
	for _, m := range marked.FindAllStringSubmatch(html, -1) {
		articles[m[1]] = m[0]
	}
	for _, code := range codes() {
		article, ok := articles[code]
		if !ok {
			t.Errorf("got no article for %q", code)
			continue
		}
		delete(articles, code)
		parts := []string{`id="` + code + `"`, "<h1", `class="lead"`, `class="button primary"`, "go run ./scripts/doctor "}
		for _, want := range parts {
			if !strings.Contains(article, want) {
				t.Errorf("the article for %q lacks %s", code, want)
			}
		}
		if !strings.Contains(html, `<li><a href="#`+code+`">`) {
			t.Errorf("the list of codes lacks %q", code)
		}
	}
	for code := range articles {
		t.Errorf("got an article for the unknown code %q", code)
	}
}

func TestTypeScriptDeclarationsListEveryCode(t *testing.T) {
	union, _, found := strings.Cut(page(t, "kinde-types.d.ts"), "| ModuleErrorCode;")
	if !found {
		t.Fatal("public/kinde-types.d.ts has no ErrorCode")
	}
	var got []string
	for _, m := range regexp.MustCompile(`\| "([a-z-]+)"`).FindAllStringSubmatch(union, -1) {
		got = append(got, m[1])
	}
	slices.Sort(got)
	if want := codes(); !slices.Equal(got, want) {
		t.Errorf("ErrorCode has %q, want %q", got, want)
	}
}
