package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
)

const (
	// attempt is how long one call may take, as the functions' default is.
	attempt = 5 * time.Second
	// patience is how long a call may take with its repetitions.
	patience = 8 * time.Second
)

// doctor examines one set of settings, the tenant they name and, where url is set, a
// deployment. It asks little of them: some ten calls at Kinde, one machine token.
type doctor struct {
	env      map[string]string // the settings, as the functions would see them
	url      string            // the deployment's origin; empty: none
	settings *config.Settings  // what could be read of env
	report   *report
	out      *outbound.Client
	kinde    *kinde.Client
	now      func() time.Time
}

// examine makes every check and gives them in the order in which to mend.
func examine(ctx context.Context, env map[string]string, url string) []check {
	d := &doctor{env: env, url: url, report: newReport(hider(env)), out: outbound.New(attempt), now: time.Now}
	if url != "" && env[config.Site.Name()] == "" && env["URL"] == "" {
		env[config.Site.Name()] = url // as Netlify's URL would be
	}
	if d.examineSettings() {
		d.kinde = kinde.New(d.settings.Issuer, d.settings.Management, d.out)
		d.examineTenant(ctx)
		d.examineApplication(ctx)
		d.examineMachine(ctx)
		d.examineDevice(ctx)
		d.examineRedis(ctx)
	}
	d.examineDeployment(ctx)
	return d.report.checks()
}

func (d *doctor) lookup(name string) (string, bool) {
	value, set := d.env[name]
	return value, set
}

// limited is a context for one call.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience)
}

// told is an error of shared/kinde in words: what Kinde answered, and the remedy that
// the log would have.
func told(err error) (found, remedy string) {
	p := problem.From(err)
	remedy = p.Remedy
	answer, answered := errors.AsType[*kinde.Error](err)
	switch {
	case p.Code == problem.UpstreamThrottled:
		found, remedy = "Kinde answered 429: too many requests", kinde.ThrottledRemedy
		if p.RetryAfter > 0 {
			remedy += fmt.Sprintf(" (now %v)", p.RetryAfter.Round(time.Second))
		}
	case p.Code == problem.UpstreamTimeout:
		found, remedy = "no answer in time", "see whether this machine reaches Kinde, and try again"
	case answered:
		found = strings.Replace(answer.Error(), "kinde", "Kinde", 1)
		if remedy == "" && answer.Status >= 500 {
			remedy = "Kinde is in trouble: try again later"
		}
	case p.Cause != nil:
		found = quoted(p.Cause.Error())
	}
	if remedy == "" {
		remedy = "try again; if it stays, see whether KINDE_ISSUER_URL is the tenant's own origin"
	}
	return found, remedy
}

// refused reports an error of shared/kinde as what the check of that id found.
func (d *doctor) refused(id string, err error, more ...step) {
	found, remedy := told(err)
	d.report.mend(id, found, append([]step{{Do: sentence(remedy)}}, more...)...)
}

// passing reports whether an error says nothing of what was asked.
func passing(err error) bool {
	answer, answered := errors.AsType[*kinde.Error](err)
	return err != nil && (!answered || answer.Status == 429 || answer.Status >= 500)
}

// sentence makes one of a remedy, which the log has in lower case.
func sentence(remedy string) string {
	if remedy == "" {
		return ""
	}
	if first, _, _ := strings.Cut(remedy, " "); strings.ToUpper(first) != first && !strings.ContainsAny(first, "_:/") {
		remedy = strings.ToUpper(remedy[:1]) + remedy[1:]
	}
	return strings.TrimSuffix(remedy, ".") + "."
}
