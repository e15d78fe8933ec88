package guide

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../../.."

func TestGuideIsUpToDate(t *testing.T) {
	pages, err := Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	for _, page := range pages {
		made[filepath.Base(page.Name)] = true
		got, err := os.ReadFile(filepath.Join(root, page.Name))
		if err != nil || !bytes.Equal(got, page.HTML) {
			t.Errorf("%s differs from %s; run go generate ./...", page.Name, page.Source)
		}
	}
	found, _ := filepath.Glob(filepath.Join(root, "public", "demo", "docs", "*.html"))
	for _, file := range found {
		if !made[filepath.Base(file)] {
			t.Errorf("%s has no page in docs/", file)
		}
	}
}

var (
	links = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	ids   = regexp.MustCompile(` id="([^"]*)"`)
)

func TestLinksLeadSomewhere(t *testing.T) {
	pages, err := Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	for _, page := range pages {
		name := strings.TrimSuffix(strings.TrimPrefix(page.Name, "public"), "index.html")
		for _, id := range ids.FindAllSubmatch(page.HTML, -1) {
			anchors[name+"#"+string(id[1])] = true
		}
	}
	for _, page := range pages {
		own := strings.TrimSuffix(strings.TrimPrefix(page.Name, "public"), "index.html")
		for _, found := range links.FindAllSubmatch(page.HTML, -1) {
			link := string(found[1])
			if strings.Contains(link, "://") {
				continue
			}
			file, fragment, hasFragment := strings.Cut(link, "#")
			if file == "" {
				file = own
			}
			if hasFragment && !anchors[file+"#"+fragment] {
				t.Errorf("%s: no heading for the link %s", page.Source, link)
			}
			if strings.HasSuffix(file, "/") {
				file += "index.html"
			}
			if _, err := os.Stat(filepath.Join(root, "public", file)); err != nil {
				t.Errorf("%s: no file for the link %s", page.Source, link)
			}
		}
	}
}

func TestRender(t *testing.T) {
	const source = "# A & B\n\n![picture](b.png)\n\nA ![picture](b.png) line.\n\n" +
		"[a](api.md#x) [b](../SECURITY.md) [c](../README.md) [d](../public/demo/index.html) [e](none.md)\n\n" +
		"```sh\na <b>\n```\n\n<!-- tabs -->\n### One\n\n1\n\n### Two\n\n2\n\n<!-- /tabs -->\n\n" +
		"| a | b |\n|---|---|\n| 1 | 2 |\n"
	made, err := render("docs/x.md", []byte(source), []string{"README.md", "docs/api.md"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<title>A &amp; B · Kinde functions</title>", "<!-- Generated from docs/x.md",
		`<a href="/demo/docs/api.html#x">a</a> b <a href="/demo/docs/">c</a> <a href="/demo/">d</a> e`,
		`<pre tabindex="0" data-copy><code class="language-sh">a &lt;b&gt;`,
		"<div class=\"tabs\">\n<section>\n<h3 id=\"one\">One</h3>\n<p>1</p>\n</section>\n<section>\n<h3 id=\"two\">",
		"</section>\n</div>", `<div class="wide" tabindex="0"><table>`,
	} {
		if !strings.Contains(string(made), want) {
			t.Errorf("got\n%s\nwant %s", made, want)
		}
	}
	if strings.Contains(string(made), "b.png") || strings.Contains(string(made), "<p></p>") {
		t.Errorf("got\n%s\nwant no picture and no empty paragraph", made)
	}
}
