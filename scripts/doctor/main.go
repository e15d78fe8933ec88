// Command doctor says what is wrong with a deployment's settings, its Kinde tenant
// and, where it is given the address, the deployment itself; why it matters; and what
// to do, in the order in which to do it.
//
//	go run ./scripts/doctor
//	go run ./scripts/doctor --url https://your-site.example
//	go run ./scripts/doctor explain invalid_client
//
// It reads the settings of .env and the environment as scripts/dev does. It ends with
// status 1 when something must be mended, and 2 when it cannot examine anything.
//
// It defends against doing harm while it looks: no person, no write, one machine token
// at most, a few bounded requests, and no redirect followed with a credential. And
// against its own report, which people paste where others read it: it holds no secret,
// token, code, cookie or e-mail, and no setting's value but addresses.
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

const usage = `The doctor says what is wrong with the settings, the Kinde tenant and a deployment,
and how to mend it.

usage:
  go run ./scripts/doctor [--url address] [--dev] [--json]
  go run ./scripts/doctor explain [signal]

examples:
  go run ./scripts/doctor
      examine the settings of .env and the environment, and the tenant they name
  go run ./scripts/doctor --url https://your-site.example
      examine that deployment too
  go run ./scripts/doctor --dev
      examine scripts/dev while it runs with its embedded Kinde
  go run ./scripts/doctor --json | jq '.checks[] | select(.state == "mend")'
      for programs: {"ok": …, "checks": [{"id", "title", "state", "found", "why", "mend"}]}
  go run ./scripts/doctor explain invalid_grant
      what an error of Kinde's means; without a signal: those it knows

exit status: 0 nothing to mend, 1 something to mend, 2 nothing could be examined

flags:
`

// machine is where the doctor runs.
type machine struct {
	root   string
	env    workplace.Lookup
	screen screen
	out    io.Writer
	errors io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := 2
	if root, err := workplace.Root("."); err != nil {
		fmt.Fprintln(os.Stderr, "doctor:", err)
	} else {
		status = machine{root, os.LookupEnv, screenOf(os.Stdout), os.Stdout, os.Stderr}.run(ctx, os.Args[1:])
	}
	stop()
	os.Exit(status)
}

// run does what the arguments ask for and gives the exit status.
func (m machine) run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == "explain" {
		return m.explain(args[1:])
	}
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(m.errors)
	address := flags.String("url", "", "examine the deployment at this `address` too")
	asJSON := flags.Bool("json", false, "report for programs")
	dev := flags.Bool("dev", false, "examine scripts/dev, which runs with its embedded Kinde")
	flags.Usage = func() {
		fmt.Fprint(m.errors, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	checks, err := m.examine(ctx, *address, *dev, flags.Args())
	if err != nil {
		fmt.Fprintln(m.errors, "doctor:", err)
		return 2
	}
	if *asJSON {
		err = writeJSON(m.out, checks)
	} else {
		err = m.screen.write(m.out, checks)
	}
	if err != nil || count(checks, toMend) > 0 {
		return 1
	}
	return 0
}

func (m machine) examine(ctx context.Context, address string, dev bool, rest []string) ([]check, error) {
	if len(rest) > 0 {
		return nil, errors.New("there are arguments that it does not know; see --help")
	}
	env, err := workplace.Settings(m.root, m.env)
	if err != nil {
		return nil, err
	}
	for _, name := range workplace.Proxies {
		if value := env[name]; value != "" {
			os.Setenv(name, value)
		}
	}
	if dev && address == "" {
		address = devAddress
	}
	site, err := siteAddress(address)
	if err != nil {
		return nil, err
	}
	if dev {
		if env, err = devSettings(ctx, env, site); err != nil {
			return nil, err
		}
	}
	checks := examine(ctx, env, site)
	return checks, ctx.Err()
}

// siteAddress is the origin of what was given as --url.
func siteAddress(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
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
	}{!slices.ContainsFunc(checks, func(c check) bool { return c.State == toMend }), checks})
}
