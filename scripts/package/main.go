// Command package builds a release: a zip of every function for each processor, as Lambda
// accepts them, with checksums, a bill of materials and the licenses of linked code.
//
//	go run ./scripts/package                      into dist/, with git's version
//	go run ./scripts/package -version v1.2.0 -out /tmp/release
//
// It defends against a release that differs from its source: the same source, version and
// Go give the same bytes on any machine, so that anyone can build it again and compare.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"kinde-functions/scripts/workplace"
)

func main() {
	out := flag.String("out", "dist", "the folder to write to; an existing release is replaced")
	version := flag.String("version", "", "the release's version, such as v1.2.0 (default: git describe)")
	only := flag.String("arch", "", "build for one processor: amd64 or arm64")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *out, *version, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "package:", err)
		os.Exit(1)
	}
}

// architectures are the processors that a release is for, Lambda's names in front.
var architectures = []string{"amd64", "arm64"}

// plainVersion is what may become part of a file's name and a linker's flag.
var plainVersion = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$`)

func run(ctx context.Context, out, version, only string) error {
	root, err := workplace.Root(".")
	if err != nil {
		return err
	}
	if version == "" {
		version = described(ctx, root)
	}
	if !plainVersion.MatchString(version) {
		return fmt.Errorf("version %q: want letters, digits, dots, pluses and hyphens", version)
	}
	wanted := architectures
	if only != "" {
		if !slices.Contains(architectures, only) {
			return fmt.Errorf("processor %q: there are %s", only, strings.Join(architectures, " and "))
		}
		wanted = []string{only}
	}
	r := release{root: root, out: out, version: version}
	if err := r.make(ctx, wanted); err != nil {
		return err
	}
	return r.print(os.Stdout)
}

// described is what git calls the source: a tag, or the commit since.
func described(ctx context.Context, root string) string {
	git := exec.CommandContext(ctx, "git", "describe", "--tags", "--always", "--dirty")
	git.Dir = root
	name, err := git.Output()
	if err != nil {
		return "dev" // no git, or no history
	}
	return strings.TrimSpace(string(name))
}

// functions are the folders of root/functions, in order.
func functions(root string) ([]string, error) {
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil || len(mains) == 0 {
		return nil, fmt.Errorf("no functions in %s", root)
	}
	var names []string
	for _, main := range mains {
		names = append(names, filepath.Base(filepath.Dir(main)))
	}
	return names, nil
}
