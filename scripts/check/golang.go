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

// tags include the tests that need the hosts' tools or a browser. .golangci.yml has the
// same.
const tags = "-tags=realtools"

// toolsMod pins the analyzers. go.mod has the dependencies of what is deployed.
const toolsMod = "-modfile=" + pins + "/tools.mod"

func gofmt(j *job) error {
	files, err := j.files(func(name string) bool { return path.Ext(name) == ".go" })
	if err != nil {
		return err
	}
	return j.quiet("gofmt", append([]string{"-l"}, files...)...)
}

// govulncheck finds known vulnerabilities that the code reaches. If its database is
// unreachable, it says so and passes.
func govulncheck(j *job) error {
	var output strings.Builder
	cmd := j.command("go", "tool", toolsMod, "govulncheck", tags, "./...")
	both := io.MultiWriter(j.out, &output)
	cmd.Stdout, cmd.Stderr = both, both
	err := j.finish(cmd)
	if err != nil && unreachableDatabase(output.String()) {
		fmt.Fprintln(j.out, "not checked: the vulnerability database is unreachable")
		return nil
	}
	return err
}

// unreachableDatabase reports whether govulncheck could not fetch its database and found
// nothing.
func unreachableDatabase(output string) bool {
	return strings.Contains(output, "govulncheck: fetching vulnerabilities:") &&
		!strings.Contains(output, "Vulnerability #")
}

// forTests are functions and files of deployed packages that only tests need.
var forTests = map[string]string{
	"kinde-functions/shared/problem.Codes": "tests check that the docs and pages explain every code",
	"shared/store/memory.go":               "tests compare it with Redis",
}

// deadcode finds functions that nothing reaches, and deployed functions that only tests
// reach.
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

// files lists the project's files that match. It fails if there is none.
func (j *job) files(match func(name string) bool) ([]string, error) {
	files, err := tree.Files(j.root)
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(name string) bool { return !match(name) })
	if len(files) == 0 {
		return nil, errors.New("no file to check")
	}
	return files, nil
}
