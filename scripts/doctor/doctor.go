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
	tokensOnly bool              // nobody is meant to sign in
	settings   *config.Settings  // what could be read of env
	report     *report
	out        *outbound.Client
	kinde      *kinde.Client
	machine    *kinde.Machine // nil where there is no usable machine token
	scopes     []string       // of the machine token
	keyID      string         // of one of the tenant's signing keys, if known
	gateFile   []byte         // gate.json
	functions  []string       // to check in a deployment
}

func newDoctor(env map[string]string, url string) *doctor {
	return &doctor{env: env, url: url, report: newReport(hider(env)), out: outbound.New(attempt),
		gateFile: kindefunctions.GateFile, functions: functionNames()}
}

// run makes every check and returns them in the order in which to fix.
func (d *doctor) run(ctx context.Context) []check {
	if d.url != "" && d.env[config.Site.Name()] == "" && d.env["URL"] == "" {
		d.env[config.Site.Name()] = d.url // as Netlify's URL would be
	}
	if d.checkSettings() {
		d.kinde = kinde.New(d.settings.Issuer, d.settings.Management, d.out)
		d.checkTenant(ctx)
		d.checkApplication(ctx)
		d.checkMachine(ctx)
		d.checkLoginURI(ctx)
		d.checkDevice(ctx)
		d.checkAPIs(ctx)
		d.checkRedis(ctx)
	}
	d.checkDeployment(ctx)
	return d.report.checks()
}

func (d *doctor) lookup(name string) (string, bool) {
	value, set := d.env[name]
	return value, set
}

// limited returns a context for one request.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience)
}

// describe puts an error of shared/kinde into words: what happened, and the remedy that
// the functions' log would have.
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
			remedy = "Kinde has a failure of its own: try again later"
		}
	case p.Cause != nil:
		found = quoted(p.Cause.Error())
	}
	if remedy == "" {
		remedy = "try again; if it persists, check that KINDE_ISSUER_URL is the tenant's own origin"
	}
	return found, remedy
}

// refused reports an error of shared/kinde as the finding of the check id.
func (d *doctor) refused(id string, err error, more ...step) {
	found, remedy := describe(err)
	d.report.fix(id, found, append([]step{{Do: sentence(remedy)}}, more...)...)
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
