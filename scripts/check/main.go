// Command check runs all checks of the project except its plain tests. steps.go lists them.
//
//	go run ./scripts/check             all steps
//	go run ./scripts/check vet sam     two steps and those that they need
//	go run ./scripts/check -v race     print the output of passing steps too
//
// It installs tools at pinned versions into .tools/, and Debian's packages as root on
// Debian. A missing tool fails the steps that need it; no step is skipped. It requires Go,
// Node.js with npm, Python and git.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"kinde-functions/scripts/check/tree"
)

func main() {
	verbose := flag.Bool("v", false, "print the output of passing steps too")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./scripts/check [-v] [step ...]")
		for _, s := range steps {
			fmt.Fprintf(flag.CommandLine.Output(), "  %-16s %s\n", s.name, s.does)
		}
	}
	flag.Parse()
	chosen, err := choose(flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	root, err := tree.Root()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	passed, failed := runAll(ctx, root, chosen, *verbose)
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// choose returns the named steps and those that they need, or all steps if names is empty,
// in the order of steps.
func choose(names []string) ([]step, error) {
	if len(names) == 0 {
		return steps, nil
	}
	wanted := map[string]bool{}
	for len(names) > 0 {
		name := names[0]
		i := slices.IndexFunc(steps, func(s step) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no step %q; the steps are %s", name, strings.Join(stepNames(), " "))
		}
		wanted[name] = true
		names = slices.Concat(names[1:], strings.Fields(steps[i].needs))
	}
	return slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return !wanted[s.name] }), nil
}

func stepNames() []string {
	var names []string
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}
