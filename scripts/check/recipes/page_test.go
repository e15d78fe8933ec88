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

// root is the project's folder; go test runs here, three folders below.
const root = "../../.."

// recipe is what one section of the page gives to copy.
type recipe struct {
	blocks []string            // in its <pre>s
	terms  map[string][]string // by <dt>: what is <code> in its <dd>
}

// recipes are the page's, by the id of their heading.
type recipes map[string]*recipe

// held is how many blocks of each section the tests here follow.
var held = map[string]int{"pricing": 1, "gating": 2, "function": 1, "generators": 3}

// read reads the page, which must have no block that nothing here follows.
func read(t *testing.T) recipes {
	t.Helper()
	page, err := os.Open(filepath.Join(root, "public", "docs", "recipes.html"))
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	document, err := html.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	found, has := recipes{}, map[string]int{}
	var section *recipe
	term := ""
	for n := range document.Descendants() {
		if id := attribute(n, "id"); n.DataAtom == atom.H2 {
			section = &recipe{terms: map[string][]string{}}
			found[id] = section
		}
		switch {
		case section == nil:
		case n.DataAtom == atom.Pre:
			section.blocks = append(section.blocks, text(n))
		case n.DataAtom == atom.Dt:
			term = text(n)
		case n.DataAtom == atom.Code && n.Parent.DataAtom == atom.Dd:
			section.terms[term] = append(section.terms[term], text(n))
		}
	}
	for id, section := range found {
		has[id] = len(section.blocks)
	}
	if !maps.Equal(has, held) {
		t.Fatalf("the page's sections have these blocks: %v; the tests follow %v", has, held)
	}
	return found
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
