package route_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestSiteIsWholeWithoutDemo deletes the demo from a copy of public/, as the site's owner
// may.
func TestSiteIsWholeWithoutDemo(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "public"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "demo")); err != nil {
		t.Fatal(err)
	}
	loads, faults := inspectSite(t, os.DirFS(dir))
	for _, fault := range faults {
		t.Error(fault)
	}
	for _, want := range []string{"index.html loads kinde-elements.js", "kinde-elements.js loads kinde-functions.js",
		"access/index.html loads access/access.css", "kinde-elements.d.ts loads kinde-types.js"} {
		if !slices.Contains(loads, want) {
			t.Errorf("found %q, want %q among them", loads, want)
		}
	}
}

func TestSiteThatNeedsDemoIsFound(t *testing.T) {
	for name, content := range map[string]string{
		"link.html":   `<a href="/demo/docs/">Guide</a>`,
		"style.html":  `<link rel="stylesheet" href="demo/demo.css">`,
		"script.html": `<script src="/missing.js"></script>`,
		"image.html":  `<img src="missing.svg" alt="">`,
		"marked.html": `<nav id="demo"><a href="/demo/">Demo</a></nav>`, // only index.html is the owner's
		"import.js":   `import { make } from "./demo/dom.js";`,
		"effect.js":   `import "./missing.js";`,
		"late.js":     `await import("/demo/dom.js");`,
		"fetch.js":    `fetch("/demo/list.json");`,
		"types.d.ts":  `export type * from "./missing.js";`,
		"style.css":   `@import "demo/demo.css";`,
		"image.css":   `body { background: url(/missing.png); }`,
		"_redirects":  `/old /demo/ 301`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, faults := inspectSite(t, os.DirFS(dir)); len(faults) != 1 {
			t.Errorf("%s: %s: got faults %q, want one", name, content, faults)
		}
	}
}

var (
	scriptLoads = regexp.MustCompile("(?:\\bfrom|\\bimport|\\b(?:import|fetch)\\()\\s*[\"'`]([./][^\"'`]*)")
	styleLoads  = regexp.MustCompile(`(?:\burl\(|@import)\s*["']?([^"')]+)`)
	demoName    = regexp.MustCompile(`\bdemo/`)
)

// inspectSite returns which file of a site loads which, and as faults the files that it
// lacks and the mentions of the demo outside the marked element of index.html.
func inspectSite(t *testing.T, site fs.FS) (loads, faults []string) {
	t.Helper()
	err := fs.WalkDir(site, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(site, name)
		if err != nil {
			return err
		}
		text, addresses := string(raw), []string(nil)
		switch path.Ext(name) {
		case ".html":
			text, addresses = inspectPage(t, text, name == "index.html")
		case ".css":
			addresses = submatches(styleLoads, text)
		case ".js", ".ts":
			addresses = submatches(scriptLoads, text)
		}
		missing := false
		for _, address := range addresses {
			file := loaded(name, address)
			_, err := fs.Stat(site, file)
			if script, found := strings.CutSuffix(file, ".js"); found && err != nil { // an import of types alone
				_, err = fs.Stat(site, script+".d.ts")
			}
			if file != "" && err != nil {
				missing = true
				faults = append(faults, name+" loads "+file+", which is missing")
			}
			loads = append(loads, name+" loads "+file)
		}
		if !missing && demoName.MatchString(text) {
			faults = append(faults, name+" names the demo")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return loads, faults
}

// inspectPage returns a page's text and the addresses that it loads, without the element
// that the owner of index.html deletes.
func inspectPage(t *testing.T, text string, owned bool) (rest string, addresses []string) {
	t.Helper()
	document, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var marked *html.Node
	for n := range document.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id" && a.Val == "demo" && owned:
				marked = n
			case a.Key == "src", a.Key == "href" && n.Data == "link":
				addresses = append(addresses, a.Val)
			}
		}
	}
	if marked != nil {
		comment := marked.PrevSibling.PrevSibling // before the line break
		if comment == nil || comment.Type != html.CommentNode || !strings.Contains(comment.Data, "Delete this element") {
			t.Error("index.html: no comment tells the owner to delete the links to the demo")
		} else {
			comment.Parent.RemoveChild(comment)
		}
		marked.Parent.RemoveChild(marked)
	}
	var out strings.Builder
	if err := html.Render(&out, document); err != nil {
		t.Fatal(err)
	}
	return out.String(), addresses
}

// loaded is the file of an address in the file named from: "" if another site has it.
func loaded(from, address string) string {
	if strings.Contains(address, ":") || strings.HasPrefix(address, "//") {
		return ""
	}
	address, _, _ = strings.Cut(address, "?")
	if !strings.HasPrefix(address, "/") {
		address = path.Join(path.Dir(from), address)
	}
	return strings.TrimPrefix(path.Clean(address), "/")
}

func submatches(pattern *regexp.Regexp, text string) (found []string) {
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}
