// Package guide makes the pages of the site's guide, public/demo/docs/, from README.md and
// docs/, so that the site and the repository have one text.
package guide

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"

	_ "embed"
)

// Page is one page of the guide.
type Page struct {
	Source string // such as docs/aws.md
	Name   string // such as public/demo/docs/aws.html
	HTML   []byte
}

//go:embed page.html
var layout string

var page = template.Must(template.New("page").Parse(layout))

// markdown renders what GitHub renders. Unsafe passes the marks of tabs; the text is the
// repository's own.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(html.WithUnsafe()),
)

// Pages returns the guide's pages for the project in the folder root: none where the
// site's owner has deleted the demo.
func Pages(root string) ([]Page, error) {
	if _, err := os.Stat(filepath.Join(root, "public", "demo")); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		return nil, err
	}
	sources := []string{"README.md"}
	for _, file := range found {
		sources = append(sources, path.Join("docs", filepath.Base(file)))
	}
	slices.Sort(sources[1:])
	var pages []Page
	for _, source := range sources {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(source)))
		if err != nil {
			return nil, err
		}
		made, err := render(source, content, sources)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		pages = append(pages, Page{source, path.Join("public", target(source)), made})
	}
	return pages, nil
}

// target is the path on the site of a file of the repository; "" if the site has none.
func target(file string) string {
	switch name, page := strings.CutSuffix(file, ".md"); {
	case file == "README.md":
		return "demo/docs/index.html"
	case page && strings.HasPrefix(file, "docs/"):
		return "demo/" + name + ".html"
	}
	if name, public := strings.CutPrefix(file, "public/"); public {
		return name
	}
	return ""
}

func render(source string, content []byte, sources []string) ([]byte, error) {
	document := markdown.Parser().Parse(text.NewReader(content))
	if err := relink(document, source, sources); err != nil {
		return nil, err
	}
	var body, made bytes.Buffer
	if err := markdown.Renderer().Render(&body, content, document); err != nil {
		return nil, err
	}
	title, _, _ := strings.Cut(string(content), "\n")
	title = strings.TrimPrefix(title, "# ")
	err := page.Execute(&made, struct {
		Title, Source string
		Home, Recipes bool
		Mark, Body    template.HTML // html/template leaves comments of its own out
	}{
		title, source, source == "README.md", source == "docs/recipes.md",
		template.HTML("<!-- Generated from " + source + " by go generate ./... -->"),
		template.HTML(decorate(body.String())),
	})
	return made.Bytes(), err
}

// relink directs links between the repository's files to the site's pages. A link to a
// file that the site does not have becomes its text. Pictures are left out: the site shows
// the pages that they show.
func relink(document ast.Node, source string, sources []string) error {
	var links []*ast.Link
	var images []ast.Node
	err := ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			links = append(links, n)
		case *ast.Image:
			images = append(images, n)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return err
	}
	for _, image := range images {
		if paragraph := image.Parent(); paragraph.ChildCount() == 1 {
			paragraph.Parent().RemoveChild(paragraph.Parent(), paragraph)
		} else {
			paragraph.RemoveChild(paragraph, image)
		}
	}
	for _, link := range links {
		destination := string(link.Destination)
		if strings.Contains(destination, "://") || strings.HasPrefix(destination, "#") {
			continue
		}
		file, fragment, _ := strings.Cut(destination, "#")
		file = path.Join(path.Dir(source), file)
		name := target(file)
		if name == "" || path.Ext(file) == ".md" && !slices.Contains(sources, file) {
			for child := link.FirstChild(); child != nil; child = link.FirstChild() {
				link.Parent().InsertBefore(link.Parent(), link, child)
			}
			link.Parent().RemoveChild(link.Parent(), link)
			continue
		}
		destination = "/" + strings.TrimSuffix(name, "index.html")
		if fragment != "" {
			destination += "#" + fragment
		}
		link.Destination = []byte(destination)
	}
	return nil
}

var (
	tabs    = regexp.MustCompile(`(?s)<!-- tabs -->\n(.*?)<!-- /tabs -->`)
	heading = regexp.MustCompile(`(?m)^<h3`)
)

// decorate adds what Markdown cannot express: blocks that can be copied, tables that
// scroll, and sections that the page's script shows as tabs. Code has no < of its own.
func decorate(body string) string {
	body = strings.NewReplacer(
		"<pre><code class=", `<pre tabindex="0" data-copy><code class=`, "<pre>", `<pre tabindex="0">`,
		"<table>", `<div class="wide" tabindex="0"><table>`, "</table>", "</table></div>",
	).Replace(body)
	return tabs.ReplaceAllStringFunc(body, func(all string) string {
		inner := tabs.FindStringSubmatch(all)[1]
		inner = heading.ReplaceAllString(inner, "</section>\n<section>\n<h3")
		inner = strings.TrimPrefix(inner, "</section>\n")
		return `<div class="tabs">` + "\n" + inner + "</section>\n</div>"
	})
}
