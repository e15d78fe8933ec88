package main

import (
	"context"
	"errors"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
)

// checkDevice starts a device flow that nobody finishes. It expires within minutes.
func (d *doctor) checkDevice(ctx context.Context) {
	const id, scopes = "device.client", "device.scopes"
	if reason := d.report.blocked("settings."+config.DeviceClientID.Name(), "tenant.discovery"); reason != "" {
		d.report.skipRest("device", reason)
		return
	}
	if d.settings.DeviceClientID == "" {
		d.report.skipRest("device", "KINDE_DEVICE_CLIENT_ID is not set: the device flow is not used")
		return
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.AuthorizeDevice(ctx, d.settings.DeviceClientID, d.settings.Scopes, d.settings.Audiences)
	kindeErr, ok := errors.AsType[*kinde.Error](err)
	switch {
	case err == nil:
		d.report.ok(id, "may start a device flow")
		d.report.ok(scopes, "KINDE_SCOPES accepted")
	case ok && kindeErr.Has("invalid_scope"):
		d.report.ok(id, "may start a device flow")
		d.refused(scopes, err, step{Do: inDevice + "its scopes and APIs."})
	case ok && kindeErr.Has("unauthorized_client"):
		d.refused(id, err, step{Do: "In Kinde: Settings → Applications → Add application → Device and IoT; then set its id:"},
			set(config.DeviceClientID.Name(), "your_device_client_id"))
	default:
		d.refused(id, err, howToSet(config.DeviceClientID.Name())...)
	}
	d.report.skipRest("device", "because of "+id)
}
