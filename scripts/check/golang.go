package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kinde-functions/scripts/check/tree"
)

// tags turn on the tests that need the hosts' tools or a browser, so that they are
// analyzed with the rest. .golangci.yml has the same.
const tags = "-tags=realtools"

// toolsMod pins the analysers apart from go.mod, which holds what is deployed.
const toolsMod = "-modfile=" + pins + "/tools.mod"

func gofmt(j *job) error {
	files, err := j.files(func(name string) bool { return path.Ext(name) == ".go" })
	if err != nil {
		return err
	}
	return j.quiet("gofmt", append([]string{"-l"}, files...)...)
}

func vet(j *job) error { return j.run("go", "vet", tags, "./...") }

// fix refuses code for which Go has a newer idiom.
func fix(j *job) error { return j.quiet("go", "fix", tags, "-diff", "./...") }

func tidy(j *job) error { return j.quiet("go", "mod", "tidy", "-diff") }

// lint runs what .golangci.yml names.
func lint(j *job) error { return j.run("go", "tool", toolsMod, "golangci-lint", "run", "./...") }

// govulncheck looks for known vulnerabilities that the code reaches. Its database is on
// the network: where that is out of reach, the step says so and passes.
func govulncheck(j *job) error {
	var output strings.Builder
	cmd := j.command("go", "tool", toolsMod, "govulncheck", tags, "./...")
	both := io.MultiWriter(j.out, &output)
	cmd.Stdout, cmd.Stderr = both, both
	err := j.finish(cmd)
	if err != nil && unreachableDatabase(output.String()) {
		fmt.Fprintln(j.out, "not checked: the vulnerability database cannot be reached from here")
		return nil
	}
	return err
}

// unreachableDatabase reports whether govulncheck printed that it could not fetch its
// database, and nothing that it found.
func unreachableDatabase(output string) bool {
	return strings.Contains(output, "govulncheck: fetching vulnerabilities:") &&
		!strings.Contains(output, "Vulnerability #")
}

// forTests are functions and files of deployed packages that only tests reach,
// and should.
var forTests = map[string]string{
	"kinde-functions/shared/problem.Codes": "docs/errors.md and the pages explain every code",
	"shared/store/memory.go":               "the store that shows in tests what a Redis is relied on for",
}

// deadcode refuses functions that nothing reaches, and in what is deployed
// those that tests alone reach.
func deadcode(j *job) error {
	deployed, err := j.lines("go", "list", "-deps", "./functions/...")
	if err != nil {
		return err
	}
	dead, err := j.unreachable("-test")
	if err != nil {
		return err
	}
	untested, err := j.unreachable("-test=false")
	if err != nil {
		return err
	}
	for _, f := range untested {
		if slices.Contains(deployed, f.pkg) && !slices.Contains(dead, f) && !f.forTests() {
			f.name += " (only tests reach it)"
			dead = append(dead, f)
		}
	}
	for _, f := range dead {
		fmt.Fprintf(j.out, "%s: %s\n", f.position, f.name)
	}
	if len(dead) > 0 {
		return fmt.Errorf("%d functions are unreachable", len(dead))
	}
	return nil
}

type deadFunction struct{ pkg, position, name string }

func (f deadFunction) forTests() bool {
	file, _, _ := strings.Cut(f.position, ":")
	return forTests[f.pkg+"."+f.name]+forTests[file] != ""
}

func (j *job) unreachable(tests string) ([]deadFunction, error) {
	const format = `{{range .Funcs}}{{printf "%s\t%s\t%s\n" $.Path .Position .Name}}{{end}}`
	lines, err := j.lines("go", "tool", toolsMod, "deadcode", tags, tests, "-f="+format, "./...")
	var found []deadFunction
	for _, line := range lines {
		if part := strings.Split(line, "\t"); len(part) == 3 {
			found = append(found, deadFunction{part[0], part[1], part[2]})
		} else {
			err = errors.Join(err, fmt.Errorf("deadcode: %q", line))
		}
	}
	return found, err
}

func race(j *job) error { return j.run("go", "test", "-race", "-shuffle=on", "./...") }

func shellcheck(j *job) error {
	scripts, err := j.files(func(name string) bool {
		content, err := os.ReadFile(filepath.Join(j.root, name))
		return err == nil && shebang.Match(content)
	})
	if err != nil {
		return err
	}
	return j.run("shellcheck", scripts...)
}

var shebang = regexp.MustCompile(`\A#!.*\b(ba|da)?sh\b`)

// files lists the project's files that match; none is an error, since a check
// of nothing is no check.
func (j *job) files(match func(name string) bool) ([]string, error) {
	files, err := tree.Files(j.root)
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(name string) bool { return !match(name) })
	if len(files) == 0 {
		return nil, errors.New("there is no file to check")
	}
	return files, nil
}
