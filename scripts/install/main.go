// Command install adds the functions to a site that exists, upgrades them, and removes
// them.
//
//	go run ./scripts/install ../my-site            says what it will do, asks, and does it
//	go run ./scripts/install -dry-run ../my-site   says it only
//	go run ./scripts/install -only portal,session ../my-site
//	go run ./scripts/install -remove ../my-site
//
// Run again, it upgrades. It defends what the owner has: a file that the owner has changed
// is never overwritten, a path that the site serves itself is left to it, the owner's files
// keep every line of their own, and no write leaves the site's folder, not even by a
// symbolic link. A run that is stopped is finished by the next one.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"kinde-functions/scripts/generate/derived"
)

type command struct {
	only                              string
	yes, dryRun, remove, aws, headers bool
	in                                io.Reader
	out                               io.Writer
}

func main() {
	c := command{in: os.Stdin, out: os.Stdout}
	flag.StringVar(&c.only, "only", "", "comma-separated `functions` to install, with those that they need (default all)")
	flag.BoolVar(&c.yes, "yes", false, "do not ask")
	flag.BoolVar(&c.dryRun, "dry-run", false, "say what would be done, and do nothing")
	flag.BoolVar(&c.remove, "remove", false, "remove what was installed")
	flag.BoolVar(&c.aws, "aws", false, "install a SAM template in place of Netlify's files")
	flag.BoolVar(&c.headers, "headers", false, "add HSTS and a Content-Security-Policy to the pages")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./scripts/install [flags] folder-of-the-site")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	root, err := projectRoot()
	if err == nil {
		err = c.run(source{root}, flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "install:", err)
		os.Exit(1)
	}
}

// projectRoot is this repository's folder: the one of go.mod, found without git.
func projectRoot() (string, error) {
	if _, err := os.Stat("scripts/install/main.go"); err != nil {
		return "", errors.New("run it in the folder of kinde-functions: go run ./scripts/install path/to/site")
	}
	return os.Getwd()
}

func (c command) run(src source, dir string) error {
	if err := src.refuseItself(dir); err != nil {
		return err
	}
	s, err := openSite(dir)
	if err != nil {
		return err
	}
	defer s.root.Close()
	before, err := s.readManifest()
	if err != nil {
		return err
	}
	if c.remove {
		return c.removeFrom(s, before)
	}
	p, err := c.plan(src, s, before)
	if err != nil {
		return err
	}
	p.describe(c.out)
	if c.dryRun || !c.confirmed(p) {
		return nil
	}
	if err := p.apply(); err != nil {
		return err
	}
	p.sayNext(c.out)
	return nil
}

// plan compares the site with what is to be installed.
func (c command) plan(src source, s *site, before manifest) (*plan, error) {
	functions, err := choose(c.only)
	if err != nil {
		return nil, err
	}
	if c.only == "" && len(before.Functions) > 0 {
		functions = before.Functions
	}
	p := &plan{site: s, before: before, edits: map[string][]byte{}, after: manifest{
		Version: src.version(), Options: options{AWS: c.aws || before.Options.AWS, Headers: c.headers ||
			before.Options.Headers},
		Files: map[string]sums{}, Blocks: map[string]sums{}, Created: before.Created, Unterminated: before.Unterminated,
	}}
	for _, name := range functions {
		if own := s.ownFunction(name); own != "" && !p.after.Options.AWS {
			p.notes = append(p.notes, fmt.Sprintf("the function %s is left out: the site has %s", name, own))
			continue
		}
		p.after.Functions = append(p.after.Functions, name)
	}
	if s.exists("go.work") {
		p.notes = append(p.notes, "go.work does not list the functions: set GOWORK=off where they are built")
	}
	if p.files, err = src.files(s, p.after.Functions, p.after.Options); err != nil {
		return nil, err
	}
	icon := path.Join(s.static, "favicon.svg")
	if _, ours := before.Files[icon]; !ours && s.exists(icon) {
		delete(p.files, icon) // the pages of access/ show the site's own
	}
	if err := p.compare(); err != nil {
		return nil, err
	}
	if !p.after.Options.AWS { // there the settings are parameters of the template
		if err := p.editNetlify(src); err != nil {
			return nil, err
		}
		err := p.edit(envFile, func(content string) (string, error) {
			own, err := cutAll(content)
			return insert(own, len(own), block("settings", settingLines(p.after.Functions))), err
		})
		if err != nil {
			return nil, err
		}
	}
	return p, p.takeOutBlocks()
}

