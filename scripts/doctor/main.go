// Command doctor reports what is wrong with a site's settings, its Kinde tenant and, given
// the address, its deployment; why it matters; and how to fix it, in the order in which
// to fix it.
//
//	go run ./scripts/doctor
//	go run ./scripts/doctor --url https://your-site.example
//	go run ./scripts/doctor explain invalid_client
//	go run ./scripts/doctor -mend
//
// It reads the settings of .env and the environment as scripts/dev does. The exit status
// is 1 when something must be fixed and 2 when nothing could be checked.
//
// Its checks change nothing: they sign no user in, request at most one machine token,
// send a bounded number of bounded requests and follow no redirect with a credential.
// Only -mend changes anything, at Kinde, after asking. Reports are pasted where others
// read them: they hold no secret, token, code, cookie or e-mail, and of the settings'
// values only addresses.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"kinde-functions/scripts/workplace"
)

const usage = `The doctor reports what is wrong with the settings, the Kinde tenant and a deployment,
and how to fix it.

usage:
  go run ./scripts/doctor [--url address] [--tokens-only] [--dev] [--json]
  go run ./scripts/doctor explain [code]
  go run ./scripts/doctor -mend [-yes]

examples:
  go run ./scripts/doctor
      check the settings of .env and the environment, and the tenant that they name
  go run ./scripts/doctor --url https://your-site.example
      check that deployment too
  go run ./scripts/doctor --tokens-only
      for a site that accepts access tokens alone, where no user signs in
  go run ./scripts/doctor --dev
      check scripts/dev while it runs with its embedded Kinde
  go run ./scripts/doctor --json | jq '.checks[] | select(.state == "fix")'
      for programs: {"ok": …, "checks": [{"id", "title", "state", "found", "why", "fix"}]}
  go run ./scripts/doctor explain invalid_grant
      explain an error code of Kinde's or of the functions'; without a code: list them
  go run ./scripts/doctor -mend
      register the site's URLs with the application in Kinde, after asking

exit status: 0 nothing to fix, 1 something to fix, 2 nothing could be checked

flags:
`

// program is the doctor with its surroundings.
type program struct {
	root    string
	env     workplace.Lookup
	environ func() []string // "NAME=value", of which only names are used
	screen  screen
	in      io.Reader
	out     io.Writer
	errors  io.Writer
}

// arguments are the command line's.
type arguments struct {
	url                                string
	tokensOnly, dev, asJSON, mend, yes bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := 2
	if root, err := workplace.Root("."); err != nil {
		fmt.Fprintln(os.Stderr, "doctor:", err)
	} else {
		p := program{root, os.LookupEnv, os.Environ, screenOf(os.Stdout), os.Stdin, os.Stdout, os.Stderr}
		status = p.run(ctx, os.Args[1:])
	}
	stop()
	os.Exit(status)
}

// run runs the command line args and returns the exit status.
func (p program) run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == "explain" {
		return p.explain(args[1:])
	}
	given, err := p.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	d, err := p.doctor(ctx, given)
	if err != nil {
		fmt.Fprintln(p.errors, "doctor:", err)
		return 2
	}
	if given.mend {
		return p.mend(ctx, d, given.yes)
	}
	checks := d.run(ctx)
	if err := ctx.Err(); err != nil {
		fmt.Fprintln(p.errors, "doctor:", err)
		return 2
	}
	if given.asJSON {
		err = writeJSON(p.out, checks)
	} else {
		err = p.screen.write(p.out, checks)
	}
	if err != nil || count(checks, toFix) > 0 {
		return 1
	}
	return 0
}

// parse reads the command line. It writes the errors that it returns.
func (p program) parse(args []string) (given arguments, err error) {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(p.errors)
	flags.StringVar(&given.url, "url", "", "check the deployment at this `address` too")
	flags.BoolVar(&given.tokensOnly, "tokens-only", false, "the site accepts access tokens alone: no user signs in there")
	flags.BoolVar(&given.asJSON, "json", false, "report for programs")
	flags.BoolVar(&given.dev, "dev", false, "check scripts/dev, which runs with its embedded Kinde")
	flags.BoolVar(&given.mend, "mend", false, "set at Kinde what its Management API can set, after asking")
	flags.BoolVar(&given.yes, "yes", false, "with -mend: do not ask")
	flags.Usage = func() {
		fmt.Fprint(p.errors, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return given, err
	}
	switch {
	case flags.NArg() > 0:
		err = errors.New("unknown arguments; see --help")
	case given.yes && !given.mend:
		err = errors.New("-yes belongs to -mend")
	case given.mend && given.asJSON:
		err = errors.New("-mend has no --json")
	}
	if err != nil {
		fmt.Fprintln(p.errors, "doctor:", err)
	}
	return given, err
}

// doctor reads the settings and returns what checks them.
func (p program) doctor(ctx context.Context, given arguments) (*doctor, error) {
	env, err := workplace.Settings(p.root, p.env)
	if err != nil {
		return nil, err
	}
	for _, name := range workplace.Proxies {
		if value := env[name]; value != "" {
			os.Setenv(name, value)
		}
	}
	if given.dev && given.url == "" {
		given.url = devAddress
	}
	site, err := siteAddress(given.url)
	if err != nil {
		return nil, err
	}
	if given.dev {
		if env, err = devSettings(ctx, env, site); err != nil {
			return nil, err
		}
	}
	d := newDoctor(env, site)
	d.tokensOnly = given.tokensOnly
	if !given.dev {
		d.names = names(p.environ())
	}
	return d, nil
}

// names returns the names of environment variables.
func names(environ []string) (list []string) {
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		list = append(list, name)
	}
	return list
}

// siteAddress returns the origin of what was given as --url.
func siteAddress(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", errors.New("--url: want the site's origin, such as https://your-site.example")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

func writeJSON(out io.Writer, checks []check) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		OK     bool    `json:"ok"`
		Checks []check `json:"checks"`
	}{!slices.ContainsFunc(checks, func(c check) bool { return c.State == toFix }), checks})
}
