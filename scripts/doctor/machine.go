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

// Scopes of the Management API that functions use.
var (
	connectedScopes = []string{"read:connected_apps", "create:connected_apps"}
	claimsScopes    = []string{"update:user_refresh_claims"}
)

// checkMachine takes one machine token and finds out what it may do.
func (d *doctor) checkMachine(ctx context.Context) {
	s := d.settings
	if reason := d.report.blocked("settings."+config.M2MClientID.Name(), "settings."+config.M2MClientSecret.Name(),
		"settings.pairs", "settings.management-url", "tenant.discovery"); reason != "" {
		d.report.skipRest("machine", reason)
		return
	}
	if s.M2MClientID == "" {
		d.report.skipRest("machine", "KINDE_M2M_CLIENT_ID is not set: introspect, connected-apps and fresh claims are not "+
			"used")
		return
	}
	if reason := d.awsReference(config.M2MClientSecret.Name()); reason != "" {
		d.report.skipRest("machine", reason)
		return
	}
	if err := d.takeMachineToken(ctx); err != nil {
		d.refused("machine.credentials", err,
			step{Do: inMachine + "View details for its id and secret, APIs for what it is authorized for."})
		d.report.skipRest("machine", "because of machine.credentials")
		return
	}
	d.report.ok("machine.credentials", "accepted")
	d.checkScopes()
	d.checkIntrospection(ctx)
	d.checkManagementAPI(ctx)
}

// takeMachineToken requests the token of the machine-to-machine application.
func (d *doctor) takeMachineToken(ctx context.Context) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	s := d.settings
	machine := kinde.NewMachine(d.kinde, s.M2MClientID, s.M2MClientSecret, nil, attempt).SingleToken()
	claims, err := machine.Claims(ctx)
	if err != nil {
		return err
	}
	d.machine, d.scopes = machine, claims.Scopes
	if audience := s.Management + "/api"; slices.Contains(claims.Audiences, audience) {
		d.report.ok("machine.audience", audience)
	} else {
		d.report.fix("machine.audience", "the token is not for "+audience,
			step{Do: sentence(kinde.ManagementRemedy(&kinde.Error{Codes: []string{"MISSING_AUDIENCE"}}, ""))},
			set(config.Management.Name(), "https://your_subdomain.kinde.com"))
	}
	return nil
}

// missingScopes returns those of scopes that the machine token lacks.
func (d *doctor) missingScopes(scopes ...string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return slices.Contains(d.scopes, scope) })
}

// scopeSteps say how to give the machine-to-machine application scopes.
func scopeSteps(scopes []string) []step {
	steps := []step{{Do: sentence(kinde.ManagementRemedy(&kinde.Error{Status: 403}, strings.Join(scopes, " and ")))},
		{Do: inMachine + "APIs → Kinde Management API → Manage scopes. Add:"}}
	for _, scope := range scopes {
		steps = append(steps, step{Copy: scope})
	}
	return steps
}

func (d *doctor) checkScopes() {
	const apps, claims = "machine.scopes", "machine.claims-refresh"
	if missing := d.missingScopes(connectedScopes...); len(d.settings.ConnectedApps) == 0 {
		d.report.skip(apps, "CONNECTED_APPS is not set: none are needed")
	} else if len(missing) > 0 {
		d.report.fix(apps, "missing: "+strings.Join(missing, ", "), scopeSteps(missing)...)
	} else {
		d.report.ok(apps, strings.Join(connectedScopes, ", "))
	}
	if missing := d.missingScopes(claimsScopes...); !d.settings.Sessions() {
		d.report.skip(claims, "SESSION_KEYS is not set: there are no sessions to refresh")
	} else if len(missing) > 0 {
		d.report.note(claims, "missing: "+strings.Join(missing, ", ")+
			"; after a change of plan, role or flag, sessions keep the claims that Kinde has cached", scopeSteps(missing)...)
	} else {
		d.report.ok(claims, strings.Join(claimsScopes, ", "))
	}
}

// checkIntrospection introspects a token that never existed.
func (d *doctor) checkIntrospection(ctx context.Context) {
	ctx, cancel := limited(ctx)
	defer cancel()
	if _, err := d.kinde.Introspect(ctx, d.machine, "doctor-"+rand.Text(), ""); err != nil {
		d.refused("machine.introspection", err)
		return
	}
	d.report.ok("machine.introspection", "Kinde introspects tokens for it")
}

// checkManagementAPI requests the token of a connection that never existed. Kinde says so
// if it accepts the machine token.
func (d *doctor) checkManagementAPI(ctx context.Context) {
	const id = "machine.management-api"
	if len(d.settings.ConnectedApps) == 0 {
		d.report.skip(id, "CONNECTED_APPS is not set: it is not called")
		return
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.ConnectedToken(ctx, d.machine, "doctor-"+rand.Text())
	if err == nil || problem.From(err).Code == problem.NotConnected {
		d.report.ok(id, "accepts the machine token")
		return
	}
	d.refused(id, err, step{Do: inMachine + "APIs → Kinde Management API → Manage scopes."})
}
