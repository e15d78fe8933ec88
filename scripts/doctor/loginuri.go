package main

import (
	"context"
	"slices"

	"kinde-functions/shared/kinde"
)

// mendCommand registers what the Management API can register.
const mendCommand = "go run ./scripts/doctor -mend"

// loginURI is where invitations and old sign-in pages must lead.
func (d *doctor) loginURI() string { return d.settings.Site + "/auth/login" }

// loginURISteps is the click path to the application login URI.
func (d *doctor) loginURISteps() []step {
	return []step{{Do: inApplication + "Application login URI. Set it to:"}, {Copy: d.loginURI()}}
}

// checkLoginURI reads the application login URI where the machine-to-machine application
// may; elsewhere it says how to compare it. It comes after the checks of both applications.
func (d *doctor) checkLoginURI(ctx context.Context) {
	const id = "application.login-uri"
	if _, skipped := d.report.found[id]; skipped {
		return
	}
	byHand := append(d.loginURISteps(),
		step{Do: "The doctor can compare it when the machine-to-machine application has this scope of the Kinde " +
			"Management API:"},
		step{Copy: kinde.ReadApplications})
	if d.machine == nil || !slices.Contains(d.scopes, kinde.ReadApplications) {
		d.report.note(id, "not compared: no machine token may read it", byHand...)
		return
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	switch got, err := d.kinde.LoginURI(ctx, d.machine, d.settings.ClientID); {
	case err != nil:
		found, _ := describe(err)
		d.report.note(id, "not compared: "+found, byHand[:2]...)
	case got == d.loginURI():
		d.report.ok(id, got)
	case got == "":
		d.report.fix(id, "not set", append(d.loginURISteps(), step{Do: "Or by the Management API:"},
			step{Run: mendCommand})...)
	default:
		d.report.fix(id, "it is "+quoted(got), append(d.loginURISteps(), step{Do: "Or by the Management API:"},
			step{Run: mendCommand})...)
	}
}
