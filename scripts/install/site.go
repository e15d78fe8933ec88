package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// site is the owner's site as it is found.
type site struct {
	root      *os.Root // every read and write goes through it: no symbolic link leads out
	generator string   // such as astro; empty: plain files
	functions string   // the folder of functions, slash-separated like all paths here
	edge      string   // the folder of edge functions
	static    string   // the folder whose files are published as they are
	redirects string   // the _redirects file that Netlify reads before netlify.toml; empty: none
	toml      netlifyTOML
	text      string // of netlify.toml, with \n at the ends of its lines
}

// netlifyTOML is what the installation depends on.
type netlifyTOML struct {
	Build struct {
		Base, Publish, Functions string
		Edge                     string            `toml:"edge_functions"`
		Environment              map[string]string `toml:"environment"`
	}
	Functions struct{ Directory string }
	Redirects []struct{ From string }
}

const (
	netlifyFile = "netlify.toml"
	envFile     = ".env.example"
	// defaultFunctions is where Netlify looks for functions by default.
	defaultFunctions = "netlify/functions"
	defaultEdge      = "netlify/edge-functions"
)

// generators are found by a dependency in package.json. The value is the folder whose
// files they publish as they are.
var generators = map[string]string{
	"astro": "public", "vite": "public", "next": "public", "nuxt": "public", "react-scripts": "public",
	"@11ty/eleventy": "public", "gatsby": "static", "@sveltejs/kit": "static", "@docusaurus/core": "static",
}

// precedence decides where a site depends on several of them.
var precedence = []string{"@sveltejs/kit", "astro", "next", "nuxt", "gatsby", "@docusaurus/core", "@11ty/eleventy",
	"react-scripts", "vite"}

// openSite looks at the site in dir.
func openSite(dir string) (*site, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s := &site{root: root}
	file, err := s.readText(netlifyFile)
	if err != nil {
		return nil, err
	}
	s.text = file.text
	own, err := cutAll(s.text)
	if err == nil {
		err = toml.Unmarshal([]byte(own), &s.toml)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", netlifyFile, err)
	}
	if base := folder(s.toml.Build.Base); base != "." {
		return nil, fmt.Errorf("%s has a base folder, %q: install into that folder, and move the file there",
			netlifyFile, base)
	}
	s.functions = folder(s.toml.Build.Functions, s.toml.Functions.Directory, defaultFunctions)
	s.edge = folder(s.toml.Build.Edge, defaultEdge)
	if err := s.findStatic(); err != nil {
		return nil, err
	}
	for _, name := range []string{path.Join(s.static, "_redirects"), path.Join(s.publish(), "_redirects")} {
		if s.exists(name) {
			s.redirects = name
			break
		}
	}
	for _, name := range []string{s.functions, s.edge, s.static} {
		if !fs.ValidPath(name) {
			return nil, fmt.Errorf("the folder %q of %s is not below the site's folder", name, netlifyFile)
		}
	}
	return s, nil
}

// folder returns the first name that is set, as a path below the site.
func folder(names ...string) string {
	for _, name := range names {
		if name != "" {
			return path.Clean(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
		}
	}
	return "."
}

// publish is the folder that Netlify publishes.
func (s *site) publish() string { return folder(s.toml.Build.Publish) }

// findStatic finds the generator, and the folder that the pages' scripts belong in.
func (s *site) findStatic() error {
	var manifest struct{ Dependencies, DevDependencies map[string]string }
	text, err := s.read("package.json")
	if err != nil {
		return err
	}
	if text != nil {
		if err := json.Unmarshal(text, &manifest); err != nil {
			return fmt.Errorf("package.json: %w", err)
		}
	}
	for _, name := range precedence {
		_, depends := manifest.Dependencies[name]
		_, develops := manifest.DevDependencies[name]
		if depends || develops {
			s.generator, s.static = name, generators[name]
			return nil
		}
	}
	hugo := slices.ContainsFunc([]string{"hugo.toml", "hugo.yaml", "hugo.json"}, s.exists)
	if hugo || s.exists("config.toml") && s.exists("content") {
		s.generator, s.static = "hugo", "static"
		return nil
	}
	s.static = s.publish()
	return nil
}

// read returns a file's content, nil if there is no such file.
func (s *site) read(name string) ([]byte, error) {
	content, err := s.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// textFile is a file of the owner's.
type textFile struct {
	text   string // with \n at the ends of its lines
	crlf   bool   // the lines end in \r\n
	exists bool
}

// readText returns a text for editing. Only where all lines end in \r\n are they
// converted, so that content can restore the file exactly.
func (s *site) readText(name string) (textFile, error) {
	raw, err := s.read(name)
	text := string(raw)
	lines := strings.Count(text, "\n")
	crlf := lines > 0 && strings.Count(text, "\r\n") == lines
	if crlf {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	return textFile{text, crlf, raw != nil}, err
}

// content is what to write for an edited text.
func (f textFile) content(edited string) []byte {
	if f.crlf {
		edited = strings.ReplaceAll(edited, "\n", "\r\n")
	}
	return []byte(edited)
}

// refuseLink returns an error for a symbolic link: writing would replace it by a file.
func (s *site) refuseLink(name string) error {
	info, err := s.root.Lstat(name)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a symbolic link, which would be replaced; put a file in its place", name)
	}
	return nil
}

func (s *site) exists(name string) bool {
	_, err := s.root.Stat(name)
	return err == nil
}

// ownPath is a path that a function of the owner's declares in its source.
var ownPath = regexp.MustCompile(`path\s*:\s*\[?\s*((?:["'` + "`" + `][^"'` + "`" + `]+["'` + "`" + `]\s*,?\s*)+)`)

// served returns the paths that the site serves or redirects itself, and why. Paths that
// are matched by a rule for everything, as single-page apps have it, are not among them.
func (s *site) served() (map[string]string, error) {
	paths := map[string]string{}
	for _, redirect := range s.toml.Redirects {
		paths[shape(redirect.From)] = "a redirect in " + netlifyFile
	}
	if s.redirects != "" {
		file, err := s.readText(s.redirects)
		if err != nil {
			return nil, err
		}
		own, err := cutAll(file.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.redirects, err)
		}
		for line := range strings.Lines(own) {
			if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[0], "/") {
				paths[shape(fields[0])] = "a redirect in " + s.redirects
			}
		}
	}
	entries, err := fs.ReadDir(s.root.FS(), s.functions)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, entry := range entries {
		name := path.Join(s.functions, entry.Name())
		if entry.IsDir() || !slices.Contains([]string{".ts", ".mts", ".js", ".mjs"}, path.Ext(name)) {
			continue
		}
		text, err := s.read(name)
		if err != nil {
			return nil, err
		}
		for _, match := range ownPath.FindAllSubmatch(text, -1) {
			for quoted := range strings.SplitSeq(string(match[1]), ",") {
				paths[shape(strings.Trim(strings.TrimSpace(quoted), "\"'`"))] = "the function " + name
			}
		}
	}
	return paths, nil
}

var placeholder = regexp.MustCompile(`:\w+|\{\w+\}`)

// shape makes paths comparable that differ in the names of their placeholders alone.
func shape(p string) string {
	if p != "/" {
		p = strings.TrimSuffix(p, "/")
	}
	return placeholder.ReplaceAllString(p, ":")
}

// ownFunction returns the owner's function of that name, which Netlify would take in
// place of ours, or "".
func (s *site) ownFunction(name string) string {
	for _, ext := range []string{".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".go", ".zip"} {
		if file := path.Join(s.functions, name+ext); s.exists(file) {
			return file
		}
	}
	return ""
}
