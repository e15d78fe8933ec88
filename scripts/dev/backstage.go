package main

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"path/filepath"

	"kinde-functions/scripts/workplace"
	"kinde-functions/shared/config"
	"kinde-functions/shared/local/kindetest"
)

// backstage is everything behind the site: the functions, the embedded Kinde, the sample
// API and the folder of the binaries.
type backstage struct {
	screen   *terminal
	settings settings
	misses   []workplace.NearMiss
	origin   string // the site's

	kinde     *kindetest.Server // nil with a tenant
	functions *fleet
	closers   []func() // the last one first
}

func (b *backstage) close() {
	for len(b.closers) > 0 {
		last := len(b.closers) - 1
		b.closers[last]()
		b.closers = b.closers[:last]
	}
}

// open starts what the functions depend on.
func (b *backstage) open(o options) (err error) {
	if o.command == "" { // refused before the build
		if _, err := openPublished(o.root, cmp.Or(o.publish, "public")); err != nil {
			return err
		}
	}
	if !b.settings.hasTenant() {
		b.kinde, err = kindetest.Serve(kindetest.Options{
			Addr: o.kindeAddr, Site: b.origin, AccessTTL: o.accessTTL, WebhookURL: b.origin + "/webhooks/kinde",
		})
		if err != nil {
			return explain(err, "-kinde-addr", o.kindeAddr)
		}
		b.closers = append(b.closers, b.kinde.Close)
		if err := b.share(); err != nil {
			return err
		}
	}
	sample, stop, err := startSample()
	if err != nil {
		return err
	}
	b.closers = append(b.closers, stop)
	temp, err := os.MkdirTemp("", "kinde-functions-dev-")
	if err != nil {
		return err
	}
	b.closers = append(b.closers, func() { os.RemoveAll(temp) })
	b.functions = newFleet(o.root, temp, b.settings.environment(b.kinde, b.origin, sample), b.screen)
	b.closers = append(b.closers, b.functions.close)
	return b.functions.restrict(o.only)
}

// share gives the functions a Redis, unless the developer has named one.
func (b *backstage) share() error {
	if b.settings[config.RedisURL.Name()] != "" {
		return nil
	}
	url, stop, err := startRedis()
	if err != nil {
		return err
	}
	b.settings[config.RedisURL.Name()] = url
	b.closers = append(b.closers, stop)
	return nil
}

// build builds and starts all functions.
func (b *backstage) build(ctx context.Context) {
	names := b.functions.folders()
	b.screen.say("Building %d functions. The first time, this compiles what they depend on, "+
		"which can take a minute or two.", len(names))
	b.functions.rebuild(ctx, names)
}

// pages returns what serves the pages, and a function that returns when that or its
// context has ended.
func (b *backstage) pages(o options) (http.Handler, func(context.Context) error, error) {
	if o.command == "" {
		pages, err := openPublished(o.root, cmp.Or(o.publish, "public"))
		return pages, func(ctx context.Context) error { <-ctx.Done(); return nil }, err
	}
	b.screen.say("Starting the site's server: %s", o.command)
	g, err := startGenerator(o.root, o.command, o.port, b.screen)
	if err != nil {
		return nil, nil, err
	}
	return g, g.run, nil
}

// hasDemo reports whether the demo is among the pages.
func (o options) hasDemo() bool {
	_, err := os.Stat(filepath.Join(o.root, "public", "demo", "index.html"))
	return err == nil && cmp.Or(o.publish, "public") == "public" && o.command == ""
}

// announce prints the addresses and what to do first.
func (b *backstage) announce(demo bool) {
	screen, s := b.screen, b.settings
	tenant, issuer := "your tenant, by KINDE_ISSUER_URL", s.issuer()
	if b.kinde != nil {
		tenant, issuer = "embedded: invented users, no passwords", b.kinde.URL
	}
	screen.say("")
	screen.say("  Site   %s", b.origin)
	screen.say("  Kinde  %s (%s)", issuer, tenant)
	if demo {
		screen.say("  Demo   %s/demo/", b.origin)
	}
	screen.say("")
	for _, miss := range b.misses {
		screen.say("SETTINGS: %s is not read; is it meant to be %s?", miss.Name, miss.Want)
	}
	screen.say("Open the site, sign in there, then open the portal.")
	if b.kinde != nil || s[config.DeviceClientID.Name()] != "" {
		screen.say("To sign in from a terminal instead: %s", deviceCommand(b.origin))
	}
	if b.kinde != nil {
		if names := s.ignored(); len(names) > 0 {
			screen.say("SETTINGS: KINDE_ISSUER_URL is not set, so the embedded Kinde is used, without %s.", list(names))
		}
		screen.say("To suspend a user or change a plan: %s/dev/users", b.kinde.URL)
		screen.say("To use a tenant of your own, set KINDE_ISSUER_URL here or in .env.")
	} else {
		screen.say("Your tenant must allow the callback URL %s/auth/callback and the logout redirect URL %s/.",
			b.origin, b.origin)
		s.warn(screen, b.origin)
	}
	screen.say("Changes in functions/ and shared/ are rebuilt as you save them. Ctrl-C stops everything.")
	screen.say("")
}

// deviceCommand is how scripts/device is run against the site.
func deviceCommand(origin string) string {
	const command = "go run ./scripts/device"
	if origin == "http://"+defaultAddr { // the command's own default
		return command
	}
	return command + " -site " + origin
}
