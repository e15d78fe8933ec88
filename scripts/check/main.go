// Command check runs every check of the project other than its plain tests:
// formatting, static analysis, the race detector, fuzzing, the hosts' own
// tools on the real functions, the functions against their description, a
// browser on the real pages, and the site's recipes as they stand there.
//
//	go run ./scripts/check             all of them
//	go run ./scripts/check vet sam     these, and what they need
//	go run ./scripts/check -v race     the output of steps that pass, too
//
// It installs the hosts' tools, at pinned versions, into .tools/, and what
// Debian packages from there, as root on Debian. A tool that is missing and
// cannot be installed fails the steps that need it: no step is ever skipped.
// On the machine there must be Go, Node.js with npm, Python and git.
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

// steps are all checks, the quick ones first.
var steps = []step{
	{name: "npm", run: installNPM},
	{name: "generators", run: installGenerators},
	{name: "sdk-packages", run: installSDKs},
	{name: "deno", run: installDeno},
	{name: "webhook-packages", run: installWebhooks},
	{name: "debian", run: installDebian},
	{name: "python", needs: []string{"debian"}, run: installPython},
	{name: "gofmt", run: gofmt},
	{name: "vet", run: vet},
	{name: "fix", run: fix},
	{name: "tidy", run: tidy},
	{name: "lint", run: lint},
	{name: "deadcode", run: deadcode},
	{name: "govulncheck", show: true, run: govulncheck},
	{name: "shellcheck", needs: []string{"debian"}, run: shellcheck},
	{name: "cfn-lint", needs: []string{"python"}, run: cfnLint},
	{name: "fork", run: fork},
	{name: "release", show: true, run: release},
	{name: "netlify", needs: []string{"npm"}, show: true, run: netlify},
	{name: "sam", needs: []string{"debian", "python"}, show: true, run: sam},
	{name: "openapi", needs: []string{"npm", "python"}, show: true, run: openapi},
	{name: "frontend", needs: []string{"npm"}, run: frontend},
	{name: "sdks", needs: []string{"debian", "sdk-packages"}, run: sdks},
	{name: "webhooks", needs: []string{"webhook-packages"}, run: webhooks},
	{name: "gate", needs: []string{"debian", "npm", "deno"}, show: true, run: gate},
	{name: "freeze", run: freeze},
	{name: "emulator", run: emulator},
	{name: "redis", needs: []string{"debian"}, run: redis},
	{name: "recipes", needs: []string{"debian", "npm", "generators"}, run: recipes},
	{name: "browser", needs: []string{"debian", "npm"}, run: browser},
	{name: "race", needs: []string{"debian"}, alone: true, run: race},
	{name: "fuzz", alone: true, run: fuzz},
}

func main() {
	verbose := flag.Bool("v", false, "print the output of steps that pass, too")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./scripts/check [-v] [step ...]")
		for _, s := range steps {
			fmt.Fprintln(flag.CommandLine.Output(), "  "+s.name)
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

// choose returns the named steps and those that they need, in the order of
// steps; all of them when none is named.
func choose(names []string) ([]step, error) {
	if len(names) == 0 {
		return steps, nil
	}
	wanted := map[string]bool{}
	for len(names) > 0 {
		name := names[0]
		i := slices.IndexFunc(steps, func(s step) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no step %q; there are: %s", name, strings.Join(stepNames(), " "))
		}
		wanted[name] = true
		names = slices.Concat(names[1:], steps[i].needs)
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
