// Command dev runs the whole project on this machine: every function as its
// own binary behind a local Lambda, the static site in front of them, and an
// embedded Kinde to sign in to.
//
//	go run ./scripts/dev
//
// With KINDE_ISSUER_URL set, in the environment or in a file .env, it uses
// that tenant and the settings that stand beside it instead. A function is
// rebuilt when its folder changes, all are when shared/ does; while the new
// code does not compile the old binary keeps serving.
//
// It imitates Netlify: its routing, its events, and the headers of
// netlify.toml on static files. It is for development alone. It defends
// against what that still can hurt: only settings that the functions know
// reach them, never the whole environment; and nothing is left behind when it
// ends.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"kinde-functions/scripts/workplace"
)

func main() {
	o := options{lookup: os.LookupEnv, out: os.Stdout}
	flag.StringVar(&o.addr, "addr", defaultAddr, "where the site listens")
	flag.StringVar(&o.kindeAddr, "kinde-addr", "127.0.0.1:8890", "where the embedded Kinde listens")
	flag.DurationVar(&o.accessTTL, "access-ttl", 0, "how long the embedded Kinde's access tokens last; short, sessions are renewed before your eyes (default 24h)")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/dev [-addr host:port] [-kinde-addr host:port] [-access-ttl duration]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	var err error
	if o.root, err = workplace.Root("."); err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}
