//go:build realtools

package recipes

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// root is the project's folder.
const root = "../../.."

// block is one <pre> of the page.
type block struct{ language, text string }

// page holds the blocks by the id of the heading above them.
type page map[string][]block

// followed is how many blocks of each section the tests follow.
var followed = map[string]int{
	"plain-html": 3, "react--vite": 3, "astro": 4, "single-page-app": 4,
	"a-pricing-page-that-ends-in-the-portal": 1, "a-page-for-some-users": 2, "calling-your-own-api": 1,
}

// readPage reads the page, which must have no block that no test follows.
func readPage(t *testing.T) page {
	t.Helper()
	found := readBlocks(t, "recipes.html")
	counts := map[string]int{}
	for id, blocks := range found {
		counts[id] = len(blocks)
	}
	if !maps.Equal(counts, followed) {
		t.Fatalf("got blocks in the sections %v, want %v, which the tests follow", counts, followed)
	}
	return found
}

// readBlocks reads the blocks of a page of the documentation.
func readBlocks(t *testing.T, name string) page {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "public", "demo", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := html.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	found, id := page{}, ""
	for n := range document.Descendants() {
		switch {
		case n.DataAtom == atom.H2 || n.DataAtom == atom.H3:
			id = attribute(n, "id")
		case n.DataAtom == atom.Pre && n.FirstChild != nil:
			language := strings.TrimPrefix(attribute(n.FirstChild, "class"), "language-")
			found[id] = append(found[id], block{language, text(n)})
		}
	}
	return found
}

// one returns the section's only block of a language.
func (p page) one(t *testing.T, id, language string) string {
	t.Helper()
	var texts []string
	for _, b := range p[id] {
		if b.language == language {
			texts = append(texts, b.text)
		}
	}
	if len(texts) != 1 {
		t.Fatalf("%s: got %d blocks of %q, want 1", id, len(texts), language)
	}
	return texts[0]
}

// commands returns the section's command lines.
func (p page) commands(id string) (lines []string) {
	for _, b := range p[id] {
		if b.language == "sh" {
			lines = append(lines, strings.Split(strings.TrimSpace(b.text), "\n")...)
		}
	}
	return lines
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var all strings.Builder
	for inner := range n.Descendants() {
		if inner.Type == html.TextNode {
			all.WriteString(inner.Data)
		}
	}
	return all.String()
}
