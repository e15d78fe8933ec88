package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/config"
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/route"
)

// pollEvery is how often the sources are looked at.
const pollEvery = 500 * time.Millisecond

// defaultAddr is where the site listens unless it is told another address.
const defaultAddr = "localhost:8888"

type options struct {
	root      string        // the project's folder
	addr      string        // the site's address
	kindeAddr string        // the embedded Kinde's
	accessTTL time.Duration // of its tokens; 0: as Kinde's
	lookup    workplace.Lookup
	out       io.Writer
}

// run serves until ctx ends, then clears up after itself. Being told to end is
// no error.
func run(ctx context.Context, o options) error {
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the go command is not in PATH; get Go from https://go.dev/dl")
	}
	settings, err := loadSettings(o.root, o.lookup)
	if err != nil {
		return err
	}
	listeners, origin, err := listen(o.addr)
	if err != nil {
		return err
	}
	defer closeAll(listeners)
	var kinde *kindetest.Server
	if !settings.hasTenant() {
		if kinde, err = kindetest.Serve(kindetest.Options{Addr: o.kindeAddr, Site: origin, AccessTTL: o.accessTTL}); err != nil {
			return explain(err, "-kinde-addr", o.kindeAddr)
		}
		defer kinde.Close()
	}
	temp, err := os.MkdirTemp("", "kinde-functions-dev-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)

	screen := &terminal{out: o.out}
	functions := newFleet(o.root, temp, settings.environment(kinde, origin), screen)
	defer functions.close()
	before := look(o.root)
	screen.say("building the functions")
	functions.rebuild(ctx, functions.folders())
	if ctx.Err() != nil {
		return nil
	}
	welcome(screen, origin, kinde, settings)
	handler := site{
		routes:    rows(route.Table),
		functions: functions,
		static:    static{dir: filepath.Join(o.root, "public"), config: filepath.Join(o.root, "netlify.toml")},
	}
	if kinde != nil {
		handler.drive = kinde.Kinde
	}
	return serve(ctx, listeners, handler, func(ctx context.Context) {
		watch(ctx, pollEvery, before, func() snapshot { return look(o.root) }, func(paths []string) {
			functions.changed(ctx, paths)
		})
	})
}

// serve answers requests, with watch running beside, until ctx ends or a
// listener fails. It returns when both have ended, so that no build outlives
// the folder it writes to.
func serve(ctx context.Context, listeners []net.Listener, handler http.Handler, watch func(context.Context)) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute, // a function's 10 s, after others in the queue
		IdleTimeout:       time.Minute,
	}
	defer server.Close()
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(l) }()
	}
	watching, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { watch(watching) })
	defer wg.Wait()
	defer stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("the site's server: %w", err)
	}
}

// welcome says where everything is and what to do first.
func welcome(screen *terminal, origin string, kinde *kindetest.Server, s settings) {
	tenant, issuer := "your tenant, by KINDE_ISSUER_URL", s.issuer()
	if kinde != nil {
		tenant, issuer = "embedded: made-up people, no passwords", kinde.URL
	}
	screen.say("")
	screen.say("  Site   %s", origin)
	screen.say("  Kinde  %s (%s)", issuer, tenant)
	screen.say("")
	screen.say("Open the site, sign in there, then open the portal.")
	if kinde != nil || s[config.DeviceClientID.Name()] != "" {
		screen.say("To sign in from a terminal instead: %s", deviceCommand(origin))
	}
	if kinde != nil {
		screen.say("To use a tenant of your own, set KINDE_ISSUER_URL here or in .env.")
	} else {
		screen.say("Your tenant must allow the callback URL %s/auth/callback and the logout redirect URL %s/.", origin, origin)
		s.warn(screen, origin)
	}
	screen.say("Changes in functions/ and shared/ are rebuilt as you save them. Ctrl-C stops everything.")
	screen.say("")
}

// deviceCommand is how scripts/device is run against the site.
func deviceCommand(origin string) string {
	const command = "go run ./scripts/device"
	if origin == "http://"+defaultAddr { // where it looks by itself
		return command
	}
	return command + " -site " + origin
}
