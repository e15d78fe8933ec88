package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	kindefunctions "kinde-functions"
	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

const (
	// attempt is the time limit of one request, the functions' default.
	attempt = 5 * time.Second
	// patience is the time limit of a request with its retries.
	patience = 8 * time.Second
)

// doctor checks one set of settings, the tenant that they name and, where url is set, a
// deployment. It sends Kinde some ten requests and takes one machine token.
type doctor struct {
	env        map[string]string // the settings, as the functions would see them
	names      []string          // of the environment's variables
	url        string            // the deployment's origin; "" for none
	tokensOnly bool              // the site accepts access tokens and signs no user in
	gateFile   []byte            // gate.json
	functions  []string          // to check in a deployment

	out     *outbound.Client
	hide    func(string) string // removes secrets
	results map[string]check    // of the checks made so far, by id

	// What checks leave for those after them.
	settings *config.Settings // nil without settings
	faults   config.Faults    // of the settings
	kinde    *kinde.Client
	tenant   tenantState
	app      appState
	machine  machineState
	device   error // of the device flow
	at       deployment
}

func newDoctor(env map[string]string, url string) *doctor {
	return &doctor{env: env, url: url, gateFile: kindefunctions.GateFile, functions: functionNames(),
		out: outbound.New(attempt), hide: hider(env), results: map[string]check{},
		at: deployment{responses: map[string]*response{}}}
}

// run makes every check and returns them in the order in which to fix.
func (d *doctor) run(ctx context.Context) []check { return d.checkAll(ctx, d.checks()) }

func (d *doctor) lookup(name string) (string, bool) {
	value, set := d.env[name]
	return value, set
}

// limited returns a context for one request.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience)
}

// describe returns what happened and the remedy, as the functions' log would have it, for
// an error of shared/kinde.
func describe(err error) (found, remedy string) {
	p := problem.From(err)
	remedy = p.Remedy
	kindeErr, ok := errors.AsType[*kinde.Error](err)
	switch {
	case p.Code == problem.UpstreamThrottled:
		found, remedy = "Kinde returned 429: too many requests", kinde.ThrottledRemedy
		if p.RetryAfter > 0 {
			remedy += fmt.Sprintf(" (now %v)", p.RetryAfter.Round(time.Second))
		}
	case p.Code == problem.UpstreamTimeout:
		found, remedy = "no response in time", "see whether this machine reaches Kinde, and try again"
	case ok:
		found = strings.Replace(kindeErr.Error(), "kinde", "Kinde", 1)
		if remedy == "" && kindeErr.Status >= 500 {
			remedy = "Kinde has failed: try again later"
		}
	case p.Cause != nil:
		found = quoted(p.Cause.Error())
	}
	if remedy == "" {
		remedy = "try again; if it persists, check that KINDE_ISSUER_URL is the tenant's own origin"
	}
	return found, remedy
}

// refused returns an error of shared/kinde as a result.
func refused(err error, more ...step) result {
	found, remedy := describe(err)
	return failed(found, append([]step{{Do: sentence(remedy)}}, more...)...)
}

// sentence makes a sentence of a remedy, which the log has in lower case.
func sentence(remedy string) string {
	if remedy == "" {
		return ""
	}
	if first, _, _ := strings.Cut(remedy, " "); strings.ToUpper(first) != first && !strings.ContainsAny(first, "_:/") {
		remedy = strings.ToUpper(remedy[:1]) + remedy[1:]
	}
	return strings.TrimSuffix(remedy, ".") + "."
}