// editNetlify plans the redirects, the Go version and the headers.
func (p *plan) editNetlify(src source) error {
	served, err := p.site.served()
	if err != nil {
		return err
	}
	rows, kept := redirects(p.after.Functions, served)
	p.notes = append(p.notes, kept...)
	var blocks tomlBlocks
	if blocks.goVersion, err = p.goVersion(src); err != nil {
		return err
	}
	if p.after.Options.Headers {
		if blocks.headers, err = src.headers(); err != nil {
			return err
		}
	}
	if slices.Contains(p.after.Functions, "gate") {
		if own := p.ownGate(); own != "" {
			return fmt.Errorf("%s has the name of the check of protected pages; give yours another name", own)
		}
		blocks.gate = gateBlock
	}
	if p.site.redirects != "" {
		err = p.edit(p.site.redirects, func(content string) (string, error) {
			own, err := cutAll(content)
			return block("redirects", join(rows, derived.Redirect.Line, "")) + own, err
		})
	} else {
		blocks.redirects = join(rows, derived.Redirect.TOML, "\n")
	}
	if err != nil {
		return err
	}
	return p.edit(netlifyFile, func(content string) (string, error) { return editTOML(content, blocks) })
}

// ownGate returns an edge function of the owner's that Netlify would run in place of the
// check of protected pages, or "".
func (p *plan) ownGate() string {
	for _, suffix := range []string{"", ".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx"} {
		name := path.Join(p.site.edge, "gate"+suffix)
		content, err := p.site.read(name)
		_, ours := p.before.Files[name]
		if !ours && (err != nil || content != nil && sum(content) != sum(p.files[name])) {
			return name
		}
	}
	return ""
}

// goVersion is the Go version to put into netlify.toml; "" if the owner has chosen one.
func (p *plan) goVersion(src source) (string, error) {
	version, err := src.goVersion()
	if err != nil {
		return "", err
	}
	environment := p.site.toml.Build.Environment
	own, err := cutAll(p.site.text)
	switch {
	case err != nil:
		return "", err
	case environment["GO_VERSION"] != "":
		p.notes = append(p.notes, fmt.Sprintf("GO_VERSION stays %s; the functions were tested with %s",
			environment["GO_VERSION"], version))
		return "", nil
	case len(environment) > 0 && !environmentTable.MatchString(own):
		p.notes = append(p.notes, fmt.Sprintf("add GO_VERSION = %q to build.environment in %s", version, netlifyFile))
		return "", nil
	}
	return version, nil
}

func join(rows []derived.Redirect, text func(derived.Redirect) string, separator string) string {
	var texts []string
	for _, row := range rows {
		texts = append(texts, text(row))
	}
	return strings.Join(texts, separator)
}

// confirmed asks the owner, unless there is nothing to do or -yes was given.
func (c command) confirmed(p *plan) bool {
	if p.empty() {
		return false
	}
	if c.yes {
		return true
	}
	fmt.Fprint(c.out, "\nGo on? [y/N] ")
	line, _ := bufio.NewReader(c.in).ReadString('\n')
	reply := strings.ToLower(strings.TrimSpace(line))
	return reply == "y" || reply == "yes"
}

func (c command) removeFrom(s *site, m manifest) error {
	if len(m.Files) == 0 {
		return fmt.Errorf("nothing is installed there: there is no %s", manifestFile)
	}
	p, err := planRemoval(s, m)
	if err != nil {
		return err
	}
	p.describe(c.out)
	if c.dryRun || !c.confirmed(p) {
		return nil
	}
	return p.remove()
}
