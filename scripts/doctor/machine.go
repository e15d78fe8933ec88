package main

import (
	"cmp"
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
	connectedScopes = []string{kinde.ReadConnectedApps, kinde.CreateConnectedApps}
	claimsScopes    = []string{kinde.RefreshUserClaims}
)

// machineState is the machine token and what it may do.
type machineState struct {
	requested bool
	err       error
	client    *kinde.Machine
	scopes    []string
	audiences []string
}

// noMachine is the reason to skip what needs the machine-to-machine application.
func noMachine(d *doctor) string {
	id, secret := config.M2MClientID.Name(), config.M2MClientSecret.Name()
	reason := d.blocked("settings.here", "settings."+id, "settings."+secret, "settings.pairs", "settings.management-url",
		"tenant.discovery")
	if reason == "" && d.settings.M2MClientID == "" {
		reason = id + " is not set: introspect, connected-apps and fresh claims are not used"
	}
	return cmp.Or(reason, d.awsReference(secret))
}

// machineToken requests the token of the machine-to-machine application, once.
func (d *doctor) machineToken(ctx context.Context) error {
	m := &d.machine
	if m.requested {
		return m.err
	}
	m.requested = true
	ctx, cancel := limited(ctx)
	defer cancel()
	m.client = kinde.NewMachine(d.kinde, d.settings.M2MClientID, d.settings.M2MClientSecret, nil, attempt).SingleToken()
	claims, err := m.client.Claims(ctx)
	m.err, m.scopes, m.audiences = err, claims.Scopes, claims.Audiences
	return err
}

func (d *doctor) checkMachineToken(ctx context.Context) result {
	if err := d.machineToken(ctx); err != nil {
		return refused(err, step{Do: inMachine + "View details for its id and secret, APIs for what it is authorized for."})
	}
	return passed("accepted")
}

func (d *doctor) checkAudience(context.Context) result {
	audience := d.settings.Management + "/api"
	if slices.Contains(d.machine.audiences, audience) {
		return passed(audience)
	}
	return failed("the token is not for "+audience,
		step{Do: sentence(kinde.ManagementRemedy(&kinde.Error{Codes: []string{"MISSING_AUDIENCE"}}, ""))},
		set(config.Management.Name(), "https://your_subdomain.kinde.com"))
}

// missingScopes returns those of scopes that the machine token lacks.
func (d *doctor) missingScopes(scopes ...string) []string {
	return slices.DeleteFunc(slices.Clone(scopes),
		func(scope string) bool { return slices.Contains(d.machine.scopes, scope) })
}

// scopeSteps are the steps that give the machine-to-machine application scopes.
func scopeSteps(scopes []string) []step {
	steps := []step{{Do: sentence(kinde.ManagementRemedy(&kinde.Error{Status: 403}, strings.Join(scopes, " and ")))},
		{Do: inMachine + "APIs → Kinde Management API → Manage scopes. Add:"}}
	for _, scope := range scopes {
		steps = append(steps, step{Copy: scope})
	}
	return steps
}

func (d *doctor) checkConnectedScopes(context.Context) result {
	missing := d.missingScopes(connectedScopes...)
	switch {
	case len(d.settings.ConnectedApps) == 0:
		return skipped("CONNECTED_APPS is not set: none are needed")
	case len(missing) > 0:
		return failed("missing: "+strings.Join(missing, ", "), scopeSteps(missing)...)
	}
	return passed(strings.Join(connectedScopes, ", "))
}

func (d *doctor) checkClaimsScope(context.Context) result {
	missing := d.missingScopes(claimsScopes...)
	switch {
	case !d.settings.Sessions():
		return skipped("SESSION_KEYS is not set: there are no sessions to refresh")
	case len(missing) > 0:
		return noted("missing: "+strings.Join(missing, ", ")+
			"; after a change of plan, role or flag, sessions keep the claims that Kinde has cached", scopeSteps(missing)...)
	}
	return passed(strings.Join(claimsScopes, ", "))
}

// checkIntrospection introspects a token that never existed.
func (d *doctor) checkIntrospection(ctx context.Context) result {
	ctx, cancel := limited(ctx)
	defer cancel()
	if _, err := d.kinde.Introspect(ctx, d.machine.client, "doctor-"+rand.Text(), ""); err != nil {
		return refused(err)
	}
	return passed("Kinde introspects tokens for it")
}

// checkManagementAPI requests the token of a connection that never existed, which Kinde
// reports if it accepts the machine token.
func (d *doctor) checkManagementAPI(ctx context.Context) result {
	if len(d.settings.ConnectedApps) == 0 {
		return skipped("CONNECTED_APPS is not set: it is not called")
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.ConnectedToken(ctx, d.machine.client, "doctor-"+rand.Text())
	if err == nil || problem.From(err).Code == problem.NotConnected {
		return passed("accepts the machine token")
	}
	return refused(err, step{Do: inMachine + "APIs → Kinde Management API → Manage scopes."})
}
