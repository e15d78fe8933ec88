package main

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

// connectedScopes are what the functions for connected apps need.
var connectedScopes = []string{"read:connected_apps", "create:connected_apps"}

// examineMachine asks for one machine token and finds out what it is good for.
func (d *doctor) examineMachine(ctx context.Context) {
	s := d.settings
	if reason := d.report.because("settings."+config.M2MClientID.Name(), "settings."+config.M2MClientSecret.Name(),
		"settings.pairs", "settings.management-url", "tenant.discovery"); reason != "" {
		d.report.rest("machine", reason)
		return
	}
	if s.M2MClientID == "" {
		d.report.rest("machine", "KINDE_M2M_CLIENT_ID is not set: introspect and connected-apps are not used")
		return
	}
	if reason := d.kept(config.M2MClientSecret.Name()); reason != "" {
		d.report.rest("machine", reason)
		return
	}
	machine := kinde.NewMachine(d.kinde, s.M2MClientID, s.M2MClientSecret, nil, attempt).Sparing()
	standing, err := d.standing(ctx, machine)
	if err != nil {
		d.refused("machine.credentials", err, step{Do: inMachine + "View details for its id and secret, APIs for what it is authorised for."})
		d.report.rest("machine", "because of machine.credentials")
		return
	}
	d.report.ok("machine.credentials", "given")
	d.examineStanding(standing)
	d.examineIntrospection(ctx, machine)
	d.examineManagementAPI(ctx, machine)
}

func (d *doctor) standing(ctx context.Context, machine *kinde.Machine) (kinde.Standing, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	return machine.Standing(ctx)
}

func (d *doctor) examineStanding(standing kinde.Standing) {
	audience := d.settings.Management + "/api"
	if slices.Contains(standing.Audiences, audience) {
		d.report.ok("machine.audience", audience)
	} else {
		d.report.mend("machine.audience", "the token is not for "+audience,
			step{Do: sentence(kinde.ManagementRemedy(&kinde.Error{Codes: []string{"MISSING_AUDIENCE"}}, ""))}, set(config.Management.Name(), "https://your_subdomain.kinde.com"))
	}
	missing := slices.DeleteFunc(slices.Clone(connectedScopes), func(scope string) bool { return slices.Contains(standing.Scopes, scope) })
	switch {
	case len(d.settings.ConnectedApps) == 0:
		d.report.skip("machine.scopes", "CONNECTED_APPS is not set: none are needed")
	case len(missing) > 0:
		steps := []step{{Do: inMachine + "APIs → Kinde Management API → Manage scopes. Add:"}}
		for _, scope := range missing {
			steps = append(steps, step{Copy: scope})
		}
		steps = append([]step{{Do: sentence(kinde.ManagementRemedy(&kinde.Error{Status: 403}, strings.Join(missing, " and ")))}}, steps...)
		d.report.mend("machine.scopes", "missing: "+strings.Join(missing, ", "), steps...)
	default:
		d.report.ok("machine.scopes", strings.Join(connectedScopes, ", "))
	}
}

// examineIntrospection asks about a token that never was, which costs nothing.
func (d *doctor) examineIntrospection(ctx context.Context, machine *kinde.Machine) {
	ctx, cancel := limited(ctx)
	defer cancel()
	if _, err := d.kinde.Introspect(ctx, machine, "doctor-"+rand.Text(), ""); err != nil {
		d.refused("machine.introspection", err)
		return
	}
	d.report.ok("machine.introspection", "Kinde answers about tokens")
}

// examineManagementAPI asks for the token of a connection that never was: Kinde says
// so when it takes the machine's token.
func (d *doctor) examineManagementAPI(ctx context.Context, machine *kinde.Machine) {
	const id = "machine.management-api"
	if len(d.settings.ConnectedApps) == 0 {
		d.report.skip(id, "CONNECTED_APPS is not set: it is not called")
		return
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.ConnectedToken(ctx, machine, "doctor-"+rand.Text())
	if err == nil || problem.From(err).Code == problem.NotConnected {
		d.report.ok(id, "takes the machine token")
		return
	}
	d.refused(id, err, step{Do: inMachine + "APIs → Kinde Management API → Manage scopes."})
}
