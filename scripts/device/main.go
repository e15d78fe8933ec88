// Command device signs a user in at a terminal, by the device flow (RFC 8628) against the
// running bundle, and then calls its protected resource.
//
//	go run ./scripts/dev       # in another terminal
//	go run ./scripts/device
//
// It shows what a terminal program has to do, for its author to copy: flow.go is the
// flow, refusal.go its errors; the other files are what the user sees. It has no client
// id and no secret, since the site keeps them.
//
// Tokens stay in memory and are gone when the program ends. A program that should
// recognize the user the next time keeps the refresh token alone, in the system's store
// for secrets (macOS Keychain, Windows Credential Manager, Secret Service on Linux), or
// in a file of mode 0600 below os.UserConfigDir.
//
// It defends the tokens and the code: they go to the one site that was named, over https
// or to this machine; redirects are not followed; no output or error holds them. It
// defends the terminal against the site's texts, which are bounded and lose their control
// characters. Every request and the flow have a time limit, and Ctrl-C ends them at once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills the program
	os.Exit(command(ctx, os.Args[1:], screen{out: os.Stdout, columns: columns(os.Stdout)}, os.Stderr))
}

const (
	done = iota
	failed
	misused
)

type options struct {
	site, scope, resource, check string
	qr                           bool
}

// command is the whole program and returns its exit code.
func command(ctx context.Context, args []string, out screen, errOut io.Writer) int {
	var o options
	flags := flag.NewFlagSet("device", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&o.site, "site", "http://localhost:8888", "the site's `origin`")
	flags.StringVar(&o.scope, "scope", "", "`scopes` to request, separated by spaces (default: the site's KINDE_SCOPES)")
	flags.StringVar(&o.resource, "resource", "/api/protected-resource", "the `path` to call on the site")
	flags.StringVar(&o.check, "check", "", "`remote`: introspect the token at Kinde")
	flags.BoolVar(&o.qr, "qr", false, "draw the QR code even if the output is not a terminal, or a narrow one")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return done
	} else if err != nil {
		return misused
	}
	flow, path, err := o.read(flags.Args())
	if err != nil {
		fmt.Fprintln(errOut, "device:", err)
		return misused
	}
	if err := run(ctx, flow, o, path, out); err != nil {
		fmt.Fprintln(errOut, "device:", err)
		return failed
	}
	return done
}

// read checks the flags.
func (o options) read(rest []string) (*Flow, string, error) {
	if len(rest) > 0 {
		return nil, "", errors.New("there are flags only, no arguments; -h lists them")
	}
	flow, err := NewFlow(o.site, o.scope)
	if err != nil {
		return nil, "", fmt.Errorf("-site: %w", err)
	}
	u, err := url.Parse(o.resource)
	if err != nil || u.Host != "" || u.Scheme != "" || u.Fragment != "" || !strings.HasPrefix(u.Path, "/") {
		return nil, "", errors.New("-resource: must be a path on the site, such as /api/protected-resource")
	}
	switch o.check {
	case "":
	case "remote":
		query := u.Query()
		query.Set("check", "remote")
		u.RawQuery = query.Encode()
	default:
		return nil, "", errors.New("-check: must be remote, or left out")
	}
	return flow, u.String(), nil
}

// run signs a user in and calls the resource. Its errors name what to do.
func run(ctx context.Context, flow *Flow, o options, path string, out screen) error {
	grant, err := flow.Start(ctx)
	if err != nil {
		return explain(err, flow.site, signingIn)
	}
	out.ask(grant, o.qr)
	flow.Retry = out.retry
	token, err := flow.Wait(ctx, grant)
	if err != nil {
		return explain(err, flow.site, signingIn)
	}
	out.signedIn(token)
	body, err := flow.Get(ctx, path, token)
	if err != nil {
		return explain(err, flow.site, calling)
	}
	return out.result(path, body, token.AccessToken, token.RefreshToken)
}
