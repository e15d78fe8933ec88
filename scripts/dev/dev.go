package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"time"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/route"
)

// pollEvery is the interval of looking for changed sources.
const pollEvery = 500 * time.Millisecond

// defaultAddr is the site's address without -addr.
const defaultAddr = "localhost:8888"

type options struct {
	root      string        // the project's folder
	publish   string        // the site's, from root; empty: public
	command   string        // the generator's server, in place of publish; empty: none
	port      int           // its port; 0: the one that it prints
	only      string        // the functions to build, by commas; empty: all
	addr      string        // the site's address
	kindeAddr string        // the embedded Kinde's
	accessTTL time.Duration // of its tokens; 0: as Kinde's
	lookup    workplace.Lookup
	out       io.Writer
}

// run serves until ctx ends or its output is closed, and leaves nothing behind. Neither
// end is an error.
func run(ctx context.Context, o options) error {
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the go command is not in PATH; get Go from https://go.dev/dl")
	}
	settings, err := loadSettings(o.root, o.lookup)
	if err != nil {
		return err
	}
	misses, err := workplace.NearMisses(o.root, o.lookup)
	if err != nil {
		return err
	}
	listeners, origin, err := listen(o.addr)
	if err != nil {
		return err
	}
	defer closeAll(listeners)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &backstage{screen: &terminal{out: o.out, closed: cancel}, settings: settings, misses: misses, origin: origin}
	defer b.close()
	if err := b.open(o); err != nil {
		return err
	}
	before := look(o.root)
	b.build(ctx)
	if ctx.Err() != nil {
		return nil
	}
	pages, wait, err := b.pages(o)
	if err != nil {
		return err
	}
	b.announce(o.hasDemo())
	handler := site{routes: rows(route.Table), functions: b.functions, pages: pages}
	if b.kinde != nil {
		handler.drive = b.kinde.Kinde
	}
	return serve(ctx, listeners, handler, wait, func(ctx context.Context) {
		watch(ctx, pollEvery, before, func() snapshot { return look(o.root) }, func(paths []string) {
			b.functions.changed(ctx, paths)
		})
	})
}

// serve serves requests, with watch and wait running beside, until ctx ends, a listener
// fails, or wait returns. It returns when all have ended, so that no build outlives the
// folder it writes to.
func serve(ctx context.Context, listeners []net.Listener, handler http.Handler,
	wait func(context.Context) error, watch func(context.Context)) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute, // a function's 10 s, after others in the queue
		IdleTimeout:       time.Minute,
	}
	defer server.Close()
	failed := make(chan error, len(listeners)+1)
	for _, l := range listeners {
		go func() { failed <- fmt.Errorf("the site's server: %w", server.Serve(l)) }()
	}
	inner, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { watch(inner) })
	wg.Go(func() { failed <- wait(inner) })
	defer wg.Wait()
	defer stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}
