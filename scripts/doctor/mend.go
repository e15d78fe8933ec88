package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
)

// change is one setting of the application in Kinde that -mend can make.
type change struct {
	title string // as Kinde's pages name the field
	want  string // the value
	scope string // that the machine token needs
	// current returns the present state in words, and whether the value is there.
	current func(context.Context) (before string, done bool, err error)
	apply   func(context.Context) error
	byHand  []step
}

// changes lists everything that -mend sets for this site.
func (d *doctor) changes() []change {
	s := d.settings
	app := d.kindeApp()
	back := s.Site + s.AfterLogoutPath
	callback := func(address, probe string) change {
		return change{
			title: "Allowed callback URLs", want: address, scope: kinde.AddCallbackURLs,
			current: func(ctx context.Context) (string, bool, error) { return inWords(d.callbackRegistered(ctx, probe)) },
			apply: func(ctx context.Context) error {
				return d.kinde.AddCallbackURL(ctx, d.machine.client, s.ClientID, address)
			},
			byHand: []step{{Do: inApplication + "Allowed callback URLs. Add:"}, {Copy: address}},
		}
	}
	list := []change{callback(app.RedirectURI, app.RedirectURI), {
		title: "Allowed logout redirect URLs", want: back, scope: kinde.AddLogoutURLs,
		current: func(ctx context.Context) (string, bool, error) { return inWords(d.logoutRegistered(ctx, back)) },
		apply:   func(ctx context.Context) error { return d.kinde.AddLogoutURL(ctx, d.machine.client, s.ClientID, back) },
		byHand:  []step{{Do: inApplication + "Allowed logout redirect URLs. Add:"}, {Copy: back}},
	}}
	for _, pattern := range d.previewCallbacks() {
		list = append(list, callback(pattern, exampleOf(pattern)))
	}
	return append(list, change{
		title: "Application login URI", want: d.loginURI(), scope: kinde.UpdateApplications,
		current: func(ctx context.Context) (string, bool, error) {
			if len(d.missingScopes(kinde.ReadApplications)) > 0 {
				return "not readable without the scope " + kinde.ReadApplications, false, nil
			}
			got, err := d.kinde.LoginURI(ctx, d.machine.client, s.ClientID)
			return cmp.Or(quoted(got), "not set"), got == d.loginURI(), err
		},
		apply: func(ctx context.Context) error {
			return d.kinde.SetLoginURI(ctx, d.machine.client, s.ClientID, d.loginURI())
		},
		byHand: d.loginURISteps(),
	})
}

func inWords(state registered, err error) (string, bool, error) {
	return map[registered]string{no: "not registered", yes: "registered", unclear: "unclear"}[state], state == yes, err
}

// mend sets at Kinde what its Management API can set, after asking. It reads the state of
// each setting before and after, changes those that differ and nothing else. It returns
// the exit status: 0 when all is set.
func (p program) mend(ctx context.Context, d *doctor, agreed bool) int {
	printf := func(format string, args ...any) { fmt.Fprintln(p.out, d.hide(fmt.Sprintf(format, args...))) }
	if reason := d.prepareMend(ctx); reason != "" {
		fmt.Fprintln(p.errors, "doctor:", d.hide(reason))
		return 2
	}
	printf("Application %s at %s:", d.settings.ClientID, d.settings.Management)
	var due, left []change
	for _, c := range d.changes() {
		before, done, err := c.read(ctx)
		switch {
		case err != nil:
			found, _ := describe(err)
			printf("  %s: %s (%s)", c.title, c.want, found)
			left = append(left, c)
		case done:
			printf("  %s: %s is set", c.title, c.want)
		case slices.Contains(d.machine.scopes, c.scope):
			printf("  %s: %s", c.title, c.want)
			printf("    before: %s", before)
			due = append(due, c)
		default:
			printf("  %s: %s", c.title, c.want)
			printf("    before: %s; the machine token lacks the scope %s", before, c.scope)
			left = append(left, c)
		}
	}
	if len(due) > 0 && !agreed && !p.confirm(fmt.Sprintf("Set %d of these at Kinde?", len(due))) {
		left = append(left, due...)
		due = nil
	}
	for _, c := range due {
		if !p.apply(ctx, c, printf) {
			left = append(left, c)
		}
	}
	if len(left) == 0 {
		printf("Everything is set.")
		return 0
	}
	printf("By hand:")
	for _, c := range left {
		for _, one := range c.byHand {
			printf("%s%s%s", one.Do, map[bool]string{true: "  "}[one.Do == ""], one.Copy)
		}
	}
	return 1
}

// apply makes one change and shows the state after it.
func (p program) apply(ctx context.Context, c change, printf func(string, ...any)) bool {
	bounded, cancel := limited(ctx)
	defer cancel()
	if err := c.apply(bounded); err != nil {
		found, remedy := describe(err)
		printf("  %s: %s failed: %s. %s", c.title, c.want, found, sentence(remedy))
		return false
	}
	after, done, err := c.read(ctx)
	if err != nil {
		after, _ = describe(err)
	}
	printf("  %s: %s", c.title, c.want)
	printf("    after: %s", after)
	// Kinde has accepted a change that cannot be read.
	return done || err == nil && strings.HasPrefix(after, "not readable")
}

func (c change) read(ctx context.Context) (string, bool, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	return c.current(ctx)
}

// prepareMend makes the checks of what -mend needs, and returns why it cannot continue, or
// "".
func (d *doctor) prepareMend(ctx context.Context) string {
	if d.checkAll(ctx, settingChecks()); d.settings == nil {
		return "-mend needs the tenant's settings in .env or the environment; see docs/kinde.md"
	}
	for _, setting := range []config.Setting{config.Issuer, config.ClientID, config.Site, config.M2MClientID,
		config.M2MClientSecret} {
		name := setting.Name()
		if c := d.results["settings."+name]; c.State != isOK || d.env[name] == "" && name != config.Site.Name() {
			return "-mend needs " + name + ": " + c.Found +
				". docs/kinde.md names the scopes of the machine-to-machine application"
		}
	}
	for _, id := range []string{"settings.management-url", "settings." + config.PreviewOrigins.Name(),
		"settings." + config.AfterLogout.Name()} {
		if c := d.results[id]; c.State == toFix {
			return "-mend stops at " + id + ": " + c.Found
		}
	}
	if reason := d.awsReference(config.M2MClientSecret.Name()); reason != "" {
		return reason
	}
	if err := d.machineToken(ctx); err != nil {
		found, remedy := describe(err)
		return "no machine token: " + found + ". " + sentence(remedy)
	}
	return ""
}

// confirm asks a question and reports whether the line that follows is a yes.
func (p program) confirm(question string) bool {
	fmt.Fprint(p.out, question+" [y/N] ")
	line, _ := bufio.NewReader(p.in).ReadString('\n')
	reply := strings.ToLower(strings.TrimSpace(line))
	return reply == "y" || reply == "yes"
}
