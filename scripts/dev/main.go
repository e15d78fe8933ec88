// Command dev runs the whole project on this machine: every function as its
// own binary behind a local Lambda, the static site in front of them, and an
// embedded Kinde to sign in to.
//
//	go run ./scripts/dev
//
// With KINDE_ISSUER_URL set, in the environment or in a file .env, it uses that tenant
// and the settings beside it. A function is rebuilt when its folder changes, and all are
// when shared/ does; while new code does not compile the old binary keeps serving.
//
// A site of your own is served with -publish, by the folder that its generator writes, or
// with -site-command, by the generator's development server:
//
//	go run ./scripts/dev -publish ../my-site/dist
//	go run ./scripts/dev -site-command "npm --prefix ../my-site run dev"
//
// It imitates Netlify: its routing, its events, and the redirects and headers of the
// site's netlify.toml, _redirects and _headers. A development server's pages get none of
// these headers, because such servers need inline scripts. It is for development alone.
// It defends against what can still do harm there: only settings that the functions know
// reach them, never the whole environment, and no process is left behind when it ends.
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
	flag.DurationVar(&o.accessTTL, "access-ttl", 0,
		"lifetime of the embedded Kinde's access tokens; a short one shows sessions being refreshed (default 24h)")
	flag.StringVar(&o.publish, "publish", "public", "the `folder` to serve as the site, from the project's folder")
	flag.StringVar(&o.command, "site-command", "",
		"a `command` that serves the site, such as \"npm --prefix web run dev\", in place of -publish")
	flag.IntVar(&o.port, "site-port", 0, "the `port` of -site-command (default: the one that it prints)")
	flag.StringVar(&o.only, "only", "", "comma-separated `functions` to build (default all)")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./scripts/dev [flags]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	// Without SIGPIPE here, a write to a closed standard output would end the process at
	// once and leave the functions' processes behind.
	ctx, stop := signal.NotifyContext(context.Background(),
		os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills it
	var err error
	if o.root, err = workplace.Root("."); err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}
